"""A disk that is full, slow, or fails: no answer before the sync, and no trust after a sync that failed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from pac.adapters.sqlite import message_log
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.errors import LogUnavailable, SeqTaken
from pac.ids import SeededIds
from pac.messages.model import Seq
from tests.adapters.sqlite.disks import Disk, Gate, Synced, disk
from tests.contracts.entries import ROOM, entries
from tests.support.clock import SteppedClock


@dataclass
class Faulty:
    """A log on a disk that does as it is told; `fatal` is what `on_fatal` was called with."""

    log: SqliteMessageLog
    disk: Disk
    fatal: list[BaseException] = field(default_factory=list)

    async def stored(self) -> int:
        return len((await self.log.read_after(ROOM, Seq(0), 10_000)).entries)


@pytest.fixture
async def faulty(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[Faulty]:
    with disk("faulty") as under:
        fatal: list[BaseException] = []
        log = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=fatal.append, vfs=under.vfs)
        await log.open()
        await log.append(entries(1, 3))
        yield Faulty(log, under, fatal)
        under.on_write = under.on_sync = lambda file: None
        await log.close()


def failing(code: int, only: str = "") -> "FailEvery":
    return FailEvery(code, only)


@dataclass
class FailEvery:
    code: int
    only: str
    failed: int = 0

    def __call__(self, file: str) -> None:
        if file.endswith(self.only):
            self.failed += 1
            raise apsw.exception_for(self.code)


@pytest.mark.req("7.2")
async def test_nothing_is_acknowledged_before_the_disk_has_synced(faulty: Faulty) -> None:
    gate = Gate()
    faulty.disk.on_sync = gate
    syncs = sum(isinstance(event, Synced) for event in faulty.disk.record)
    async with asyncio.TaskGroup() as tasks:
        append = tasks.create_task(faulty.log.append(entries(4, 6)))
        assert await asyncio.to_thread(gate.reached.wait, 30)
        # Readers neither wait for the writer nor see what is not yet durable.
        assert await faulty.stored() == 3
        assert not append.done()
        gate.open()
    assert sum(isinstance(event, Synced) for event in faulty.disk.record) > syncs
    assert await faulty.stored() == 6


@pytest.mark.req("7.2")
async def test_a_disk_slower_than_the_callers_patience_answers_unavailable(
    tmp_path: Path, clock: SteppedClock, ids: SeededIds
) -> None:
    with disk("slow") as under:
        log = SqliteMessageLog(
            tmp_path, clock=clock, ids=ids, on_fatal=lambda fault: None, vfs=under.vfs, patience_s=0.05
        )
        await log.open()
        gate = Gate()
        under.on_sync = gate
        with pytest.raises(LogUnavailable):
            await log.append(entries(1, 1))
        with pytest.raises(LogUnavailable):  # it waits behind the first, is given up, and so is never begun
            await log.append(entries(2, 2))
        gate.open()
        await log.close()
        again = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=lambda fault: None)
        await again.open()
        assert (await again.read_after(ROOM, Seq(0), 9)).entries == entries(1, 1)
        await again.close()


@pytest.mark.req("7.2")
@pytest.mark.parametrize("code", [apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC])
async def test_a_sync_that_fails_acknowledges_nothing_and_ends_the_log(faulty: Faulty, code: int) -> None:
    fault = faulty.disk.on_sync = failing(code)
    with pytest.raises(LogUnavailable):
        await faulty.log.append(entries(4, 4))
    faulty.disk.on_sync = lambda file: None  # the disk says that all is well again: it is not believed
    syncs = sum(isinstance(event, Synced) for event in faulty.disk.record)
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            await faulty.log.append(entries(4, 4))
        with pytest.raises(LogUnavailable):
            await faulty.stored()
    await faulty.log.close()
    assert len(faulty.fatal) == 1
    assert fault.failed == 1
    assert sum(isinstance(event, Synced) for event in faulty.disk.record) == syncs


@pytest.mark.req("7.2")
async def test_after_a_failed_sync_the_next_life_has_all_that_was_acknowledged(
    faulty: Faulty, tmp_path: Path, clock: SteppedClock, ids: SeededIds
) -> None:
    faulty.disk.on_sync = failing(apsw.SQLITE_IOERR_FSYNC)
    with pytest.raises(LogUnavailable):
        await faulty.log.append(entries(4, 4))
    await faulty.log.close()
    faulty.disk.on_sync = lambda file: None
    faulty.disk.record.clear()
    again = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=faulty.fatal.append, vfs="faulty")
    await again.open()
    # What the kernel may only pretend to have is written and synced anew before anything is built on it.
    assert Synced("messages.db") in faulty.disk.record
    page = await again.read_after(ROOM, Seq(0), 9)
    assert page.entries[:3] == entries(1, 3)
    await again.append(entries(len(page.entries) + 1, 9))
    await again.close()


@pytest.mark.req("7.2")
async def test_a_sync_that_fails_in_a_checkpoint_ends_the_log_too(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "CHECKPOINT_PAGES", 1)
    faulty.disk.on_sync = failing(apsw.SQLITE_IOERR_FSYNC, only=".db")
    with suppress(LogUnavailable):  # the writer may still be at the checkpoint of what the fixture wrote
        await faulty.log.append(entries(4, 4))  # durable in the WAL, and acknowledged, before the checkpoint
    with pytest.raises(LogUnavailable):
        await faulty.log.append(entries(5, 5))
    await faulty.log.close()  # the writer hands its fault to the loop, which has then had its turn
    assert len(faulty.fatal) == 1


@pytest.mark.parametrize("code", [apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE])
async def test_a_full_or_read_only_disk_refuses_writes_serves_reads_and_goes_on_when_it_can(
    faulty: Faulty, code: int
) -> None:
    faulty.disk.on_write = failing(code)
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            await faulty.log.append(entries(4, 6))
        assert await faulty.stored() == 3
        assert len(await faulty.log.known([one.key for one in entries(1, 6)])) == 3
    faulty.disk.on_write = lambda file: None
    await faulty.log.append(entries(4, 6))
    assert await faulty.stored() == 6
    assert faulty.fatal == []


async def test_a_disk_that_fills_up_during_a_checkpoint_loses_nothing(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "CHECKPOINT_PAGES", 1)
    faulty.disk.on_write = failing(apsw.SQLITE_FULL, only=".db")
    for seq in range(4, 8):
        await faulty.log.append(entries(seq, seq))
    assert await faulty.stored() == 7
    assert faulty.fatal == []


async def test_a_refused_batch_after_a_full_disk_is_refused_as_ever(faulty: Faulty) -> None:
    faulty.disk.on_write = failing(apsw.SQLITE_FULL)
    with pytest.raises(LogUnavailable):
        await faulty.log.append(entries(4, 4))
    faulty.disk.on_write = lambda file: None
    with pytest.raises(SeqTaken):
        await faulty.log.append(entries(5, 5))


async def test_a_caller_who_gives_up_leaves_the_others_served(faulty: Faulty) -> None:
    gate = Gate()
    faulty.disk.on_sync = gate
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(faulty.log.append(entries(4, 4)))
        assert await asyncio.to_thread(gate.reached.wait, 30)
        second = tasks.create_task(faulty.log.append(entries(5, 5)))
        third = tasks.create_task(faulty.log.append(entries(5, 5)))
        await faulty.stored()
        second.cancel()
        await asyncio.wait([second])
        gate.open()
        await asyncio.wait([first, third])
    assert second.cancelled()
    assert await faulty.stored() == 5
