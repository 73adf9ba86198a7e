"""A database of its own for each test, in a new folder, made by the migrations."""

import gc
import threading
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pac.accounts.model import MemberId
from pac.adapters.relational.changes import SqlChangeFeed
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import FILE, sqlite_url
from pac.transactions import Listeners
from tests.contracts.accounts import sign_up


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / FILE


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture
async def database(folder: Path, listeners: Listeners) -> AsyncIterator[SqlDatabase]:
    before = set(threading.enumerate())
    migrate(sqlite_url(folder))
    database = SqlDatabase(sqlite_url(folder), listeners)
    yield database
    await database.close()
    for thread in _left_over(before):
        thread.join(5)
        assert not thread.is_alive(), "each connection has a thread, and none is left behind"


def _left_over(before: set[threading.Thread]) -> set[threading.Thread]:
    if set(threading.enumerate()) - before:
        # A connection that was cut off while it was being opened is nobody's; the driver ends it when it is found.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    return set(threading.enumerate()) - before


@pytest.fixture
async def hasty(database: SqlDatabase, folder: Path, listeners: Listeners) -> AsyncIterator[SqlDatabase]:
    """A second process's view of the same file, which gives up soon."""
    hasty = SqlDatabase(sqlite_url(folder), listeners, patience_s=0.3)
    yield hasty
    await hasty.close()


@pytest.fixture
def sessions(database: SqlDatabase) -> SqlSessions:
    return SqlSessions(database)


@pytest.fixture
def changes(database: SqlDatabase) -> SqlChangeFeed:
    return SqlChangeFeed(database)


@pytest.fixture
def outbox(database: SqlDatabase) -> SqlOutbox:
    return SqlOutbox(database)


@pytest.fixture
async def people(database: SqlDatabase) -> tuple[MemberId, MemberId]:
    ada, ben = await sign_up(database, "ada", "ben")
    return ada.id, ben.id
