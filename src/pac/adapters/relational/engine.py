"""The database connections: how SQLite is set up, what its errors mean here, and the two doors to it.

The embedded profile runs on the system's SQLite, which may be older than 3.51.3 and then can corrupt a WAL
database that two connections write (SECURITY 7.3). So the journal is a rollback journal, and `pac admin` may
write beside a running server. Writers of one process wait for each other in memory, not by polling the file.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, exc
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from pac import telemetry
from pac.adapters.relational.accounts import Accounts
from pac.adapters.relational.rooms import Rooms
from pac.errors import NameTaken, StoreUnavailable
from pac.transactions import Event, Listeners

FILE = "pac.db"
PATIENCE_S = 5.0
READERS = 4


def sqlite_url(folder: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(folder / FILE))


def private_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone (SECURITY 6.4). Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    (folder / FILE).chmod(0o600)


def _engine(url: URL, *, patience_s: float, connections: int, query_only: bool) -> AsyncEngine:
    """An engine whose connections are set up once, as they are opened; none is opened yet."""
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        pool_reset_on_return=None,  # transactions are ended here, by one call each
        hide_parameters=True,  # no value of anybody in an exception, and so in a log
        connect_args={"timeout": patience_s, "isolation_level": None},
    )
    pragmas = ["journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON", "mmap_size = 0"]
    if query_only:
        pragmas.append("query_only = ON")

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors in our words; none of them leaves the adapter."""
    try:
        yield
    except exc.IntegrityError as error:
        for field in ("username", "nickname"):
            if f"{field}_key" in str(error.orig):
                raise NameTaken(field) from error
        raise StoreUnavailable("database") from error
    except (exc.SQLAlchemyError, sqlite3.Error, TimeoutError, OSError) as error:
        telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="database", fault=type(error).__name__)
        raise StoreUnavailable("database") from error


class SqlTransaction:
    """What one block of `reading()` or `writing()` works with."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.accounts = Accounts(connection)
        self.rooms = Rooms(connection)
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


class SqlDatabase:
    """`Database[RoomTransaction]` on a relational database."""

    def __init__(self, url: URL, listeners: Listeners, *, patience_s: float = PATIENCE_S) -> None:
        self._readers = _engine(url, patience_s=patience_s, connections=READERS, query_only=True)
        self._writer = _engine(url, patience_s=patience_s, connections=1, query_only=False)
        self._listeners = listeners
        self._patience_s = patience_s
        self._one_writer = asyncio.Lock()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[AsyncConnection]:
        """One reading transaction for the stores that stand beside accounts and rooms."""
        async with _transaction(self._readers, "BEGIN", self._patience_s) as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlTransaction]:
        async with self.reader() as connection:
            yield SqlTransaction(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlTransaction]:
        async with self.writer() as connection:
            tx = SqlTransaction(connection)
            yield tx
        for told in tx.events:
            self._listeners.tell(told)

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[AsyncConnection]:
        """One writing transaction for the stores that stand beside accounts and rooms."""
        with translated():
            async with asyncio.timeout(self._patience_s):
                await self._one_writer.acquire()
        try:
            async with _transaction(self._writer, "BEGIN IMMEDIATE", self._patience_s) as connection:
                yield connection
        finally:
            self._one_writer.release()

    async def ping(self) -> None:
        """Raises StoreUnavailable when the database does not answer."""
        async with self.reader() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine, begin: str, patience_s: float) -> AsyncIterator[AsyncConnection]:
    """A connection inside a transaction. The block's own errors pass; the driver's are translated.

    BEGIN and COMMIT go to the driver itself: one hand-over to its thread each, where a statement through
    SQLAlchemy takes four. However the block is left, no connection goes back to the pool inside a transaction.
    """
    with translated():
        async with asyncio.timeout(patience_s):
            connection = await engine.connect()
            driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        with translated():
            async with asyncio.timeout(patience_s):
                await driver.execute(begin)
                yield connection
                await driver.execute("COMMIT")
    except BaseException:
        await _roll_back(connection, driver, patience_s)
        raise
    await connection.close()


async def _roll_back(connection: AsyncConnection, driver: Any, patience_s: float) -> None:
    """Undo what was done, or drop the connection: then the file's journal undoes it."""
    try:
        async with asyncio.timeout(patience_s):
            await driver.rollback()
    except (sqlite3.Error, TimeoutError, ValueError):
        await connection.invalidate()
    await connection.close()
