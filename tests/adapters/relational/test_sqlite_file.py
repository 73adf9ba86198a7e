"""How the file is set up: its journal, its modes, and what a closed connection may not keep."""

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.sqlite_file import ReadingConnection, WritingConnection, sqlite_url
from pac.transactions import Listeners
from tests.contracts.accounts import member, sign_up


@pytest.mark.req("7.3")
@pytest.mark.parametrize("door", ["reader", "writer"])
async def test_every_connection_uses_a_rollback_journal_and_syncs(database: SqlDatabase, door: str) -> None:
    async with getattr(database, door)() as statements:
        settings = {
            name: (await statements.execute(text(f"PRAGMA {name}"))).scalar_one_or_none()
            for name in ("journal_mode", "synchronous", "foreign_keys", "query_only", "mmap_size")
        }
    mapped = settings.pop("mmap_size")  # a library built without mapping answers nothing
    assert settings == {
        "journal_mode": "delete",
        "synchronous": 2,
        "foreign_keys": 1,
        "query_only": int(door == "reader"),
    }
    assert not mapped


@pytest.mark.req("7.3")
async def test_a_file_left_in_wal_mode_is_brought_back_to_a_rollback_journal(
    folder: Path, file: Path, listeners: Listeners
) -> None:
    migrate(sqlite_url(folder))
    other = sqlite3.connect(file)
    other.execute("PRAGMA journal_mode = WAL")
    other.close()
    database = SqlDatabase(sqlite_url(folder), listeners)
    await sign_up(database, "kim")
    await database.close()
    assert file.read_bytes()[18:20] == b"\x01\x01", (
        "1 is a rollback journal, 2 is WAL (sqlite.org/fileformat)"
    )


async def test_folder_file_and_journal_are_their_owners_alone(
    database: SqlDatabase, folder: Path, file: Path
) -> None:
    async with database.writing() as tx:
        await tx.accounts.add(member("kim"), None)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {folder.name: 0o700, file.name: 0o600, f"{file.name}-journal": 0o600}


@pytest.mark.parametrize("kind", [ReadingConnection, WritingConnection])
@pytest.mark.parametrize("end", ["rollback", "close"])
def test_a_connection_that_is_given_up_keeps_no_lock_for_a_cursor_that_was_not_read_to_its_end(
    tmp_path: Path, kind: type[WritingConnection], end: str
) -> None:
    file = tmp_path / "some.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.executescript("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3);")
    given_up = sqlite3.connect(file, isolation_level=None, factory=kind)
    given_up.execute("BEGIN")
    cursor = given_up.cursor()
    cursor.execute("SELECT n FROM t")
    assert cursor.fetchone() == (1,)
    getattr(given_up, end)()
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("BEGIN EXCLUSIVE")
    connection.close()
    given_up.close()
