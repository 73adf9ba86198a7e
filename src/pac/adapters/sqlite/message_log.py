"""MessageLog in one file of its own, messages.db: one thread writes, others read, and nobody waits for them.

The writer alone checkpoints, after it has answered. A failed fsync is the end of the process: the kernel has
then dropped what it could not write and calls the next fsync a success, so nothing of that file may be trusted
until it is opened anew (SECURITY 7.2, https://lwn.net/Articles/752063/).
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import apsw

from pac import telemetry
from pac.adapters.sqlite import files
from pac.adapters.sqlite.appending import Appender
from pac.adapters.sqlite.connections import epoch_of, open_reader, open_writer, require_library
from pac.adapters.sqlite.rows import (
    SELECT_ACTIVITY,
    SELECT_AFTER,
    SELECT_BEFORE,
    SELECT_KNOWN,
    SELECT_POSITIONS,
    SELECT_PROBLEMS,
    SELECT_UNREAD,
    SEQ_MAX,
    activity_by_room,
    encoded,
    key_document,
    known_by_key,
    numbers_and_ends,
    page_entries,
    place_document,
    unread_by_place,
)
from pac.adapters.sqlite.threads import Job, Jobs, Work, finished
from pac.clock import Clock
from pac.errors import CannotStart, LogUnavailable, PacError
from pac.ids import IdSource
from pac.messages.model import CidKey, Entry, Epoch, Known, LogPage, Position, Seq
from pac.rooms.model import RoomId

FILE = "messages.db"
CHECKPOINT_PAGES = 4_000
"""After this many pages of WAL (16 MiB) they are copied into the database, as far as readers allow."""
RESTART_PAGES = 10 * CHECKPOINT_PAGES
"""Readers that overlap for ever keep the WAL from starting over; from here on new ones wait for that once."""

SWITCH_INTERVAL_S = 250e-6
"""How long a thread asks for the interpreter lock before the loop is told to let go. With Python's 5 ms a loop
that is never idle lets go between its callbacks and has the lock back before the thread wakes, each time anew:
measured on two cores, one hand-over took 0.2 to 2.6 s. With 20 us each of them took the lock from the other so often
that, where other programs wanted the same core, 20,000 messages/s became 60; with this they became 13,000.
"""

_DEPTH = 1_000
_FSYNC_FAILED = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)

T = TypeVar("T")


class SqliteMessageLog:
    """`on_fatal` is called once, on the event loop, when a sync failed: the owner ends the process with an
    exit code other than 0. From then on every call answers LogUnavailable.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        ids: IdSource,
        on_fatal: Callable[[BaseException], None],
        writable: bool = True,
        readers: int = 3,
        patience_s: float = 5.0,
        vfs: str | None = None,
    ) -> None:
        self._path = folder / FILE
        self._lock = files.FileLock(folder / "messages.lock")
        self._new_epoch = ids.uuid7(clock.now())
        self._on_fatal = on_fatal
        self._writable = writable
        self._readers = readers
        self._patience_s = patience_s
        self._vfs = vfs
        self._epoch = Epoch("")
        self._appender: Appender | None = None
        """Used by the writer's thread alone."""
        self._writes = Jobs(_DEPTH)
        self._reads = Jobs(_DEPTH)
        self._threads: list[threading.Thread] = []
        self._is_open = False
        self._fatal: BaseException | None = None

    async def open(self) -> None:
        """Ready to read, and to append unless `writable=False`. Raises CannotStart; nothing is held then."""
        loop = asyncio.get_running_loop()
        writer, readers = await asyncio.to_thread(self._connections)
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
        if writer is not None:
            self._appender = Appender(writer)
            self._start("pac-log-writer", lambda: self._write(writer, loop))
        for number, reader in enumerate(readers, 1):
            self._start(f"pac-log-reader-{number}", lambda reader=reader: self._read(reader))  # type: ignore[misc]
        self._is_open = True

    async def close(self) -> None:
        """Ends after what is in flight; later calls answer LogUnavailable."""
        if not self._is_open:
            return
        self._is_open = False
        for _ in range(self._readers):
            self._reads.end()
        if self._writable:
            self._writes.end()
        await finished(self._threads)
        self._lock.release()

    @property
    def epoch(self) -> Epoch:
        return self._epoch

    async def append(self, entries: Sequence[Entry]) -> None:
        if entries:
            batch, appender = tuple(entries), self._appender
            await self._ask(self._writes, lambda _: appender.append(batch) if appender else None)

    async def known(self, keys: Collection[CidKey]) -> Mapping[CidKey, Known]:
        asked = tuple(keys)
        if not asked:
            return {}
        return await self._ask(
            self._reads,
            lambda connection: known_by_key(_text(connection, SELECT_KNOWN, (key_document(asked),)), asked),
        )

    async def positions(self, rooms: Collection[RoomId]) -> Mapping[RoomId, Position]:
        asked = tuple(rooms)
        if not asked:
            return {}
        ends = await self._ask(
            self._reads,
            lambda connection: numbers_and_ends(
                _text(connection, SELECT_POSITIONS, (encoded(asked),)), asked
            ),
        )
        empty = (0, None, None)
        return {
            room_id: Position(self._epoch, Seq(first or 1), Seq(top or 0))
            for room_id, (_, first, top) in ((room_id, ends.get(room_id, empty)) for room_id in asked)
        }

    async def read_after(self, room_id: RoomId, after: Seq, limit: int) -> LogPage:
        bound = min(max(after, 0), SEQ_MAX)
        found = await self._page(SELECT_AFTER, room_id, bound, limit)
        return LogPage(found[:limit], len(found) > limit)

    async def read_before(self, room_id: RoomId, before: Seq | None, limit: int) -> LogPage:
        bound = SEQ_MAX + 1 if before is None else min(max(before, 0), SEQ_MAX + 1)
        found = await self._page(SELECT_BEFORE, room_id, bound, limit)
        return LogPage(found[-limit:], len(found) > limit)

    async def last_activity(self, rooms: Collection[RoomId]) -> Mapping[RoomId, int]:
        asked = tuple(rooms)
        if not asked:
            return {}
        return await self._ask(
            self._reads,
            lambda connection: activity_by_room(_text(connection, SELECT_ACTIVITY, (encoded(asked),)), asked),
        )

    async def unread(self, places: Collection[tuple[RoomId, Seq]]) -> Mapping[tuple[RoomId, Seq], int]:
        asked = tuple(places)
        if not asked:
            return {}
        document = place_document(asked)
        found = await self._ask(
            self._reads,
            lambda connection: unread_by_place(_text(connection, SELECT_UNREAD, (document,)), asked),
        )
        return {place: found.get(place, 0) for place in asked}

    async def problems(self) -> tuple[str, ...]:
        """What is wrong with the file, one line each, for `pac check`; empty when it is whole.

        Reads the whole file, so it has no time limit and holds one reader. Raises LogUnavailable.
        """
        return await self._ask(self._reads, _problems, limited=False)

    async def _page(self, statement: str, room_id: RoomId, bound: int, limit: int) -> tuple[Entry, ...]:
        """One entry more than the limit, if there is one."""
        values: dict[str, str | int] = {"room": room_id, "bound": bound, "limit": limit + 1}
        return await self._ask(
            self._reads, lambda connection: page_entries(_text(connection, statement, values), room_id)
        )

    async def _ask(self, jobs: Jobs, work: Work[T], *, limited: bool = True) -> T:
        if self._fatal is not None:
            raise LogUnavailable("a sync of the log has failed; it has to be opened anew") from self._fatal
        if not self._is_open or (jobs is self._writes and not self._writable):
            raise LogUnavailable("the log is not open for this")
        if jobs.is_full:
            raise LogUnavailable("too much waits for the log")
        job = Job(work)
        jobs.put(job)
        try:
            async with asyncio.timeout(self._patience_s if limited else None):
                return await job.answer
        except TimeoutError as fault:
            raise LogUnavailable(f"no answer within {self._patience_s} s") from fault
        finally:
            job.abandoned = True

    def _connections(self) -> tuple[apsw.Connection | None, list[apsw.Connection]]:
        require_library()
        files.require_local_disk(self._path.parent)
        if not self._writable and not self._path.exists():
            raise CannotStart(f"There is no message log {self._path}.", "Start `pac serve` once.")
        opened: list[apsw.Connection] = []
        writer = None
        try:
            if self._writable:
                self._lock.take()
                files.make_private(self._path)
                writer = open_writer(self._path, self._new_epoch, self._vfs)
                opened.append(writer)
            readers = [open_reader(self._path, self._vfs) for _ in range(self._readers)]
            opened.extend(readers)
            self._epoch = Epoch(epoch_of(readers[0], self._path))
        except BaseException:
            for connection in opened:
                connection.close(True)
            self._lock.release()
            raise
        return writer, readers

    def _start(self, name: str, run: Callable[[], None]) -> None:
        # A daemon: a disk that hangs must not keep a process from ending that was told twice to end.
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read(self, connection: apsw.Connection) -> None:
        while (job := self._reads.next()) is not None:
            _run(job, connection)
        connection.close(True)

    def _write(self, connection: apsw.Connection, loop: asyncio.AbstractEventLoop) -> None:
        wal = _Wal(connection)
        while (job := self._writes.next()) is not None:
            if self._fatal is not None:
                job.failed(LogUnavailable("a sync of the log has failed"))
                continue
            fault = _run(job, connection) or wal.checkpoint_if_due()
            if fault is not None and getattr(fault, "extendedresult", 0) in _FSYNC_FAILED:
                self._fatal = fault
                # Closing would sync the same file once more, and would be told that all is well.
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                loop.call_soon_threadsafe(self._on_fatal, fault)
        connection.close(True)


class _Wal:
    """When the writer copies its WAL into the database. A full disk is no reason to stop: it stays in the WAL."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._pages = 0
        self._checkpointed = 0
        connection.set_wal_hook(self._committed)

    def checkpoint_if_due(self) -> apsw.Error | None:
        """What went wrong with it, if anything did."""
        if self._pages < self._checkpointed:
            self._checkpointed = 0  # it has started over
        if self._pages - self._checkpointed < CHECKPOINT_PAGES:
            return None
        self._checkpointed = self._pages
        restart = self._pages >= RESTART_PAGES
        try:
            self._connection.wal_checkpoint(
                mode=apsw.SQLITE_CHECKPOINT_RESTART if restart else apsw.SQLITE_CHECKPOINT_PASSIVE
            )
        except apsw.BusyError:
            return None  # readers again; the next try is CHECKPOINT_PAGES from here
        except apsw.Error as fault:
            telemetry.log.error(telemetry.LOG_APPEND_FAILED, what="checkpoint", fault=str(fault))
            return fault
        return None

    def _committed(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK


def _run(job: Job[object], connection: apsw.Connection) -> BaseException | None:
    """Do the job and answer it; the driver's errors become LogUnavailable here, and nowhere else."""
    try:
        result = job.work(connection)
    except PacError as fault:
        job.failed(fault)
        return fault
    except apsw.Error as fault:
        unavailable = LogUnavailable(str(fault))
        unavailable.__cause__ = fault
        job.failed(unavailable)
        return fault
    except Exception as fault:  # noqa: BLE001 - the edge of a thread: the one who asked is told
        job.failed(fault)
        return fault
    job.done(result)
    return None


def _text(connection: apsw.Connection, statement: str, values: tuple[str, ...] | dict[str, str | int]) -> str:
    return str(connection.execute(statement, values).get)


def _problems(connection: apsw.Connection) -> tuple[str, ...]:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(100)")]
    if found != ["ok"]:
        return tuple(found)
    return tuple(str(row[0]) for row in connection.execute(SELECT_PROBLEMS))
