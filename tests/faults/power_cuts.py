"""What a disk may hold after the power went: made from a record of what was written, and when it was synced.

Everything before a file's last sync is there. Of what was written since, by the seed: kept, dropped, or torn into
512-byte sectors of which some are there, and in any order. A deletion, and a file that was made, are sure once the
folder was synced, which SQLite does with the first sync of a journal or WAL.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.adapters.sqlite.disks import Acked, Deleted, DiskEvent, Synced, Truncated, Wrote

SECTOR = 512


@dataclass
class _File:
    """`sure`: what is synced. `pending`: what came after, in order. `named`: its name in the folder is synced."""

    sure: bytearray = field(default_factory=bytearray)
    pending: list[Wrote | Truncated] = field(default_factory=list)
    named: bool = False


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The files a power cut left, and which top each room had been acknowledged with."""

    files: Mapping[str, bytes]
    acked: Mapping[str, int]


def power_cuts(record: Sequence[DiskEvent], cuts: Sequence[int], seed: int) -> Iterator[Aftermath]:
    """For each cut, how many events had happened, ascending: one of the ways the disk may look."""
    files: dict[str, _File] = {}
    unsure_deleted: dict[str, _File] = {}
    acked: dict[str, int] = {}
    done = 0
    for cut in cuts:
        for event in record[done:cut]:
            _happen(event, files, unsure_deleted, acked)
        done = cut
        yield _cut(files, unsure_deleted, acked, random.Random(seed * 1_000_003 + cut))


def _happen(
    event: DiskEvent, files: dict[str, _File], unsure_deleted: dict[str, _File], acked: dict[str, int]
) -> None:
    match event:
        case Wrote() | Truncated():
            files.setdefault(event.file, _File()).pending.append(event)
        case Synced():
            file = files.setdefault(event.file, _File())
            for write in file.pending:
                _apply(file.sure, write)
            file.pending.clear()
            if not file.named:
                unsure_deleted.clear()  # the folder is synced with it
                file.named = True
        case Deleted():
            if (file := files.pop(event.file, None)) is not None and not event.synced:
                unsure_deleted[event.file] = file
        case Acked():
            acked[event.room] = event.top


def _cut(
    files: dict[str, _File], unsure_deleted: dict[str, _File], acked: dict[str, int], chance: random.Random
) -> Aftermath:
    left: dict[str, bytes] = {}
    for name, file in unsure_deleted.items():
        if chance.random() < 0.5:
            left[name] = _torn(file, chance)
    for name, file in files.items():
        # The database's own name was synced when it was made, before SQLite opened it.
        if file.named or name.endswith(".db") or chance.random() < 0.5:
            left[name] = _torn(file, chance)
    return Aftermath(left, dict(acked))


def _torn(file: _File, chance: random.Random) -> bytes:
    content = bytearray(file.sure)
    pending = list(file.pending)
    fate = chance.choice(["all", "none", "prefix", "any", "any", "torn", "torn"])
    match fate:
        case "none":
            pending = []
        case "prefix":
            pending = pending[: chance.randint(0, len(pending))]
        case "any" | "torn":
            chance.shuffle(pending)
            pending = [write for write in pending if chance.random() < 0.6]
        case _:
            pass
    for write in pending:
        if fate == "torn" and isinstance(write, Wrote):
            _apply_some_sectors(content, write, chance)
        else:
            _apply(content, write)
    return bytes(content)


def _apply(content: bytearray, write: Wrote | Truncated) -> None:
    if isinstance(write, Truncated):
        del content[write.size :]
        return
    if len(content) < write.offset:
        content.extend(bytes(write.offset - len(content)))
    content[write.offset : write.offset + len(write.data)] = write.data


def _apply_some_sectors(content: bytearray, write: Wrote, chance: random.Random) -> None:
    end = write.offset + len(write.data)
    for sector in range(write.offset // SECTOR, (end - 1) // SECTOR + 1):
        if chance.random() < 0.5:
            first = max(write.offset, sector * SECTOR)
            last = min(end, (sector + 1) * SECTOR)
            _apply(
                content,
                Wrote(write.file, first, write.data[first - write.offset : last - write.offset]),
            )
