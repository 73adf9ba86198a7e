"""Rooms over REST: what is answered, who may, and how many fit in."""

import asyncio
from typing import Any

import pytest

from tests.web.api.bodies import body_for
from tests.web.service import House, Person

ROOM = "/api/v1/room"
SUMMARY = [
    "roomId", "name", "description", "imageUrl", "capacity", "roomMembersCount", "roomStatus", "roomPublic",
    "createdAt",
]  # fmt: skip
PAGE = [
    "totalPages",
    "totalElements",
    "number",
    "size",
    "first",
    "last",
    "numberOfElements",
    "empty",
    "content",
]


@pytest.mark.row("POST /api/v1/room", "GET /api/v1/room/{room_id}")
async def test_who_makes_a_room_is_in_it_as_its_sysop(house: House) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.post(
        ROOM,
        json={
            "roomName": "  광장  ",
            "description": "a\nb",
            "imageUrl": None,
            "capacity": 2,
            "roomPublic": "OBSERVER",
        },
    )
    assert answer.status_code == 200
    made = answer.json()
    assert list(made) == ["roomId", "participates"]
    assert made["participates"] == [
        {
            "id": ada.id,
            "nickname": "Ada",
            "status": "ALIVE",
            "role": "SYSOP",
            "joinDateTime": "2026-11-24T06:00:00.000Z",
        }
    ]
    found = (await ada.browser.get(f"{ROOM}/{made['roomId']}")).json()
    assert list(found) == [*SUMMARY, "slowModeSeconds", "participates", "owner"]
    assert (found["name"], found["capacity"], found["roomPublic"]) == ("광장", 2, "OBSERVER")
    assert (found["roomMembersCount"], found["roomStatus"]) == (1, "ALIVE")
    assert found["owner"] == {"id": ada.id, "nickname": "Ada"}
    assert found["participates"] == made["participates"]


@pytest.mark.row("GET /api/v1/room/{room_id}")
async def test_only_who_may_read_a_room_sees_who_is_in_it(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    closed, open_to_all = await house.room(ada), await house.room(ada, "Stage", roomPublic="OBSERVER")
    assert (await ben.browser.get(f"{ROOM}/{closed}")).json()["participates"] == []
    assert (await ben.browser.get(f"{ROOM}/{closed}")).json()["roomMembersCount"] == 1
    assert len((await ben.browser.get(f"{ROOM}/{open_to_all}")).json()["participates"]) == 1
    await ben.browser.post(f"{ROOM}/{closed}/join")
    assert len((await ben.browser.get(f"{ROOM}/{closed}")).json()["participates"]) == 2


@pytest.mark.row("POST /api/v1/room/{room_id}/join", "POST /api/v1/room/{room_id}/exit", "status 409")
async def test_joining_and_leaving_change_the_count(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    assert (await ben.browser.post(f"{ROOM}/{room}/join")).json() == {"state": "JOINED"}
    again = await ben.browser.post(f"{ROOM}/{room}/join")
    assert (again.status_code, again.json()["errorCode"]) == (409, "ALREADY_JOINED")
    assert (await ada.browser.get(f"{ROOM}/{room}")).json()["roomMembersCount"] == 2
    assert (await ben.browser.post(f"{ROOM}/{room}/exit")).json() == {"state": "EXITED"}
    gone = await ben.browser.post(f"{ROOM}/{room}/exit")
    assert (gone.status_code, gone.json()["errorCode"]) == (403, "NOT_JOINED")
    assert (await ada.browser.get(f"{ROOM}/{room}")).json()["roomMembersCount"] == 1
    assert (await ben.browser.post(f"{ROOM}/{room}/join")).status_code == 200


@pytest.mark.row(
    "rule owner_exit", "DELETE /api/v1/room/{room_id}", "rule owner_alone", "error room_ended", "status 409"
)
async def test_the_owner_stays_until_the_room_has_ended(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await ben.browser.post(f"{ROOM}/{room}/join")
    answer = await ada.browser.post(f"{ROOM}/{room}/exit")
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "OWNER_MAY_NOT_LEAVE")
    assert (await ben.browser.delete(f"{ROOM}/{room}")).status_code == 403
    assert (await ada.browser.delete(f"{ROOM}/{room}")).status_code == 200
    assert (await ada.browser.delete(f"{ROOM}/{room}")).json()["errorCode"] == "ROOM_ENDED"
    assert (await ben.browser.get(f"{ROOM}/{room}")).json()["roomStatus"] == "ENDED"
    assert (await ada.browser.post(f"{ROOM}/{room}/exit")).status_code == 200


@pytest.mark.req("4.9")
@pytest.mark.row("rule capacity_races", "error room_full", "room AVAILABLE", "status 409")
async def test_fifty_at_once_fill_ten_places_with_ten(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada, capacity=10)
    people = await asyncio.gather(*(house.member(f"guest{number}") for number in range(50)))
    answers = await asyncio.gather(*(person.browser.post(f"{ROOM}/{room}/join") for person in people))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [409] * 41
    assert {answer.json()["errorCode"] for answer in answers if answer.status_code == 409} == {"ROOM_FULL"}
    found = (await ada.browser.get(f"{ROOM}/{room}")).json()
    assert found["roomMembersCount"] == len(found["participates"]) == 10
    lucky = next(person for person, answer in zip(people, answers, strict=True) if answer.status_code == 200)
    unlucky = next(
        person for person, answer in zip(people, answers, strict=True) if answer.status_code == 409
    )
    await lucky.browser.post(f"{ROOM}/{room}/exit")
    assert (await unlucky.browser.post(f"{ROOM}/{room}/join")).status_code == 200


@pytest.mark.row("GET /api/v1/room/list", "rest page")
async def test_the_lobby_is_paged_as_the_originals_clients_know_it(house: House) -> None:
    ada = await house.member("ada")
    for number in range(3):
        await house.room(ada, f"Room {number}")
        house.clock.advance(seconds=1)
    page = (await ada.browser.get(f"{ROOM}/list")).json()
    assert set(page) == set(PAGE)
    assert [row["name"] for row in page["content"]] == ["Room 2", "Room 1", "Room 0"]
    assert list(page["content"][0]) == [*SUMMARY, "onlineCount", "lastActivityAt", "role", "status", "unread"]
    assert (page["content"][0]["role"], page["content"][0]["status"]) == ("SYSOP", "ALIVE")
    assert {key: page[key] for key in PAGE[:-1]} == {
        "totalPages": 1, "totalElements": 3, "number": 0, "size": 100, "first": True, "last": True,
        "numberOfElements": 3, "empty": False,
    }  # fmt: skip


@pytest.mark.row("rest page", "GET /api/v1/room/own/list", "GET /api/v1/room/joined/list")
async def test_pages_count_from_one_and_answers_from_zero(house: House) -> None:
    ada = await house.member("ada")
    for number in range(12):
        await house.room(ada, f"Room {number}")
        house.clock.advance(seconds=1)
    for path in ("own/list", "joined/list"):
        first = (await ada.browser.get(f"{ROOM}/{path}?page=1")).json()
        for same in ("?page=0", "?page=-3", ""):
            assert (await ada.browser.get(f"{ROOM}/{path}{same}")).json() == first
        second = (await ada.browser.get(f"{ROOM}/{path}?page=2")).json()
        assert (first["number"], first["size"], first["totalPages"], first["first"], first["last"]) == (
            0,
            10,
            2,
            True,
            False,
        )
        assert (second["number"], second["numberOfElements"], second["first"], second["last"]) == (
            1,
            2,
            False,
            True,
        )
        names = [row["name"] for row in first["content"] + second["content"]]
        assert names == [f"Room {number}" for number in reversed(range(12))]
        beyond = (await ada.browser.get(f"{ROOM}/{path}?page=9007199254740991")).json()
        assert (beyond["empty"], beyond["last"], beyond["content"]) == (True, True, [])


@pytest.mark.row("GET /api/v1/room/list", "GET /api/v1/room/own/list", "GET /api/v1/room/joined/list")
async def test_the_lobby_shows_living_rooms_and_each_list_its_own(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    here, ended = await house.room(ada, "Here"), await house.room(ada, "Ended")
    await ben.browser.post(f"{ROOM}/{ended}/join")
    await ada.browser.delete(f"{ROOM}/{ended}")

    async def listed(person: Person, path: str) -> dict[str, str]:
        page = (await person.browser.get(f"{ROOM}/{path}")).json()
        return {row["roomId"]: row["roomStatus"] for row in page["content"]}

    assert await listed(ben, "list") == {here: "ALIVE"}
    assert await listed(ben, "joined/list") == {ended: "ENDED"}
    assert await listed(ben, "own/list") == {}
    assert await listed(ada, "own/list") == {here: "ALIVE", ended: "ENDED"}
    stranger = (await ben.browser.get(f"{ROOM}/list")).json()["content"][0]
    assert (stranger["role"], stranger["status"]) == (None, None)


@pytest.mark.req("5.7")
@pytest.mark.row("lobby search")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("plaza", ["Plaza"]), ("LAZ", ["Plaza"]), ("%", ["100%_sure"]), ("_", ["100%_sure"]), ("' OR 1=1--", []),
        ("\\", []), ("광", ["광장"]), ('{"$ne":null}', []), ("*", []),
    ],
)  # fmt: skip
async def test_a_search_is_for_the_text_itself(house: House, query: str, found: list[str]) -> None:
    ada = await house.member("ada")
    for name in ("Plaza", "100%_sure", "광장"):
        await house.room(ada, name)
    page = (await ada.browser.get(f"{ROOM}/list", params={"q": query})).json()
    assert [row["name"] for row in page["content"]] == found


@pytest.mark.row("lobby sort")
@pytest.mark.parametrize("sort", ["newest", "activity", "members", "name"])
async def test_the_lobby_is_sorted_as_asked(house: House, sort: str) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    old = await house.room(ada, "B old, busy")
    house.clock.advance(seconds=1)
    await house.room(ada, "C new")
    await ben.browser.post(f"{ROOM}/{old}/join")
    async with house.parts.database.writing() as tx:
        house.clock.advance(seconds=1)
        await tx.rooms.note_activity({old: house.clock.now()})
    page = (await ada.browser.get(f"{ROOM}/list", params={"sort": sort})).json()
    first = {"newest": "C new", "activity": "B old, busy", "members": "B old, busy", "name": "B old, busy"}[
        sort
    ]
    assert page["content"][0]["name"] == first


FAULTY: list[tuple[dict[str, Any], str, str]] = [
    ({}, "roomName", "required"),
    ({"roomName": ""}, "roomName", "required"),
    ({"roomName": "x" * 65}, "roomName", "too_long"),
    ({"roomName": "a\u202eb"}, "roomName", "characters"),
    ({"roomName": "x", "description": "y" * 257}, "description", "too_long"),
    ({"roomName": "x", "capacity": 0}, "capacity", "out_of_range"),
    ({"roomName": "x", "capacity": 100_001}, "capacity", "out_of_range"),
    ({"roomName": "x", "roomPublic": "VOID"}, "roomPublic", "not_offered"),
    ({"roomName": "x", "roomPublic": "available"}, "roomPublic", "not_offered"),
    ({"roomName": "x", "imageUrl": "y" * 513}, "imageUrl", "too_long"),
    ({"roomName": "x", "ownerId": "y"}, "ownerId", "unknown"),
    ({"roomName": "x", "roomStatus": "ENDED"}, "roomStatus", "unknown"),
]


@pytest.mark.req("5.1")
@pytest.mark.row("POST /api/v1/room", "rest names", "status 422")
@pytest.mark.parametrize(("fields", "field", "code"), FAULTY, ids=lambda value: str(value)[:30])
async def test_a_room_with_a_fault_is_not_made(
    house: House, fields: dict[str, Any], field: str, code: str
) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.post(ROOM, json=fields)
    assert answer.status_code == 422
    assert (field, code) in [(fault["field"], fault["code"]) for fault in answer.json()["errors"]]
    assert house.dump()["rooms"] == []


@pytest.mark.req("5.1")
@pytest.mark.row("rest names")
@pytest.mark.parametrize("character", ["a", "é", "가", "😀"])
async def test_the_longest_names_are_stored_as_typed(house: House, character: str) -> None:
    ada = await house.member("ada")
    fields = {"roomName": character * 64, "description": character * 256, "capacity": 100_000}
    room = await house.room(ada, fields["roomName"], description=fields["description"], capacity=100_000)
    found = (await ada.browser.get(f"{ROOM}/{room}")).json()
    assert (found["name"], found["description"]) == (fields["roomName"], fields["description"])


@pytest.mark.req("4.6")
@pytest.mark.row("status 404")
async def test_a_room_that_is_not_there_is_404_by_every_route(house: House) -> None:
    ada = await house.member("ada")
    for room in ("0" * 32, "x", "%00", "..%2f..", "' OR 1=1--", "x" * 500):
        for method, path in house.routes():
            if path.startswith("/api/") and "{room_id}" in path and "/admin/" not in path:
                for name in ("member_id", "invitation_id", "seq"):
                    path = path.replace(f"{{{name}}}", "1")
                answer = await ada.browser.request(
                    method, path.replace("{room_id}", room), json=body_for(method, path)
                )
                if answer.status_code == 405:  # its slash makes it the address of a message
                    assert room == "..%2f.."
                    continue
                assert answer.status_code == 404, (method, path, room, answer.text)
                assert answer.json()["errorCode"] == "NOT_FOUND"
