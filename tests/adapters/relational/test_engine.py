"""Two processes on one file, a file that is locked, a disk that is full: what was not done is not half done."""

import asyncio
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from pac.accounts.model import MemberId
from pac.accounts.sessions import Session, session_key, token_key
from pac.adapters.relational.changes import SqlChangeFeed
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.adapters.relational.tables import members, sessions
from pac.errors import Fault, NameTaken, StoreUnavailable
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room
from pac.transactions import Listeners
from tests.contracts.accounts import Happened, member, sign_up
from tests.support.clock import START


@contextmanager
def held(file: Path, lock: str = "EXCLUSIVE") -> Iterator[None]:
    """Another process that holds the file."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute(f"BEGIN {lock}")
        yield
    finally:
        other.close()


async def names_in(database: SqlDatabase) -> set[str]:
    async with database.reader() as statements:
        return set((await statements.execute(select(members.c.username))).scalars())


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


async def test_a_reading_block_cannot_write(database: SqlDatabase) -> None:
    await sign_up(database, "kim")
    with pytest.raises(StoreUnavailable):
        async with database.reading() as tx:
            await tx.accounts.add(member("lee"), None)
    assert await names_in(database) == {"kim"}


async def test_two_processes_write_at_once_and_both_succeed(
    database: SqlDatabase, folder: Path, listeners: Listeners
) -> None:
    other = SqlDatabase(sqlite_url(folder), listeners)
    await asyncio.gather(
        *(sign_up(one, f"{who}{n}") for n in range(15) for who, one in (("ada", database), ("ben", other)))
    )
    assert len(await names_in(other)) == 30
    await other.close()


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
async def test_a_locked_file_is_unavailable_and_works_again(
    hasty: SqlDatabase, file: Path, listeners: Listeners, lock: str
) -> None:
    told: list[Happened] = []
    listeners.on(Happened, told.append)
    with held(file, lock):
        for _ in range(2):  # also on a connection that was turned away before
            with pytest.raises(StoreUnavailable):
                async with hasty.writing() as tx:
                    await tx.accounts.add(member("kim"), None)
                    tx.emit(Happened("never"))
        if lock == "EXCLUSIVE":
            with pytest.raises(StoreUnavailable):
                await hasty.ping()
        else:
            await hasty.ping()
    assert await names_in(hasty) == set()
    assert told == []
    await sign_up(hasty, "kim")
    assert await names_in(hasty) == {"kim"}


async def test_a_commit_that_readers_hold_up_is_undone_and_works_again(
    hasty: SqlDatabase, file: Path
) -> None:
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM members").fetchall()
    with pytest.raises(StoreUnavailable):
        await sign_up(hasty, "kim")
    reader.close()
    assert await names_in(hasty) == set()
    await sign_up(hasty, "lee")
    assert await names_in(hasty) == {"lee"}


async def test_waiting_writers_give_up_in_time_and_the_one_at_work_finishes(hasty: SqlDatabase) -> None:
    async with hasty.writing() as tx:
        await tx.accounts.add(member("kim"), None)
        with pytest.raises(StoreUnavailable):
            await sign_up(hasty, "lee")
    assert await names_in(hasty) == {"kim"}


async def test_a_full_disk_is_unavailable_undoes_the_whole_block_and_works_again(
    database: SqlDatabase, ids: SeededIds, listeners: Listeners
) -> None:
    told: list[Happened] = []
    listeners.on(Happened, told.append)
    [ada] = await sign_up(database, "ada")
    await _allow_pages(database, 1)  # as few as it has by now
    with pytest.raises(StoreUnavailable):
        async with database.writing() as tx:
            tx.emit(Happened("never"))
            for number in range(200):
                await tx.accounts.add(member(f"guest{number}"), "x" * 200)
                await create_room(tx, ada, RoomFields(f"Room {number}"), now=START, ids=ids)
    assert await names_in(database) == {"ada"}
    assert list(await SqlOutbox(database).pending(10)) == []
    assert await SqlChangeFeed(database).cursor() == 0
    assert told == []
    await _allow_pages(database, 2**30)
    await sign_up(database, "ben")
    assert await names_in(database) == {"ada", "ben"}


async def _allow_pages(database: SqlDatabase, pages: int) -> None:
    async with database.writer() as statements:
        await statements.execute(text(f"PRAGMA max_page_count = {pages}"))


async def test_a_file_that_is_no_database_is_unavailable(hasty: SqlDatabase, file: Path) -> None:
    file.write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(StoreUnavailable):
        await hasty.ping()
    with pytest.raises(StoreUnavailable):
        await sign_up(hasty, "kim")


async def test_no_error_of_the_driver_gets_out(database: SqlDatabase) -> None:
    """Rule 5: every way to make the driver complain that we can think of ends in one of our own errors."""
    await sign_up(database, "kim")
    contradictory = replace(member("lee"), id=MemberId("id-of-kim"))
    stranger = Session(session_key("s"), MemberId("nobody"), START, START, "", "")
    closed = []
    async with database.writing() as tx:
        closed.append(tx)
    attempts: list[tuple[Any, type[Exception]]] = [
        (_writing(database, lambda tx: tx.accounts.add(member("kim"), None)), NameTaken),
        (_writing(database, lambda tx: tx.accounts.add(contradictory, None)), Fault),
        (SqlSessions(database).add(stranger), Fault),
        (_writing(database, lambda tx: tx.statements.execute(text("SELECT :missing"))), Fault),
        (_writing(database, lambda tx: tx.statements.execute(text("no such words"))), Fault),
        (_writing(database, lambda tx: tx.statements.execute(insert(members))), Fault),
        (closed[0].accounts.count(), Fault),
    ]
    for attempt, expected in attempts:
        with pytest.raises(expected) as raised:
            await attempt
        assert isinstance(raised.value.__cause__, (SQLAlchemyError, sqlite3.Error))
    assert await names_in(database) == {"kim"}


async def _writing(database: SqlDatabase, work: Any) -> None:
    async with database.writing() as tx:
        await work(tx)


async def test_an_error_of_the_driver_shows_no_value_of_anybody(database: SqlDatabase) -> None:
    await sign_up(database, "kim")
    with pytest.raises(NameTaken) as raised:
        async with database.writing() as tx:
            await tx.accounts.add(
                replace(member("kim"), id=MemberId("x"), email="canary@example.org"), "canary"
            )
    assert "canary" not in str(raised.value.__cause__)


@pytest.mark.req("2.11")
async def test_neither_session_ids_nor_tokens_are_in_the_file(
    database: SqlDatabase, file: Path, people: tuple[MemberId, MemberId], ids: SeededIds
) -> None:
    store, session_id, token = SqlSessions(database), ids.token(), ids.token()
    await store.add(Session(session_key(session_id), people[0], START, START, "203.0.113.0/24", "A browser"))
    await store.add_token(token_key(token), session_key(session_id), START)
    async with database.reader() as statements:
        assert (await statements.execute(select(sessions.c.key))).scalars().all() == [session_key(session_id)]
    stored = file.read_bytes()
    assert session_key(session_id).encode() in stored
    assert session_id.encode() not in stored
    assert token.encode() not in stored
    assert await store.find(session_key(session_key(session_id))) is None, "the hash is of no use as a cookie"


async def test_reads_share_a_few_connections(database: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    connect = sqlite3.connect

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(arguments)
        return connect(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", counted)
    await asyncio.gather(*(database.ping() for _ in range(50)))
    assert 1 <= len(opened) <= 4
