"""Two processes on one file, a file that is locked, a disk that is full: what was not done is not half done."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from pac.accounts.model import Actor, MemberId
from pac.accounts.sessions import Session, session_key, token_key
from pac.adapters.relational import engine
from pac.adapters.relational.changes import SqlChangeFeed
from pac.adapters.relational.engine import SqlDatabase, SqlTransaction
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import WritingConnection, sqlite_url
from pac.adapters.relational.tables import members, sessions
from pac.errors import Fault, NameTaken, RoomIsFull, StoreUnavailable
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room, join_room
from pac.rooms.store import RoomTransaction
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


@pytest.mark.req("4.9")
async def test_two_processes_that_look_before_they_write_do_not_both_take_the_last_place(
    database: SqlDatabase, folder: Path, listeners: Listeners, ids: SeededIds
) -> None:
    other = SqlDatabase(sqlite_url(folder), listeners)
    owner, *guests = await sign_up(database, *(f"guest{n}" for n in range(21)))
    async with database.writing() as tx:
        room, _ = await create_room(tx, owner, RoomFields("Lounge", capacity=6), now=START, ids=ids)

    async def try_it(number: int, actor: Actor) -> bool:
        try:
            async with (database, other)[number % 2].writing() as tx:
                await join_room(tx, actor, room.id, now=START, ids=ids)
        except RoomIsFull:
            return False
        return True

    assert sum(await asyncio.gather(*(try_it(*guest) for guest in enumerate(guests)))) == 5
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
                await _announce(hasty, "kim")
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

    async def fill(tx: RoomTransaction) -> None:
        tx.emit(Happened("never"))
        for number in range(200):
            await tx.accounts.add(member(f"guest{number}"), "x" * 200)
            await create_room(tx, ada, RoomFields(f"Room {number}"), now=START, ids=ids)

    with pytest.raises(StoreUnavailable):
        await _writing(database, fill)
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


async def test_a_statement_that_never_answers_is_left_alone_and_undone_when_it_does(
    database: SqlDatabase, folder: Path, listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    class Stuck(WritingConnection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.create_function("stuck", 0, lambda: answer.wait(60))

    monkeypatch.setattr(engine, "WritingConnection", Stuck)
    stuck = SqlDatabase(sqlite_url(folder), listeners, patience_s=0.2)

    async def hang(tx: SqlTransaction) -> None:
        await tx.accounts.add(member("kim"), None)
        await tx.statements.execute(select(func.stuck()))

    try:
        async with asyncio.timeout(5):
            with pytest.raises(StoreUnavailable):
                await _writing(stuck, hang)
            with pytest.raises(StoreUnavailable):
                await sign_up(stuck, "lee")  # the file is still held, but not the door
    finally:
        answer.set()
    await sign_up(database, "cho")
    await sign_up(stuck, "dan")
    assert await names_in(stuck) == {"cho", "dan"}
    await stuck.close()


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
    async with database.writing() as closed:
        pass
    attempts: list[tuple[Any, type[Exception]]] = [
        (_writing(database, lambda tx: tx.accounts.add(member("kim"), None)), NameTaken),
        (_writing(database, lambda tx: tx.accounts.add(contradictory, None)), Fault),
        (SqlSessions(database).add(stranger), Fault),
        (_writing(database, lambda tx: tx.statements.execute(text("SELECT :missing"))), Fault),
        (_writing(database, lambda tx: tx.statements.execute(insert(members).values(id="x"))), Fault),
        (_writing(database, lambda tx: tx.statements.execute(text("no such words"))), StoreUnavailable),
        (_counting(closed), Fault),
    ]
    for attempt, expected in attempts:
        with pytest.raises(expected) as raised:
            await attempt
        assert isinstance(raised.value.__cause__, (SQLAlchemyError, sqlite3.Error))
    assert await names_in(database) == {"kim"}


async def _announce(database: SqlDatabase, name: str) -> None:
    async with database.writing() as tx:
        await tx.accounts.add(member(name), None)
        tx.emit(Happened(name))


async def _counting(tx: SqlTransaction) -> None:
    await tx.accounts.count()


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
        connection: sqlite3.Connection = connect(*arguments, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", counted)
    await asyncio.gather(*(database.ping() for _ in range(50)))
    assert 1 <= len(opened) <= 4
