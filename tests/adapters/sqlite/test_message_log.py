"""SqliteMessageLog keeps the contract, refuses to start on what it cannot trust, and never makes a reader wait."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from pac.adapters.sqlite import message_log
from pac.adapters.sqlite.connections import SCHEMA, open_reader, open_writer, require_library
from pac.adapters.sqlite.files import require_local_disk
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.errors import CannotStart, LogUnavailable
from pac.ids import SeededIds
from pac.messages.model import Seq
from tests.contracts.entries import ROOM, entries, entry
from tests.contracts.message_log import MessageLogContract, Reopen
from tests.support.clock import SteppedClock

MakeLog = Callable[..., SqliteMessageLog]


def never(fault: BaseException) -> None:
    raise AssertionError("no sync has failed") from fault


@pytest.fixture
def make(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> MakeLog:
    def made(**options: object) -> SqliteMessageLog:
        return SqliteMessageLog(tmp_path, clock=clock, ids=ids, **{"on_fatal": never, **options})

    return made


@asynccontextmanager
async def opened(log: SqliteMessageLog) -> AsyncIterator[SqliteMessageLog]:
    await log.open()
    try:
        yield log
    finally:
        await log.close()


class TestSqliteMessageLog(MessageLogContract):
    @pytest.fixture
    async def reopened(self, make: MakeLog) -> AsyncIterator[Reopen]:
        current: list[SqliteMessageLog] = []

        async def reopen() -> SqliteMessageLog:
            while current:
                await current.pop().close()
            current.append(make())
            await current[0].open()
            return current[0]

        yield reopen
        for log in current:
            await log.close()


@pytest.mark.req("7.3")
async def test_every_property_durability_rests_on_is_set_and_read_back(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "messages.db", "epoch", None)
    reader = open_reader(tmp_path / "messages.db", None)
    assert writer.execute("PRAGMA journal_mode").get == "wal"
    assert writer.execute("PRAGMA synchronous").get == 2
    assert writer.execute("PRAGMA wal_autocheckpoint").get == 0
    for connection in (writer, reader):
        assert not connection.execute("PRAGMA mmap_size").get
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM entries")
    reader.close()
    writer.close()


@pytest.mark.req("7.3")
def test_a_library_with_the_wal_reset_bug_is_refused() -> None:
    for version in ("3.40.1", "3.51.2"):
        with pytest.raises(CannotStart, match=r"3\.51\.3"):
            require_library(version)
    for version in ("3.51.3", "3.54.1", "4.0.0", apsw.sqlite_lib_version()):
        require_library(version)


@pytest.mark.req("7.3")
@pytest.mark.parametrize(
    ("kind", "refused"), [("nfs4", True), ("cifs", True), ("ext4", False), ("tmpfs", False)]
)
def test_a_network_disk_is_refused(tmp_path: Path, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
        f"23 22 0:40 / {tmp_path} rw - {kind} server:/data rw\n"
        f"24 22 0:41 / {tmp_path}x rw - nfs server:/other rw\n"
    )
    if refused:
        with pytest.raises(CannotStart, match=kind):
            require_local_disk(tmp_path / "data", mounts)
    else:
        require_local_disk(tmp_path / "data", mounts)


def test_where_the_kernel_lists_no_mounts_nothing_is_refused(tmp_path: Path) -> None:
    require_local_disk(tmp_path, tmp_path / "no such list")


async def test_nobody_else_may_read_the_files(make: MakeLog, tmp_path: Path) -> None:
    async with opened(make()) as log:
        await log.append(entries(1, 1))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ("messages.db", "messages.db-wal", "messages.db-shm", "messages.lock"), 0o600
    )


async def test_a_second_log_for_writing_is_refused_also_in_one_process(make: MakeLog) -> None:
    async with opened(make()):
        with pytest.raises(CannotStart, match="Another process is using the message log"):
            await make().open()
    async with opened(make()):
        pass


HOLDER = """
import asyncio, sys
from pathlib import Path
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.clock import SystemClock
from pac.ids import SystemIds
async def hold():
    log = SqliteMessageLog(Path(sys.argv[1]), clock=SystemClock(), ids=SystemIds(), on_fatal=print)
    await log.open()
    print("open", flush=True)
    sys.stdin.read()
asyncio.run(hold())
"""


async def test_a_second_process_is_refused_until_the_first_is_dead(make: MakeLog, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(CannotStart, match="PAC_DATA_DIR"):
            await make().open()
        other.kill()
    async with opened(make()) as log:
        await log.append(entries(1, 1))


async def test_one_may_read_beside_the_writer_and_not_write(make: MakeLog) -> None:
    async with opened(make()) as log, opened(make(writable=False)) as beside:
        await log.append(entries(1, 3))
        assert (await beside.read_after(ROOM, Seq(0), 9)).entries == entries(1, 3)
        assert beside.epoch == log.epoch
        with pytest.raises(LogUnavailable):
            await beside.append(entries(4, 4))
    async with opened(make(writable=False)) as alone:
        assert (await alone.read_after(ROOM, Seq(0), 9)).entries == entries(1, 3)


async def test_there_is_nothing_to_read_before_the_first_start(make: MakeLog, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="There is no message log"):
        await make(writable=False).open()
    assert list(tmp_path.iterdir()) == []


async def test_a_log_of_a_newer_version_is_refused_and_left_alone(make: MakeLog, tmp_path: Path) -> None:
    async with opened(make()):
        pass
    with apsw.Connection(str(tmp_path / "messages.db")) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    newer.close()
    for writable in (True, False):
        with pytest.raises(CannotStart, match=r"written by a newer version .* Install that version again"):
            await make(writable=writable).open()


async def test_another_programs_database_is_refused(make: MakeLog, tmp_path: Path) -> None:
    with apsw.Connection(str(tmp_path / "messages.db")) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(CannotStart, match="another program"):
        await make().open()


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\0" + b"\xff" * 4_080])
async def test_a_damaged_file_is_refused_with_what_to_do(
    make: MakeLog, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "messages.db").write_bytes(content)
    with pytest.raises(CannotStart, match=r"Restore messages\.db"):
        await make().open()
    assert (tmp_path / "messages.db").read_bytes() == content


async def test_a_folder_that_is_none_is_refused(clock: SteppedClock, ids: SeededIds, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(CannotStart, match="cannot be written"):
            await SqliteMessageLog(folder, clock=clock, ids=ids, on_fatal=never).open()


async def test_a_log_that_is_closed_or_not_open_answers_unavailable(make: MakeLog) -> None:
    log = make()
    with pytest.raises(LogUnavailable):
        await log.append(entries(1, 1))
    async with opened(log):
        await log.append(entries(1, 1))
    with pytest.raises(LogUnavailable):
        await log.read_after(ROOM, Seq(0), 1)
    await log.close()


async def test_closing_finishes_what_is_in_flight(make: MakeLog) -> None:
    log = make()
    await log.open()
    async with asyncio.TaskGroup() as tasks:
        appends = [tasks.create_task(log.append([entry(seq)])) for seq in range(1, 20)]
        tasks.create_task(log.close())
    assert all(append.done() for append in appends)
    async with opened(make()) as again:
        assert (await again.read_after(ROOM, Seq(0), 99)).entries == entries(1, 19)


@pytest.mark.row("promise 1 epoch")
async def test_each_log_has_an_epoch_of_its_own(make: MakeLog, tmp_path: Path) -> None:
    async with opened(make()) as log:
        first = log.epoch
    for path in tmp_path.iterdir():
        path.unlink()
    async with opened(make()) as log:
        assert log.epoch != first


async def test_the_wal_is_copied_into_the_database_as_it_grows(
    make: MakeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "CHECKPOINT_PAGES", 20)
    async with opened(make()) as log:
        for seq in range(1, 300):
            await log.append([entry(seq, body="x" * 2_000)])
        wal = (tmp_path / "messages.db-wal").stat().st_size
        database = (tmp_path / "messages.db").stat().st_size
    assert wal < 60 * 4_120
    assert database > 250 * 2_000


async def test_a_whole_log_has_no_problems_and_a_tampered_one_names_them(
    make: MakeLog, tmp_path: Path
) -> None:
    async with opened(make()) as log:
        await log.append(entries(1, 9))
        assert await log.problems() == ()
    with apsw.Connection(str(tmp_path / "messages.db")) as knife:
        knife.execute("DELETE FROM entries WHERE place & 0xFFFFFFFF = 5")
        knife.execute("DELETE FROM cids WHERE seq = 7")
    knife.close()
    async with opened(make(writable=False)) as log:
        assert await log.problems() == (
            f"room {ROOM}: 8 entries from 1 to 9",
            f"room {ROOM}: entry 7 has no cid of its own",
        )


async def test_a_page_anywhere_in_a_long_room_touches_only_that_page(make: MakeLog, tmp_path: Path) -> None:
    async with opened(make()) as log:
        for first in range(1, 20_000, 1_000):
            await log.append(entries(first, first + 999))
        page = await log.read_before(ROOM, Seq(10_001), 50)
        assert page.entries == entries(9_951, 10_000)
    reader = apsw.Connection(str(tmp_path / "messages.db"))
    plan = " ".join(
        str(row[3])
        for row in reader.execute(
            f"EXPLAIN QUERY PLAN {message_log.SELECT_BEFORE}", {"room": ROOM, "bound": 9, "limit": 9}
        )
    )
    reader.close()
    assert "SEARCH entries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan


async def test_no_read_and_no_write_scans_a_table(make: MakeLog, tmp_path: Path) -> None:
    async with opened(make()):
        pass
    reader = apsw.Connection(str(tmp_path / "messages.db"))
    for statement in (
        message_log.SELECT_AFTER,
        message_log.SELECT_BEFORE,
        message_log.SELECT_KNOWN,
        message_log.SELECT_POSITIONS,
        message_log.SELECT_ACTIVITY,
    ):
        values = {"room": ROOM, "bound": 9, "limit": 9} if ":room" in statement else ("[]",)
        steps = [str(row[3]) for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        scanned = [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
        assert all("subquery" in step or "(" in step for step in scanned), (statement, steps)
    reader.close()
