"""What SYSOPs do to members over REST: roles, warnings, bans, kicks, hand-over, and what the room then tells."""

import sqlite3
from typing import Any

import pytest

from pac.adapters.relational.sqlite_file import FILE
from pac.clock import rfc3339
from pac.rooms.model import RoomId
from pac.rooms.moderation import note_ends_of_bans
from tests.web.service import House, Person

ROOM = "/api/v1/room"


async def a_room_of(house: House, *names: str, **fields: Any) -> tuple[RoomId, list[Person]]:
    """The first is its owner, the others join."""
    people = [await house.member(name) for name in names]
    room = await house.room(people[0], **fields)
    for person in people[1:]:
        assert (await person.browser.post(f"{ROOM}/{room}/join")).status_code == 200
    return room, people


async def put(by: Person, room: RoomId, whom: Person, **fields: Any) -> Any:
    return await by.browser.put(f"{ROOM}/{room}/member/{whom.id}", json=fields)


def facts(house: House) -> list[tuple[str, str, str]]:
    """(fact, nickname, detail) of what will be told in the log, oldest first."""
    with sqlite3.connect(house.folder / FILE) as connection:
        rows = list(connection.execute("SELECT fact, nickname, detail FROM outbox ORDER BY number"))
    connection.close()
    return rows


def audited(house: House) -> list[tuple[str, str | None, str]]:
    """(event, whom, why) of every audit line after the rooms were made."""
    with sqlite3.connect(house.folder / FILE) as connection:
        rows = list(
            connection.execute(
                "SELECT event, target_id, reason FROM audit WHERE event != 'room.created' ORDER BY number"
            )
        )
    connection.close()
    return rows


@pytest.mark.row("GET /api/v1/room/{room_id}/member")
async def test_the_members_of_a_room_are_listed_by_page_and_by_name(house: House) -> None:
    room, (ada, ben, _) = await a_room_of(house, "ada", "ben", "cleo")
    page = (await ben.browser.get(f"{ROOM}/{room}/member")).json()
    assert [row["nickname"] for row in page["content"]] == ["Ada", "Ben", "Cleo"]
    assert page["content"][0] == {
        "id": ada.id,
        "nickname": "Ada",
        "status": "ALIVE",
        "role": "SYSOP",
        "joinDateTime": rfc3339(house.clock.now()),
        "voidUntil": None,
        "online": False,
        "mayModerate": False,
        "mayAppoint": False,
    }
    assert (page["totalElements"], page["size"], page["number"]) == (3, 50, 0)
    found = (await ben.browser.get(f"{ROOM}/{room}/member?q=LE")).json()
    assert [row["nickname"] for row in found["content"]] == ["Cleo"]
    assert (await ben.browser.get(f"{ROOM}/{room}/member?q=%25")).json()["content"] == []


@pytest.mark.row("DELETE /api/v1/room/{room_id}/member/{member_id}", "rule kicked_rejoins")
async def test_a_kicked_member_is_out_and_may_come_back(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    assert (await ada.browser.delete(f"{ROOM}/{room}/member/{ben.id}")).json() == {"state": "KICKED"}
    assert (await ben.browser.get(f"/api/v1/chat/log/{room}")).status_code == 403
    assert facts(house)[-1] == ("kicked", "Ben", "")
    assert audited(house) == [("member.kicked", ben.id, "")]
    assert (await ada.browser.delete(f"{ROOM}/{room}/member/{ben.id}")).status_code == 404
    assert (await ben.browser.post(f"{ROOM}/{room}/join")).status_code == 200


@pytest.mark.req("4.3")
@pytest.mark.row(
    "PUT /api/v1/room/{room_id}/member/{member_id}",
    "rest banned",
    "member VOID",
    "rule ban_ends",
    "rule banned_stays_out",
    "error banned",
)
async def test_a_ban_shuts_out_says_until_when_and_ends_by_itself(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben", capacity=2)
    other = await house.room(ada, "Other")
    until = rfc3339(house.clock.now() + 60_000)  # type: ignore[arg-type]
    answer = await put(ada, room, ben, status="VOID", voidUntil=until, reason="spam")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["voidUntil"]) == ("VOID", until)
    for method, path in (
        ("GET", f"{ROOM}/{room}"),
        ("POST", f"{ROOM}/{room}/join"),
        ("POST", f"{ROOM}/{room}/exit"),
        ("GET", f"/api/v1/chat/log/{room}"),
        ("GET", f"{ROOM}/{room}/member"),
    ):
        refused = await ben.browser.request(method, path)
        assert refused.status_code == 403, (method, path)
        assert (refused.json()["errorCode"], refused.json()["until"]) == ("BANNED", until)
    assert (await ben.browser.post(f"{ROOM}/{other}/join")).status_code == 200
    row = (await ben.browser.get(f"{ROOM}/joined/list")).json()["content"]
    assert {(one["name"], one["status"]) for one in row} == {("Plaza", "VOID"), ("Other", "ALIVE")}
    cleo = await house.member("cleo")
    assert (await cleo.browser.post(f"{ROOM}/{room}/join")).status_code == 409, "the banned keep their place"
    house.clock.advance(seconds=59.9)
    assert (await ben.browser.get(f"{ROOM}/{room}")).status_code == 403
    house.clock.advance(seconds=0.1)
    assert (await ben.browser.get(f"/api/v1/chat/log/{room}")).status_code == 200
    async with house.parts.database.writing() as tx:
        assert await note_ends_of_bans(tx, now=house.clock.now(), ids=house.ids) == 1
        assert await note_ends_of_bans(tx, now=house.clock.now(), ids=house.ids) == 0
    assert [fact for fact in facts(house) if fact[1] == "Ben"][-2:] == [
        ("unbanned", "Ben", ""),
    ] or facts(house)[-1] == ("unbanned", "Ben", "")
    assert audited(house) == [("member.void", ben.id, "spam")]


@pytest.mark.row("event banned", "event unbanned", "member VOID")
async def test_a_ban_without_an_end_stays_until_it_is_lifted(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    await put(ada, room, ben, status="VOID")
    house.clock.advance(hours=24 * 365)
    ada = await sign_in_again(house, ada)
    ben = await sign_in_again(house, ben)
    refused = await ben.browser.get(f"{ROOM}/{room}")
    assert (refused.status_code, refused.json()["until"]) == (403, None)
    assert (await put(ada, room, ben, status="ALIVE")).status_code == 200
    assert (await ben.browser.get(f"{ROOM}/{room}")).status_code == 200
    assert [fact[0] for fact in facts(house)] == ["joined", "joined", "banned", "unbanned"]


async def sign_in_again(house: House, person: Person) -> Person:
    from tests.web.service import PASSWORD

    answer = await person.browser.post(
        "/api/v1/auth/login", json={"username": person.username, "password": PASSWORD}
    )
    assert answer.status_code == 200
    return person


@pytest.mark.row("member WARNING", "PUT /api/v1/room/{room_id}/member/{member_id}")
async def test_a_warning_is_told_quietly_and_can_be_lifted(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    assert (await put(ada, room, ben, status="WARNING")).json()["status"] == "WARNING"
    members = (await ben.browser.get(f"{ROOM}/{room}/member")).json()["content"]
    assert [(row["nickname"], row["status"]) for row in members] == [("Ada", "ALIVE"), ("Ben", "WARNING")]
    assert (await put(ada, room, ben, status="ALIVE")).status_code == 200
    assert [fact[0] for fact in facts(house)] == ["joined", "joined"], "warnings are no lines of the log"


@pytest.mark.row("PUT /api/v1/room/{room_id}/member/{member_id}", "status 422")
async def test_a_time_that_has_passed_or_that_is_none_is_refused(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    now = rfc3339(house.clock.now())
    before = house.dump()
    for fields, code in (
        ({"status": "VOID", "voidUntil": now}, "past"),
        ({"status": "VOID", "voidUntil": "tomorrow"}, "date_form"),
        ({"status": "VOID", "voidUntil": "2027-01-01T00:00:00"}, "date_form"),
        ({"status": "WARNING", "voidUntil": "2027-01-01T00:00:00Z"}, "past"),
        ({"status": "EXITED"}, "not_offered"),
        ({"reason": "x"}, "required"),
        ({"status": "VOID", "reason": "x" * 201}, "too_long"),
    ):
        refused = await put(ada, room, ben, **fields)
        assert refused.status_code == 422, (fields, refused.text)
        assert refused.json()["errors"][0]["code"] == code, fields
    assert house.dump() == before


@pytest.mark.req("4.2")
@pytest.mark.row(
    "PUT /api/v1/room/{room_id}/member/{member_id}",
    "role SYSOP",
    "rule owner_alone",
    "rule owner_moderated",
    "rule sysop_moderated",
)
async def test_sysops_make_members_and_observers_and_only_the_owner_makes_sysops(house: House) -> None:
    room, (ada, ben, cleo, dan) = await a_room_of(house, "ada", "ben", "cleo", "dan")
    assert (await put(ben, room, cleo, role="OBSERVER")).status_code == 403
    assert (await put(ada, room, ben, role="SYSOP")).json()["role"] == "SYSOP"
    assert (await put(ben, room, cleo, role="OBSERVER")).json()["role"] == "OBSERVER"
    assert (await put(ben, room, cleo, role="SYSOP")).status_code == 403
    assert (await put(ada, room, dan, role="SYSOP")).status_code == 200
    for change in ({"role": "MEMBER"}, {"status": "VOID"}, {"status": "WARNING"}):
        assert (await put(ben, room, dan, **change)).status_code == 403, "only the owner moderates a sysop"
        assert (await put(ben, room, ada, **change)).status_code == 403, "nobody moderates the owner"
        assert (await put(ben, room, ben, **change)).status_code == 403, "nor themselves"
    assert (await ben.browser.delete(f"{ROOM}/{room}/member/{ada.id}")).status_code == 403
    assert (await put(ada, room, dan, role="MEMBER")).status_code == 200
    assert [fact for fact in facts(house) if fact[0] == "role"] == [
        ("role", "Ben", "SYSOP"),
        ("role", "Cleo", "OBSERVER"),
        ("role", "Dan", "SYSOP"),
        ("role", "Dan", "MEMBER"),
    ]


@pytest.mark.req("4.2")
async def test_a_row_says_what_the_one_who_asks_may_do_with_it(house: House) -> None:
    room, (ada, ben, _) = await a_room_of(house, "ada", "ben", "cleo")

    async def offered(by: Person) -> dict[str, tuple[bool, bool]]:
        rows = (await by.browser.get(f"{ROOM}/{room}/member")).json()["content"]
        return {row["nickname"]: (row["mayModerate"], row["mayAppoint"]) for row in rows}

    nothing, moderate, all_of_it = (False, False), (True, False), (True, True)
    assert await offered(ada) == {"Ada": nothing, "Ben": all_of_it, "Cleo": all_of_it}
    assert await offered(ben) == {"Ada": nothing, "Ben": nothing, "Cleo": nothing}
    assert (await put(ada, room, ben, role="SYSOP")).status_code == 200
    assert await offered(ben) == {"Ada": nothing, "Ben": nothing, "Cleo": moderate}


@pytest.mark.req("4.9")
@pytest.mark.row(
    "PUT /api/v1/room/{room_id}/owner", "rule owner_transfer", "rule owner_exit", "rule owner_alone"
)
async def test_handing_a_room_over_swaps_two_roles_at_once(house: House) -> None:
    room, (ada, ben, cleo) = await a_room_of(house, "ada", "ben", "cleo")
    stranger, left = await house.member("dan"), await house.member("eve")
    await left.browser.post(f"{ROOM}/{room}/join")
    await left.browser.post(f"{ROOM}/{room}/exit")
    for nobody in (stranger.id, left.id, "nobody"):
        refused = await ada.browser.put(f"{ROOM}/{room}/owner", json={"ownerMemberId": nobody})
        assert (refused.status_code, refused.json()["errorCode"]) == (409, "NOT_A_MEMBER")
    assert (await ben.browser.put(f"{ROOM}/{room}/owner", json={"ownerMemberId": ben.id})).status_code == 403
    answer = await ada.browser.put(f"{ROOM}/{room}/owner", json={"ownerMemberId": ben.id})
    assert (answer.status_code, answer.json()["key"]) == (200, "ok")
    found = (await cleo.browser.get(f"{ROOM}/{room}")).json()
    assert found["owner"]["id"] == ben.id
    assert {row["nickname"]: row["role"] for row in found["participates"]} == {
        "Ben": "SYSOP",
        "Ada": "MEMBER",
        "Cleo": "MEMBER",
    }
    assert (await ada.browser.post(f"{ROOM}/{room}/exit")).status_code == 200
    assert (await ben.browser.post(f"{ROOM}/{room}/exit")).status_code == 409


@pytest.mark.row("PUT /api/v1/room/{room_id}", "rest left out", "status 403")
async def test_a_room_is_changed_field_by_field(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    answer = await ada.browser.put(f"{ROOM}/{room}", json={"name": "  New  name ", "slowModeSeconds": 30})
    assert (answer.status_code, answer.json()["key"]) == (200, "ok")
    found = (await ben.browser.get(f"{ROOM}/{room}")).json()
    assert (found["name"], found["slowModeSeconds"], found["capacity"]) == ("New name", 30, 100)
    assert facts(house)[-2:] == [("renamed", "Ada", "New name"), ("changed", "Ada", "")]
    assert (await ada.browser.put(f"{ROOM}/{room}", json={"status": "ALIVE"})).status_code == 200
    assert len(facts(house)) == 4, "what changes nothing is not told"
    for fields, status, code in (
        ({"capacity": 1}, 409, "CAPACITY_TOO_SMALL"),
        ({"public": "VOID"}, 403, "FORBIDDEN"),
        ({"name": ""}, 422, "INVALID_FIELDS"),
        ({"slowModeSeconds": -1}, 422, "INVALID_FIELDS"),
        ({"ownerMemberId": ben.id}, 422, "INVALID_FIELDS"),
    ):
        refused = await ada.browser.put(f"{ROOM}/{room}", json=fields)
        assert (refused.status_code, refused.json()["errorCode"]) == (status, code), fields
    assert (await ben.browser.put(f"{ROOM}/{room}", json={"name": "Mine"})).status_code == 403
    assert (await ada.browser.put(f"{ROOM}/{room}", json={"status": "ENDED"})).status_code == 200
    refused = await ada.browser.put(f"{ROOM}/{room}", json={"status": "ALIVE"})
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "ROOM_ENDED")


@pytest.mark.row("rule visibility_roles")
async def test_changing_the_visibility_changes_nobodys_role(house: House) -> None:
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    stranger = await house.member("cleo")
    for public, stranger_sees in (
        ("PRIVATE", 200),
        ("OBSERVER", 200),
        ("INVISIBLE", 404),
        ("AVAILABLE", 200),
    ):
        assert (await ada.browser.put(f"{ROOM}/{room}", json={"public": public})).status_code == 200
        assert (await stranger.browser.get(f"{ROOM}/{room}")).status_code == stranger_sees
        found = (await ben.browser.get(f"{ROOM}/{room}")).json()
        assert {row["nickname"]: row["role"] for row in found["participates"]} == {
            "Ada": "SYSOP",
            "Ben": "MEMBER",
        }


@pytest.mark.row("GET /api/v1/room/joined/list", "read")
async def test_unread_counts_what_was_said_since_one_joined_or_last_read(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, "before", "ben", "came")
    ben = await house.member("ben")
    await ben.browser.post(f"{ROOM}/{room}/join")

    async def unread() -> int:
        page = (await ben.browser.get(f"{ROOM}/joined/list")).json()
        return int(page["content"][0]["unread"])

    assert await unread() == 0
    await house.say(room, ada, "one", "two")
    assert await unread() == 2
    async with house.parts.database.writing() as tx:
        await tx.rooms.note_read({(room, ben.id): 4})
    assert await unread() == 1
    async with house.parts.database.writing() as tx:
        await tx.rooms.note_read({(room, ben.id): 1})
    assert await unread() == 1, "a mark never goes back"


async def test_a_ban_until_the_end_of_time_can_be_shown(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await ben.browser.post(f"/api/v1/room/{room}/join")
    place = f"/api/v1/room/{room}/member/{ben.id}"
    for until, status in (("9999-12-31T23:59:59-01:00", 422), ("9999-12-31T23:59:59.9999Z", 200)):
        answer = await ada.browser.put(place, json={"status": "VOID", "voidUntil": until})
        assert answer.status_code == status, answer.text
    assert (await ada.browser.get(f"/api/v1/room/{room}/member")).status_code == 200
    assert (await ben.browser.get(f"/api/v1/room/{room}")).json()["until"] == "9999-12-31T23:59:59.999Z"
