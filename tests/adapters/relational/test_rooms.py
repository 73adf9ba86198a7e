"""Rooms on SQL keep the contract, and ten thousand of them are read by index."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from pac.adapters.relational.engine import SqlDatabase
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room
from pac.rooms.model import LobbySort, RoomId
from tests.contracts.accounts import sign_up
from tests.contracts.rooms import RoomStoreContract
from tests.support.clock import START


class TestSqlRooms(RoomStoreContract):
    pass


@pytest.fixture
def queries() -> Iterator[list[tuple[str, Any]]]:
    """What SQLAlchemy sends from here on."""
    sent: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.req("4.4")
async def test_rooms_that_are_asked_for_together_are_two_statements_by_index_whether_they_are_there_or_not(
    database: SqlDatabase, file: Path, ids: SeededIds, queries: list[tuple[str, Any]]
) -> None:
    ada, ben = await sign_up(database, "ada", "ben")
    async with database.writing() as tx:
        made = [(await create_room(tx, ada, RoomFields("Room"), now=START, ids=ids))[0].id for _ in range(30)]
    for rooms in (made, [RoomId("none")], made[:1]):
        queries.clear()
        async with database.reading() as tx:
            await tx.rooms.rows([(room_id, who.id) for room_id in rooms for who in (ada, ben)])
        assert len(queries) == 2
        for query in queries:
            assert not [
                step for step in _plan(file, *query) if step.startswith("SCAN") and "asked" not in step
            ]


@pytest.mark.parametrize("sort", list(LobbySort))
async def test_a_lobby_page_is_two_statements_that_sort_nothing_but_the_page(
    database: SqlDatabase, file: Path, ids: SeededIds, queries: list[tuple[str, Any]], sort: LobbySort
) -> None:
    [ada] = await sign_up(database, "ada")
    async with database.writing() as tx:
        for number in range(30):
            await create_room(tx, ada, RoomFields(f"Room {number}"), now=START, ids=ids)
    queries.clear()
    async with database.reading() as tx:
        await tx.rooms.lobby(ada.id, number=1, size=10, query="", sort=sort)
    assert len(queries) == 2
    counting, paging = (_plan(file, *query) for query in queries)
    assert counting == [f"SEARCH rooms USING COVERING INDEX {_index(counting[0])} (status=?)"]
    inner = paging[: paging.index("SCAN page")]
    assert any(f"ix_rooms_status_{_COLUMN[sort]}_id_public (status=?)" in step for step in inner)
    assert not any("TEMP B-TREE" in step for step in inner)


_COLUMN = {
    LobbySort.NEWEST: "created_at",
    LobbySort.ACTIVITY: "last_activity_at",
    LobbySort.MEMBERS: "members_count",
    LobbySort.NAME: "name_key",
}


def _index(step: str) -> str:
    return next(word for word in step.split() if word.startswith("ix_"))


def _plan(file: Path, statement: str, parameters: Any) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    finally:
        connection.close()
