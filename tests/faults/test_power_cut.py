"""The power goes, or the process is killed, at any moment: what was acknowledged is there, and it goes on.

A run is recorded once, with checkpoints, WAL resets and a restart in it, and then cut off at hundreds of places
(SECURITY 7.1, 7.3, F5). Kill -9 loses nothing that was written, so it proves nothing about syncs; the cuts do.
"""

import asyncio
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest

from pac.adapters.sqlite import message_log
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.errors import CannotStart, PacError
from pac.ids import SeededIds
from pac.messages.model import Entry, Seq
from pac.rooms.model import RoomId
from tests.adapters.sqlite.disks import Acked, Disk, DiskEvent, Wrote, disk
from tests.contracts.entries import entry
from tests.faults.power_cuts import Aftermath, power_cuts
from tests.support.clock import SteppedClock

CUTS = 500
SEED = 20261123
ROOMS = tuple(RoomId(letter * 32) for letter in "abc")


def said(room: RoomId, seq: int) -> Entry:
    """What is said at this place: the same in every run, so that one can tell whether it is what was stored."""
    length = random.Random(f"{room}{seq}").choice([5, 50, 500, 3_000])
    return entry(seq, room=room, cid=f"{seq:06}", body=f"{seq} " * (length // 4))


def new_log(folder: Path, vfs: str | None = None) -> SqliteMessageLog:
    return SqliteMessageLog(
        folder, clock=SteppedClock(), ids=SeededIds(1), on_fatal=lambda fault: None, readers=1, vfs=vfs
    )


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: what is measured here is a record, not this machine's disk."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_log, "CHECKPOINT_PAGES", 40)
    monkeypatch.setattr(message_log, "RESTART_PAGES", 120)


@dataclass(frozen=True, slots=True)
class Recording:
    events: list[DiskEvent]

    def writes(self, file: str, offset: int | None = None) -> int:
        return sum(
            isinstance(event, Wrote) and event.file == file and offset in (None, event.offset)
            for event in self.events
        )


async def recorded(folder: Path, *, synchronous: str = "FULL") -> Recording:
    """300 batches over three rooms, in two lives of the log."""
    chance = random.Random(SEED)
    tops = dict.fromkeys(ROOMS, 0)
    with disk("recording") as under:
        for _ in range(2):
            log = new_log(folder, under.vfs)
            await log.open()
            # Behind the log's back, which would refuse to start with anything but FULL.
            await log._ask(log._writes, lambda writer: writer.execute(f"PRAGMA synchronous = {synchronous}"))
            for _ in range(150):
                await append_some(log, under, tops, chance)
            await log.close()
        return Recording(under.record)


async def append_some(
    log: SqliteMessageLog, under: Disk, tops: dict[RoomId, int], chance: random.Random
) -> None:
    batch: list[Entry] = []
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        room = chance.choice(ROOMS)
        tops[room] += 1
        batch.append(said(room, tops[room]))
    await log.append(batch)
    under.record.extend(Acked(room, tops[room]) for room in {one.room_id for one in batch})


async def losses(folder: Path, aftermath: Aftermath) -> list[str]:
    """What is wrong with the log that the power cut left; empty is as it has to be."""
    for name in ("messages.db", "messages.db-wal", "messages.db-shm", "messages.db-journal"):
        (folder / name).unlink(missing_ok=True)
    for name, content in aftermath.files.items():
        (folder / name).write_bytes(content)
    log = new_log(folder)
    try:
        await log.open()
    except CannotStart as fault:
        return [str(fault)]
    try:
        found = list(await log.problems())
        for room in ROOMS:
            stored = (await log.read_after(room, Seq(0), 1_000_000)).entries
            top = len(stored)
            if stored != tuple(said(room, seq) for seq in range(1, top + 1)):
                found.append(f"room {room[0]}: not what was said")
            if top < aftermath.acked.get(room, 0):
                found.append(f"room {room[0]}: ends at {top}, acknowledged {aftermath.acked[room]}")
            await log.append([said(room, top + 1)])
    except PacError as fault:
        return [repr(fault)]
    finally:
        await log.close()
    return found


def cuts_of(recording: Recording, count: int) -> list[int]:
    """Seeded places all over the record, both ends included."""
    inside = random.Random(SEED).sample(range(1, len(recording.events)), count - 2)
    return sorted([0, *inside, len(recording.events)])


@pytest.mark.req("7.1", "7.3")
@pytest.mark.row("promise 2")
@pytest.mark.usefixtures("frequent_checkpoints")
async def test_a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged(
    tmp_path: Path, memory: Path
) -> None:
    recording = await recorded(tmp_path)
    # The record has what it is about: many checkpoints, and a WAL that began anew many times.
    assert recording.writes("messages.db") > 500
    assert recording.writes("messages.db-wal", 0) > 10
    found: dict[int, list[str]] = {}
    cuts = cuts_of(recording, CUTS)
    for cut, aftermath in zip(cuts, power_cuts(recording.events, cuts, SEED), strict=True):
        if lost := await losses(memory, aftermath):
            found[cut] = lost
    assert found == {}


@pytest.mark.req("7.1", "7.3")
@pytest.mark.usefixtures("frequent_checkpoints")
async def test_the_same_check_finds_what_a_log_without_syncs_loses(tmp_path: Path, memory: Path) -> None:
    recording = await recorded(tmp_path, synchronous="OFF")
    cuts = cuts_of(recording, 60)
    found = [
        lost
        for aftermath in power_cuts(recording.events, cuts, SEED)
        if (lost := await losses(memory, aftermath))
    ]
    assert len(found) > 20


APPENDING = """
import asyncio, sys
from pathlib import Path
from tests.faults.test_power_cut import ROOMS, new_log, said
async def append():
    log = new_log(Path(sys.argv[1]))
    await log.open()
    top = (await log.positions(ROOMS))[ROOMS[0]].top
    for seq in range(top + 1, 1_000_000):
        await log.append([said(ROOMS[0], seq)])
        print(seq, flush=True)
asyncio.run(append())
"""


@pytest.mark.req("7.1")
async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acked = 0
    for length in (1, 7, 60, 150):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as writer:
            assert writer.stdout is not None
            for _ in range(length):
                acked = int(await asyncio.to_thread(writer.stdout.readline))
            writer.send_signal(signal.SIGKILL)
            # Whole lines only: what it had acknowledged when the signal came.
            for line in writer.stdout.read().splitlines(keepends=True):
                acked = int(line) if line.endswith(b"\n") else acked
        log = new_log(tmp_path)
        await log.open()
        stored = (await log.read_after(ROOMS[0], Seq(0), 1_000_000)).entries
        assert await log.problems() == ()
        await log.close()
        assert len(stored) >= acked
        assert stored == tuple(said(ROOMS[0], seq) for seq in range(1, len(stored) + 1))


def test_the_bundled_library_is_the_one_in_use() -> None:
    assert apsw.using_amalgamation
