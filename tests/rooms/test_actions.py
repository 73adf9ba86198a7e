"""The verbs of rooms where the log is told less than what happened."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pac.adapters.relational.changes import SqlChangeFeed
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room, exit_room, join_room
from pac.rooms.model import QUIET_ABOVE, Membership, RoomMemberStatus, RoomRole
from pac.transactions import Listeners
from tests.contracts.accounts import sign_up
from tests.support.clock import START


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    migrate(sqlite_url(tmp_path))
    database = SqlDatabase(sqlite_url(tmp_path), Listeners())
    yield database
    await database.close()


@pytest.mark.row("hear message quiet", "event joined", "event left")
async def test_coming_and_going_are_lines_of_the_log_up_to_two_hundred_members(
    database: SqlDatabase, ids: SeededIds
) -> None:
    ada, ben, cleo, *others = await sign_up(database, *(f"guest{number}" for number in range(201)))
    async with database.writing() as tx:
        room, _ = await create_room(tx, ada, RoomFields("광장", capacity=1_000), now=START, ids=ids)
        for other in others:
            await tx.rooms.save_membership(
                Membership(room.id, other.id, other.nickname, RoomRole.MEMBER, RoomMemberStatus.ALIVE, START)
            )
    for verb, actor in ((join_room, ben), (join_room, cleo), (exit_room, cleo), (exit_room, ben)):
        async with database.writing() as tx:
            await verb(tx, actor, room.id, now=START, ids=ids)  # type: ignore[operator]
    assert QUIET_ABOVE == 200
    told = [(fact.fact.value, fact.nickname) for fact in await SqlOutbox(database).pending(100)]
    assert told == [("joined", ada.nickname), ("joined", ben.nickname), ("left", ben.nickname)]
    heard = [change.fact.value for change in await SqlChangeFeed(database).after(0) if change.fact]
    assert heard == ["joined", "joined", "joined", "left", "left"], "open pages hear of all of them"
