"""What every RoomStore promises (pac/rooms/store.py). An adapter's test module gives the fixture `database`."""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest

from pac.accounts.model import Actor, MemberId
from pac.clock import Instant
from pac.errors import AlreadyJoined, NotJoined, RoomIsFull
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room, end_room, exit_room, join_room
from pac.rooms.model import (
    LobbySort,
    Membership,
    Page,
    Room,
    RoomId,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomStatus,
)
from tests.contracts.accounts import Rooms, sign_up
from tests.support.clock import START


def at(ms: int) -> Instant:
    return Instant(START + ms)


async def open_room(
    database: Rooms, owner: Actor, name: str, ids: SeededIds, *, ms: int = 0, capacity: int = 100
) -> Room:
    async with database.writing() as tx:
        room, _ = await create_room(tx, owner, RoomFields(name, capacity=capacity), now=at(ms), ids=ids)
    return room


async def join(database: Rooms, actor: Actor, room: Room, ids: SeededIds, *, ms: int = 0) -> Membership:
    async with database.writing() as tx:
        return await join_room(tx, actor, room.id, now=at(ms), ids=ids)


async def leave(database: Rooms, actor: Actor, room: Room, ids: SeededIds, *, ms: int = 0) -> None:
    async with database.writing() as tx:
        await exit_room(tx, actor, room.id, now=at(ms), ids=ids)


async def lobby(
    database: Rooms,
    actor: Actor,
    *,
    number: int = 0,
    size: int = 100,
    query: str = "",
    sort: LobbySort = LobbySort.NEWEST,
) -> Page:
    async with database.reading() as tx:
        return await tx.rooms.lobby(actor.id, number=number, size=size, query=query, sort=sort)


def names_of(page: Page) -> list[str]:
    return [row.room.name for row in page.rows]


class RoomStoreContract:
    async def test_a_room_is_found_as_it_was_added_and_as_it_was_saved(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        added = Room(
            RoomId("r"), "광장 🎉", "첫째 줄\n둘째 줄", "/images/r.png", 100_000, RoomPublic.OBSERVER,
            RoomStatus.ALIVE, ada.id, START,
        )  # fmt: skip
        changed = replace(
            added, name="Square", description="", image_url=None, capacity=1, public=RoomPublic.AVAILABLE,
            status=RoomStatus.ENDED, owner_id=ben.id, ended_at=at(5),
        )  # fmt: skip
        async with database.writing() as tx:
            await tx.rooms.add(added)
            assert await tx.rooms.by_id_to_change(added.id) == added
        async with database.writing() as tx:
            assert await tx.rooms.by_id(added.id) == added
            await tx.rooms.save(changed)
        async with database.reading() as tx:
            assert await tx.rooms.by_id(added.id) == changed
            assert await tx.rooms.by_id(RoomId("none")) is None

    async def test_a_membership_is_one_row_that_is_replaced(self, database: Rooms, ids: SeededIds) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        room = await open_room(database, ada, "Lounge", ids)
        joined = await join(database, ben, room, ids, ms=1)
        await leave(database, ben, room, ids, ms=2)
        async with database.reading() as tx:
            gone = replace(joined, status=RoomMemberStatus.EXITED, exited_at=at(2))
            assert await tx.rooms.membership(room.id, ben.id) == gone
            assert [member.member_id for member in await tx.rooms.memberships(room.id, limit=10)] == [ada.id]
            assert await tx.rooms.count_present(room.id) == 1
        again = await join(database, ben, room, ids, ms=3)
        async with database.reading() as tx:
            assert await tx.rooms.membership(room.id, ben.id) == again
            assert again.exited_at is None
            assert await tx.rooms.membership(room.id, MemberId("nobody")) is None

    @pytest.mark.req("4.4")
    async def test_rooms_are_read_together_as_they_are_alone(self, database: Rooms, ids: SeededIds) -> None:
        ada, ben, cho = await sign_up(database, "ada", "ben", "cho")
        lounge, plaza = [await open_room(database, ada, name, ids) for name in ("Lounge", "Plaza")]
        await join(database, ben, lounge, ids, ms=1)
        await join(database, ben, plaza, ids, ms=1)
        await leave(database, ben, plaza, ids, ms=2)
        rooms = (lounge.id, plaza.id, RoomId("none"), RoomId(f"{lounge.id}\0"))
        places = [(room_id, who.id) for room_id in rooms for who in (ada, ben, cho)]
        async with database.reading() as tx:
            rows = await tx.rooms.rows(places)
            assert set(rows) == {place for place in places if place[0] in (lounge.id, plaza.id)}
            for (room_id, member_id), row in rows.items():
                assert row.room == await tx.rooms.by_id(room_id)
                assert row.membership == await tx.rooms.membership(room_id, member_id)
                assert row.members_count == await tx.rooms.count_present(room_id)
            assert await tx.rooms.rows([]) == {}

    async def test_those_present_are_listed_sysops_first_and_then_as_they_came(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        ada, ben, cho, dan = await sign_up(database, "ada", "ben", "cho", "dan")
        room = await open_room(database, ada, "Lounge", ids, ms=9)
        for ms, actor in enumerate((dan, cho, ben), 10):
            await join(database, actor, room, ids, ms=ms)
        await leave(database, cho, room, ids)
        async with database.reading() as tx:
            listed = await tx.rooms.memberships(room.id, limit=10)
            assert [member.nickname for member in listed] == ["Ada", "Dan", "Ben"]
            assert [member.role for member in listed] == [RoomRole.SYSOP, RoomRole.MEMBER, RoomRole.MEMBER]
            assert list(await tx.rooms.memberships(room.id, limit=1, offset=1)) == [listed[1]]

    @pytest.mark.req("4.9")
    @pytest.mark.row("rule capacity_races", "error room_full")
    async def test_forty_at_once_fill_ten_places_with_ten(self, database: Rooms, ids: SeededIds) -> None:
        owner, *others = await sign_up(database, *(f"guest{n}" for n in range(40)))
        room = await open_room(database, owner, "Lounge", ids, capacity=10)

        async def try_it(actor: Actor) -> bool:
            try:
                await join(database, actor, room, ids)
            except RoomIsFull:
                return False
            return True

        came_in = await asyncio.gather(*(try_it(actor) for actor in others))
        assert sum(came_in) == 9
        async with database.reading() as tx:
            assert len(await tx.rooms.memberships(room.id, limit=100)) == 10
            assert await tx.rooms.count_present(room.id) == 10

    async def test_one_who_joins_twice_at_once_is_in_once(self, database: Rooms, ids: SeededIds) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        room = await open_room(database, ada, "Lounge", ids)
        answers = await asyncio.gather(
            *(join(database, ben, room, ids) for _ in range(5)), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyJoined"] * 4 + ["Membership"]

    async def test_the_count_is_always_that_of_the_list(self, database: Rooms, ids: SeededIds) -> None:
        owner, *others = await sign_up(database, *(f"guest{n}" for n in range(8)))
        room = await open_room(database, owner, "Lounge", ids)
        chance = random.Random(7)
        for _ in range(60):
            actor = chance.choice(others)
            with suppress(AlreadyJoined, NotJoined):
                await chance.choice((join, leave))(database, actor, room, ids)
            async with database.reading() as tx:
                present = len(await tx.rooms.memberships(room.id, limit=100))
                assert await tx.rooms.count_present(room.id) == present

    async def test_the_lobby_shows_rooms_that_are_alive_with_their_count_and_ones_own_standing(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        ada, ben, cho = await sign_up(database, "ada", "ben", "cho")
        lounge = await open_room(database, ada, "Lounge", ids, ms=1)
        ended = await open_room(database, ada, "Ended", ids, ms=2)
        async with database.writing() as tx:
            await end_room(tx, ada, ended.id, now=at(3), ids=ids)
            news, _ = await create_room(
                tx, ada, RoomFields("News", public=RoomPublic.OBSERVER), now=at(4), ids=ids
            )
        joined = await join(database, ben, lounge, ids, ms=5)
        await join(database, cho, lounge, ids)
        await leave(database, cho, lounge, ids)

        page = await lobby(database, ben)
        assert (page.number, page.size, page.total) == (0, 100, 2)
        first, second = page.rows
        assert (first.room, first.members_count, first.membership) == (news, 1, None)
        assert (second.room, second.members_count, second.membership) == (lounge, 2, joined)
        assert second.last_activity_at == lounge.created_at
        assert [row.membership for row in (await lobby(database, cho)).rows] == [None, None]

    @pytest.mark.row("lobby sort")
    async def test_the_lobby_is_sorted_as_asked(self, database: Rooms, ids: SeededIds) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        beta = await open_room(database, ada, "beta", ids, ms=1)
        alpha = await open_room(database, ada, "Alpha", ids, ms=2)
        await open_room(database, ada, "가을", ids, ms=3)
        await join(database, ben, alpha, ids)
        async with database.writing() as tx:
            await tx.rooms.note_activity({beta.id: at(50), alpha.id: at(40)})
        expected = {
            LobbySort.NEWEST: ["가을", "Alpha", "beta"],
            LobbySort.ACTIVITY: ["beta", "Alpha", "가을"],
            LobbySort.NAME: ["Alpha", "beta", "가을"],
        }
        for sort, order in expected.items():
            assert names_of(await lobby(database, ben, sort=sort)) == order
        assert names_of(await lobby(database, ben, sort=LobbySort.MEMBERS))[0] == "Alpha"

    @pytest.mark.parametrize("sort", list(LobbySort))
    async def test_pages_neither_repeat_nor_drop_a_room(
        self, database: Rooms, ids: SeededIds, sort: LobbySort
    ) -> None:
        [ada] = await sign_up(database, "ada")
        async with database.writing() as tx:
            for _ in range(25):
                await create_room(tx, ada, RoomFields("Same"), now=START, ids=ids)
        pages = [await lobby(database, ada, number=number, size=10, sort=sort) for number in range(4)]
        assert [len(page.rows) for page in pages] == [10, 10, 5, 0]
        assert {page.total for page in pages} == {25}
        assert len({row.room.id for page in pages for row in page.rows}) == 25

    async def test_a_page_far_beyond_the_end_is_empty(self, database: Rooms, ids: SeededIds) -> None:
        [ada] = await sign_up(database, "ada")
        await open_room(database, ada, "Lounge", ids)
        page = await lobby(database, ada, number=2**63, size=100)
        assert (page.rows, page.total) == ((), 1)

    @pytest.mark.req("5.7")
    @pytest.mark.row("lobby search")
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("LOUNGE", {"The Lounge"}),
            ("oun", {"The Lounge"}),
            ("%", {"100% sure", "a%_b"}),
            ("_", {"under_score", "a%_b"}),
            ("%_", {"a%_b"}),
            ("\\", {"back\\slash"}),
            ("/", {"slash/ed"}),
            ("'", {"it's"}),
            ("' OR 1=1--", set()),
            ("\0", set()),
            ("STRASSE", {"Straße"}),
            ("\u1100\u1161", {"가을"}),
            ("x" * 60_000, set()),
            ("a " * 30_000, set()),
            ("lounge  the", {"The Lounge"}),
            ("ㄱㅇ", {"가을"}),
            ("ㄱ", {"가을", "ㄱㄴ 배우기"}),
            ("ㄲ", set()),
            ("ㅂㅇ ㄱㄴ", {"ㄱㄴ 배우기"}),
            ("가ㅇ", set()),
        ],
    )
    async def test_a_search_finds_the_text_and_no_pattern(
        self, database: Rooms, ids: SeededIds, query: str, found: set[str]
    ) -> None:
        [ada] = await sign_up(database, "ada")
        texts = (
            "The Lounge", "100% sure", "under_score", "a%_b", "back\\slash", "slash/ed", "it's", "Straße", "가을",
            "ㄱㄴ 배우기",
        )  # fmt: skip
        async with database.writing() as tx:
            for text in texts:
                await create_room(tx, ada, RoomFields(text), now=START, ids=ids)
        page = await lobby(database, ada, query=query)
        assert set(names_of(page)) == found
        assert page.total == len(found)

    @pytest.mark.row("GET /api/v1/room/own/list")
    async def test_owned_rooms_are_listed_newest_first_also_when_they_have_ended(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        for ms in range(3):
            room = await open_room(database, ada, f"Room {ms}", ids, ms=ms)
        await open_room(database, ben, "Bens", ids)
        async with database.writing() as tx:
            await end_room(tx, ada, room.id, now=START, ids=ids)
        async with database.reading() as tx:
            page = await tx.rooms.owned_by(ada.id, number=0, size=2)
            rest = await tx.rooms.owned_by(ada.id, number=1, size=2)
        assert (names_of(page), names_of(rest), page.total) == (["Room 2", "Room 1"], ["Room 0"], 3)
        assert page.rows[0].room.status is RoomStatus.ENDED

    @pytest.mark.row("GET /api/v1/room/joined/list")
    async def test_joined_rooms_are_listed_last_active_first_and_not_those_one_left(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        made = [await open_room(database, ada, f"Room {ms}", ids, ms=ms) for ms in range(4)]
        for room in made[:3]:
            await join(database, ben, room, ids)
        await leave(database, ben, made[1], ids)
        async with database.writing() as tx:
            await end_room(tx, ada, made[2].id, now=START, ids=ids)
            await tx.rooms.note_activity({made[0].id: at(60)})
        async with database.reading() as tx:
            page = await tx.rooms.joined_by(ben.id, number=0, size=10)
        assert names_of(page) == ["Room 0", "Room 2"]
        assert page.total == 2
        assert all(row.membership and row.membership.role is RoomRole.MEMBER for row in page.rows)

    async def test_activity_never_goes_back_and_unknown_rooms_are_no_fault(
        self, database: Rooms, ids: SeededIds
    ) -> None:
        [ada] = await sign_up(database, "ada")
        room = await open_room(database, ada, "Lounge", ids)
        for ms in (70, 20):
            async with database.writing() as tx:
                await tx.rooms.note_activity({room.id: at(ms), RoomId("none"): at(1)})
                await tx.rooms.note_activity({})
        [row] = (await lobby(database, ada)).rows
        assert row.last_activity_at == at(70)
