"""A place in a room: who takes one, what is left of it, and how many of them are shown."""

import pytest

from pac.rooms.model import Membership, RoomId, RoomMemberStatus, RoomRole
from tests.contracts.accounts import sign_up
from tests.web.api.test_moderation import a_room_of, put
from tests.web.service import House

ROOM = "/api/v1/room"


@pytest.mark.row("rule capacity_counts", "error room_full")
async def test_the_warned_and_the_banned_take_places_and_those_who_left_do_not(house: House) -> None:
    room, (ada, ben, cleo, dan) = await a_room_of(house, "ada", "ben", "cleo", "dan", capacity=4)
    eve = await house.member("eve")
    await put(ada, room, ben, status="WARNING")
    await put(ada, room, cleo, status="VOID")
    assert (await ada.browser.get(f"{ROOM}/{room}")).json()["roomMembersCount"] == 4
    full = await eve.browser.post(f"{ROOM}/{room}/join")
    assert (full.status_code, full.json()["errorCode"]) == (409, "ROOM_FULL")
    await dan.browser.post(f"{ROOM}/{room}/exit")
    assert (await eve.browser.post(f"{ROOM}/{room}/join")).status_code == 200


@pytest.mark.row("member EXITED", "POST /api/v1/room/{room_id}/exit")
async def test_who_left_reads_nothing_and_comes_back_as_a_newcomer(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    await put(ada, room, ben, role="SYSOP")
    await put(ada, room, ben, status="WARNING")
    await house.say(room, ben, "my last word")
    await ben.browser.post(f"{ROOM}/{room}/exit")
    for path in (f"/api/v1/chat/log/{room}", f"{ROOM}/{room}/member"):
        assert (await ben.browser.get(path)).status_code == 403, path
    kept = (await ada.browser.get(f"/api/v1/chat/log/{room}")).json()["content"][0]
    assert (kept["nickname"], kept["message"]) == ("Ben", "my last word")
    house.clock.advance(hours=1)
    await ben.browser.post(f"{ROOM}/{room}/join")
    (row,) = (await ada.browser.get(f"{ROOM}/{room}/member?q=Ben")).json()["content"]
    assert (row["role"], row["status"]) == ("MEMBER", "ALIVE")
    assert row["joinDateTime"] == "2026-11-24T07:00:00.000Z"
    assert (await ben.browser.get(f"{ROOM}/joined/list")).json()["content"][0]["unread"] == 0


@pytest.mark.row("GET /api/v1/room/{room_id}", "GET /api/v1/room/{room_id}/member")
async def test_of_many_members_the_first_two_hundred_are_shown_and_the_rest_are_paged(house: House) -> None:
    ada = await house.member("ada")
    room = RoomId(await house.room(ada, capacity=1_000))
    people = await sign_up(house.database, *(f"guest{number:03}" for number in range(220)))
    async with house.database.writing() as tx:
        for person in people:
            await tx.rooms.save_membership(
                Membership(
                    room,
                    person.id,
                    person.nickname,
                    RoomRole.MEMBER,
                    RoomMemberStatus.ALIVE,
                    house.clock.now(),
                )
            )
    found = (await ada.browser.get(f"{ROOM}/{room}")).json()
    assert (found["roomMembersCount"], len(found["participates"])) == (221, 200)
    assert found["participates"][0]["nickname"] == "Ada"
    pages = [(await ada.browser.get(f"{ROOM}/{room}/member?page={n}")).json() for n in range(1, 6)]
    assert [page["numberOfElements"] for page in pages] == [50, 50, 50, 50, 21]
    assert len({row["id"] for page in pages for row in page["content"]}) == 221
