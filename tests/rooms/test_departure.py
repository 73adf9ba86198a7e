"""A member whose account is deleted leaves its rooms, and what it owned goes on in other hands (PROTOCOL §6)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pac.accounts.model import Actor
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.outbox import SqlOutbox
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.clock import Instant
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room, end_room, hand_over, join_room
from pac.rooms.departure import note_departures
from pac.rooms.model import JoinRequest, RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.transactions import Listeners
from tests.contracts.accounts import sign_up
from tests.support.clock import START

NOW = Instant(START + 1_000)
M, S, O, V = RoomRole.MEMBER, RoomRole.SYSOP, RoomRole.OBSERVER, RoomMemberStatus.VOID  # noqa: E741


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    migrate(sqlite_url(tmp_path))
    database = SqlDatabase(sqlite_url(tmp_path), Listeners())
    yield database
    await database.close()


async def delete(database: SqlDatabase, actor: Actor) -> None:
    async with database.writing() as tx:
        await tx.accounts.set_deleted(actor.id, NOW)


async def depart(database: SqlDatabase, ids: SeededIds, limit: int = 100) -> int:
    async with database.writing() as tx:
        return await note_departures(tx, now=NOW, ids=ids, limit=limit)


async def room_of(database: SqlDatabase, owner: Actor, ids: SeededIds, *others: Actor) -> RoomId:
    async with database.writing() as tx:
        room, _ = await create_room(tx, owner, RoomFields("광장"), now=START, ids=ids)
    for number, other in enumerate(others, 1):
        async with database.writing() as tx:
            await join_room(tx, other, room.id, now=Instant(START + number), ids=ids)
    return room.id


@pytest.mark.row("rule succession")
@pytest.mark.parametrize(
    ("standings", "heir"),
    [
        ((), None),
        (((M, None),), "ben"),
        (((M, None), (M, None)), "ben"),
        (((M, None), (S, None)), "cleo"),
        (((O, None), (M, None)), "cleo"),
        (((O, None), (O, None)), None),
        (((S, V), (M, None)), "cleo"),
        (((M, V), (O, None)), None),
    ],
)
@pytest.mark.parametrize("public", [RoomPublic.AVAILABLE, RoomPublic.INVISIBLE, RoomPublic.VOID])
async def test_a_room_goes_to_the_oldest_sysop_else_to_the_oldest_member_else_it_ends(
    database: SqlDatabase,
    ids: SeededIds,
    standings: tuple[tuple[RoomRole, RoomMemberStatus | None], ...],
    heir: str | None,
    public: RoomPublic,
) -> None:
    ada, ben, cleo = await sign_up(database, "ada", "ben", "cleo")
    others = (ben, cleo)[: len(standings)]
    room_id = await room_of(database, ada, ids, *others)
    async with database.writing() as tx:
        for other, (role, status) in zip(others, standings, strict=True):
            membership = await tx.rooms.membership(room_id, other.id)
            assert membership is not None
            standing = replace(membership, role=role, status=status or membership.status)
            await tx.rooms.save_membership(standing)
        room = await tx.rooms.by_id(room_id)
        assert room is not None
        await tx.rooms.save(replace(room, public=public))
    await delete(database, ada)
    assert await depart(database, ids) == 1
    assert await depart(database, ids) == 0
    async with database.reading() as tx:
        room = await tx.rooms.by_id(room_id)
        gone = await tx.rooms.membership(room_id, ada.id)
        assert room is not None
        assert gone is not None
        assert gone.status is RoomMemberStatus.EXITED
        assert await tx.rooms.count_present(room_id) == len(standings)
        if heir is None:
            assert (room.status, room.owner_id, room.ended_at) == (RoomStatus.ENDED, ada.id, NOW)
            return
        owner = await tx.rooms.membership(room_id, room.owner_id)
    assert owner is not None
    assert (owner.nickname.lower(), owner.role, room.status) == (heir, RoomRole.SYSOP, RoomStatus.ALIVE)


async def test_the_log_tells_who_took_over_and_who_left(database: SqlDatabase, ids: SeededIds) -> None:
    ada, ben = await sign_up(database, "ada", "ben")
    await room_of(database, ada, ids, ben)
    before = len(await SqlOutbox(database).pending(100))
    await delete(database, ada)
    await depart(database, ids)
    told = [(fact.fact.value, fact.nickname) for fact in await SqlOutbox(database).pending(100)]
    assert told[before:] == [("owner", "Ben"), ("left", "Ada")]


async def test_one_who_owns_nothing_just_leaves_and_an_ended_room_stays_as_it_was(
    database: SqlDatabase, ids: SeededIds
) -> None:
    ada, ben = await sign_up(database, "ada", "ben")
    guest = await room_of(database, ben, ids, ada)
    ended = await room_of(database, ada, ids, ben)
    async with database.writing() as tx:
        await end_room(tx, ada, ended, now=START, ids=ids)
    await delete(database, ada)
    assert await depart(database, ids) == 2
    async with database.reading() as tx:
        rooms = [await tx.rooms.by_id(room_id) for room_id in (guest, ended)]
    assert [room and (room.owner_id, room.status, room.ended_at) for room in rooms] == [
        (ben.id, RoomStatus.ALIVE, None),
        (ada.id, RoomStatus.ENDED, START),
    ]


async def test_many_rooms_are_left_a_few_at_a_time(database: SqlDatabase, ids: SeededIds) -> None:
    ada, ben = await sign_up(database, "ada", "ben")
    for _ in range(5):
        await room_of(database, ada, ids, ben)
    await delete(database, ada)
    assert [await depart(database, ids, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_room_handed_to_one_who_is_gone_already_goes_on_to_the_next(
    database: SqlDatabase, ids: SeededIds
) -> None:
    ada, ben, cleo = await sign_up(database, "ada", "ben", "cleo")
    room_id = await room_of(database, ada, ids, ben, cleo)
    await delete(database, ben)
    async with database.writing() as tx:
        await hand_over(tx, ada, room_id, ben.id, now=NOW, ids=ids)
    await depart(database, ids)
    async with database.reading() as tx:
        room = await tx.rooms.by_id(room_id)
    assert room is not None
    assert room.owner_id == ada.id, "the older of the two members"


async def test_who_is_gone_no_longer_asks_to_join(database: SqlDatabase, ids: SeededIds) -> None:
    ada, ben = await sign_up(database, "ada", "ben")
    async with database.writing() as tx:
        fields = RoomFields("사랑방", public=RoomPublic.PRIVATE)
        room, _ = await create_room(tx, ada, fields, now=START, ids=ids)
        await tx.admissions.ask(JoinRequest(room.id, ben.id, ben.nickname, START))
    await delete(database, ben)
    async with database.reading() as tx:
        assert await tx.admissions.request(room.id, ben.id) is None
        assert (await tx.admissions.requests(room.id, number=0, size=9)).total == 0
