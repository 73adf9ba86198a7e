"""The database connections: how SQLite is set up, and the two doors to it.

The embedded profile runs on the system's SQLite, which may be older than 3.51.3 and then can corrupt a WAL
database that two connections write (SECURITY 7.3). So the journal is a rollback journal, and `pac admin` may
write beside a running server. Writers of one process wait for each other in memory, not by polling the file.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from pac.adapters.relational.accounts import Accounts
from pac.adapters.relational.admissions import Admissions
from pac.adapters.relational.audit import Audit
from pac.adapters.relational.rooms import Rooms
from pac.adapters.relational.sqlite_file import ReadingConnection, WritingConnection
from pac.adapters.relational.statements import TIDYING_S, Statements, bounded
from pac.errors import StoreUnavailable
from pac.transactions import Event, Listeners

PATIENCE_S = 5.0
READERS = 4


class SqlTransaction:
    """What one block of `reading()` or `writing()` works with."""

    def __init__(self, statements: Statements) -> None:
        self.statements = statements
        self.accounts = Accounts(statements)
        self.rooms = Rooms(statements)
        self.admissions = Admissions(statements)
        self.audit = Audit(statements)
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


class SqlDatabase:
    """`Database[RoomTransaction]` on a relational database. Opens nothing until it is used.

    `patience_s` bounds every single wait on the outside: for the other writers, for a connection, for each
    statement, for the commit.
    """

    def __init__(self, url: URL, listeners: Listeners, *, patience_s: float = PATIENCE_S) -> None:
        self._readers = _engine(url, ReadingConnection, connections=READERS, patience_s=patience_s)
        self._writer = _engine(url, WritingConnection, connections=1, patience_s=patience_s)
        self._listeners = listeners
        self._patience_s = patience_s
        self._one_writer = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlTransaction]:
        async with self.reader() as statements:
            yield SqlTransaction(statements)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlTransaction]:
        async with self.writer() as statements:
            tx = SqlTransaction(statements)
            yield tx
        for told in tx.events:
            self._listeners.tell(told)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Statements]:
        """One reading transaction for the stores that stand beside accounts and rooms."""
        async with _transaction(self._readers, "BEGIN", self._patience_s) as statements:
            yield statements

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Statements]:
        """One writing transaction for the stores that stand beside accounts and rooms."""
        await bounded(self._one_writer.acquire(), self._patience_s)
        try:
            # IMMEDIATE: whoever reads in order to write already holds the file, so no two decide on one state.
            async with _transaction(self._writer, "BEGIN IMMEDIATE", self._patience_s) as statements:
                yield statements
        finally:
            self._one_writer.release()

    async def ping(self) -> None:
        """Raises StoreUnavailable when the database does not answer."""
        async with self.reading() as tx:
            await tx.accounts.count()

    async def close(self) -> None:
        """Close every connection that is not in use. Raises StoreUnavailable when one does not let go."""
        await bounded(self._readers.dispose(), self._patience_s)
        await bounded(self._writer.dispose(), self._patience_s)


def _engine(url: URL, kind: type, *, connections: int, patience_s: float) -> AsyncEngine:
    return create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        # Transactions are ended here, by one hand-over to the driver's thread; SQLAlchemy need not do it again.
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
        hide_parameters=True,  # no value of anybody in an exception, and so in a log
        # SQLite's own patience ends first, so that its answer is known and the connection stays good.
        connect_args={"timeout": patience_s * 0.9, "isolation_level": None, "factory": kind},
    )


@asynccontextmanager
async def _transaction(engine: AsyncEngine, begin: str, patience_s: float) -> AsyncIterator[Statements]:
    """Statements of one transaction, committed when the block ends.

    BEGIN and COMMIT go to the driver itself: one hand-over to its thread each, where a statement through
    SQLAlchemy takes four. However the block is left, no connection goes back to the pool inside a transaction.
    """
    connection = await bounded(_connected(engine), patience_s)
    try:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            await bounded(driver.execute(begin), patience_s)
            yield Statements(connection, patience_s)
            await bounded(driver.commit(), patience_s)
        except BaseException:
            await _undo(connection, driver)
            raise
    finally:
        # Nothing in it waits, so nothing can cut it off: the place in the pool is given back in any case.
        await connection.close()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def _undo(connection: AsyncConnection, driver: Any) -> None:
    """Roll back, or drop the connection: then closing it, or the file's journal, undoes what was done.

    A rollback stands in the driver's queue behind whatever was cut off there, so it finds it finished. A commit
    that went through meanwhile stays: there is nothing left to undo.
    """
    if connection.invalidated:  # by SQLAlchemy, because a statement was cut off
        return
    try:
        await bounded(driver.rollback(), TIDYING_S)
    except BaseException as error:
        with suppress(StoreUnavailable):
            await bounded(connection.invalidate(), TIDYING_S)
        if not isinstance(error, StoreUnavailable):
            raise
