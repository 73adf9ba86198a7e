"""Asking to be let in, invitations, and rooms that are not there for those who may not know of them."""

import asyncio

import pytest

from pac.rooms.model import RoomId
from tests.web.api.bodies import body_for
from tests.web.service import House, Person

ROOM = "/api/v1/room"


async def invitation(by: Person, room: RoomId, **fields: int) -> str:
    answer = await by.browser.post(f"{ROOM}/{room}/invitation", json=fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


async def accept(by: Person, token: str) -> int:
    return (await by.browser.post(f"/api/v1/invitation/{token}/accept")).status_code


@pytest.mark.row(
    "room PRIVATE",
    "GET /api/v1/room/{room_id}",
    "POST /api/v1/room/{room_id}/join",
    "GET /api/v1/room/{room_id}/request",
    "POST /api/v1/room/{room_id}/request/{member_id}",
)
async def test_a_private_room_is_asked_and_lets_in_or_refuses(house: House) -> None:
    ada, ben, cleo = [await house.member(name) for name in ("ada", "ben", "cleo")]
    room = await house.room(ada, "Study", description="ours", roomPublic="PRIVATE")
    badge = (await ben.browser.get(f"{ROOM}/{room}")).json()
    assert badge == {
        "roomId": room, "name": "Study", "roomPublic": "PRIVATE", "roomStatus": "ALIVE", "roomMembersCount": 1,
    }  # fmt: skip
    row = (await ben.browser.get(f"{ROOM}/list")).json()["content"][0]
    assert (row["name"], row["description"], row["role"]) == ("Study", "", None)
    for person in (ben, cleo, ben):
        answer = await person.browser.post(f"{ROOM}/{room}/join")
        assert (answer.status_code, answer.json()) == (202, {"state": "ASKED"})
    page = (await ada.browser.get(f"{ROOM}/{room}/request")).json()
    assert [row["nickname"] for row in page["content"]] == ["Ben", "Cleo"], "who asks twice asks once"
    assert (await ben.browser.get(f"{ROOM}/{room}/request")).status_code == 403
    path = f"{ROOM}/{room}/request"
    let_in = await ada.browser.post(f"{path}/{ben.id}", json={"decision": "ACCEPT"})
    assert let_in.json() == {"state": "ACCEPTED"}
    refused = await ada.browser.post(f"{path}/{cleo.id}", json={"decision": "REFUSE"})
    assert refused.json() == {"state": "REFUSED"}
    assert (await ada.browser.get(path)).json()["totalElements"] == 0
    assert (await ada.browser.post(f"{path}/{cleo.id}", json={"decision": "ACCEPT"})).status_code == 404
    assert (await ben.browser.get(f"/api/v1/chat/log/{room}")).status_code == 200
    assert (await cleo.browser.get(f"/api/v1/chat/log/{room}")).status_code == 403
    assert (await ben.browser.post(f"{ROOM}/{room}/join")).status_code == 409
    assert (await cleo.browser.post(f"{ROOM}/{room}/join")).status_code == 202, "one may ask again"


@pytest.mark.row("POST /api/v1/room/{room_id}/request/{member_id}")
async def test_whoever_asks_waits_while_the_room_is_full(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada, roomPublic="PRIVATE", capacity=1)
    await ben.browser.post(f"{ROOM}/{room}/join")
    path = f"{ROOM}/{room}/request"
    full = await ada.browser.post(f"{path}/{ben.id}", json={"decision": "ACCEPT"})
    assert (full.status_code, full.json()["errorCode"]) == (409, "ROOM_FULL")
    assert (await ada.browser.get(path)).json()["totalElements"] == 1
    await ada.browser.put(f"{ROOM}/{room}", json={"capacity": 2})
    assert (await ada.browser.post(f"{path}/{ben.id}", json={"decision": "ACCEPT"})).status_code == 200


@pytest.mark.row(
    "POST /api/v1/room/{room_id}/invitation",
    "GET /api/v1/room/{room_id}/invitation",
    "GET /api/v1/invitation/{token}",
    "POST /api/v1/invitation/{token}/accept",
    "room INVISIBLE",
)
@pytest.mark.parametrize(
    ("public", "role"),
    [("AVAILABLE", "MEMBER"), ("OBSERVER", "MEMBER"), ("PRIVATE", "MEMBER"), ("INVISIBLE", "MEMBER")],
)
async def test_an_invitation_lets_in_as_a_member_wherever_it_leads(
    house: House, public: str, role: str
) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada, "Study", roomPublic=public)
    made = (await ada.browser.post(f"{ROOM}/{room}/invitation", json={"maxUses": 2})).json()
    assert made["url"] == f"http://localhost:3120/invite/{made['token']}"
    assert (made["uses"], made["maxUses"], made["expiresAt"], made["createdBy"]) == (0, 2, None, ada.id)
    seen = (await ben.browser.get(f"/api/v1/invitation/{made['token']}")).json()
    assert (seen["roomId"], seen["name"], seen["roomMembersCount"]) == (room, "Study", 1)
    assert await accept(ben, made["token"]) == 200
    members = (await ben.browser.get(f"{ROOM}/{room}/member")).json()["content"]
    assert {row["nickname"]: row["role"] for row in members} == {"Ada": "SYSOP", "Ben": role}
    assert await accept(ben, made["token"]) == 409
    listed = (await ada.browser.get(f"{ROOM}/{room}/invitation")).json()["content"]
    assert [(row["id"], row["uses"], row["token"]) for row in listed] == [(made["id"], 1, None)]
    assert made["token"] not in str(house.dump()), "only a hash of it is kept"


@pytest.mark.req("4.8")
@pytest.mark.row("GET /api/v1/invitation/{token}", "DELETE /api/v1/room/{room_id}/invitation/{invitation_id}")
async def test_an_invitation_that_is_not_open_is_as_unknown(house: House) -> None:
    ada, ben, cleo, sysop = [await house.member(name) for name in ("ada", "ben", "cleo", "sysop")]
    room = await house.room(ada, roomPublic="INVISIBLE")
    await accept(sysop, await invitation(ada, room))
    await ada.browser.put(f"{ROOM}/{room}/member/{sysop.id}", json={"role": "SYSOP"})
    used_up, expired = await invitation(ada, room, maxUses=1), await invitation(ada, room, expiresInHours=1)
    demoted = await invitation(sysop, room)
    made = (await ada.browser.post(f"{ROOM}/{room}/invitation", json={})).json()
    gone = await ada.browser.delete(f"{ROOM}/{room}/invitation/{made['id']}")
    assert gone.json() == {"state": "REVOKED"}
    assert (await ada.browser.delete(f"{ROOM}/{room}/invitation/{made['id']}")).status_code == 404
    assert await accept(cleo, used_up) == 200
    house.clock.advance(hours=1)
    await ada.browser.put(f"{ROOM}/{room}/member/{sysop.id}", json={"role": "MEMBER"})
    said = set()
    for token in ("x" * 22, "%00", used_up, expired, demoted, made["token"]):
        for method, path in (("GET", ""), ("POST", "/accept")):
            answer = await ben.browser.request(method, f"/api/v1/invitation/{token}{path}")
            document = answer.json()
            document.pop("errorId")
            said.add((answer.status_code, str(document)))
    assert len(said) == 1
    assert next(iter(said))[0] == 404


@pytest.mark.req("4.9")
@pytest.mark.row("POST /api/v1/invitation/{token}/accept")
async def test_an_invitation_for_three_lets_in_three_of_ten_at_once(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada, roomPublic="INVISIBLE")
    token = await invitation(ada, room, maxUses=3)
    people = [await house.member(f"person{number}") for number in range(10)]
    found = await asyncio.gather(*(accept(person, token) for person in people))
    assert sorted(found) == [200] * 3 + [404] * 7


@pytest.mark.row(
    "POST /api/v1/room/{room_id}/invitation", "DELETE /api/v1/room/{room_id}/invitation/{invitation_id}"
)
async def test_the_bounds_of_an_invitation(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    for fields in ({"maxUses": 0}, {"maxUses": 10_001}, {"expiresInHours": 0}, {"expiresInHours": 8_761}):
        answer = await ada.browser.post(f"{ROOM}/{room}/invitation", json=fields)
        assert answer.status_code == 422, fields
    ben = await house.member("ben")
    other = await house.room(ben)
    made = (await ada.browser.post(f"{ROOM}/{room}/invitation", json={})).json()
    answer = await ben.browser.delete(f"{ROOM}/{other}/invitation/{made['id']}")
    assert answer.status_code == 404, "another room's invitation"


@pytest.mark.req("4.4")
@pytest.mark.row("room INVISIBLE", "room VOID", "status 404", "GET /api/v1/room/joined/list")
async def test_an_invisible_room_is_answered_as_one_that_is_not_there(house: House) -> None:
    """Byte for byte but for the request's id, with as many queries, on every route that takes a room."""
    ada, ben = await house.member("ada"), await house.member("ben")
    hidden = await house.room(ada, "Secret", roomPublic="INVISIBLE")
    voided = await house.room(ada, "Voided")
    root = await house.member("root", admin=True)
    await root.browser.put(f"/api/v1/admin/room/{voided}", json={"void": True, "reason": "x"})
    checked = 0
    for method, path in house.routes():
        if not path.startswith("/api/") or "{room_id}" not in path or "/admin/" in path:
            continue  # those are for administrators, who may know
        for name in ("member_id", "invitation_id", "seq"):
            path = path.replace(f"{{{name}}}", "1")
        said = []
        for room in (hidden, voided, "0" * 32):
            with house.counted_queries() as queries:
                answer = await ben.browser.request(
                    method, path.replace("{room_id}", room), json=body_for(method, path)
                )
            headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            body = answer.text
            if answer.headers["content-type"].startswith("application/problem+json"):
                body = body.replace(answer.json()["errorId"], "")
            said.append((answer.status_code, headers, body.replace(room, ""), len(queries)))
        assert said[0] == said[1] == said[2], (method, path)
        assert said[0][0] == 404, (method, path)
        checked += 1
    assert checked >= 16
    assert (await ben.browser.get(f"{ROOM}/list?q=Secret")).json()["totalElements"] == 0
    assert (await ben.browser.get(f"{ROOM}/list?q=Voided")).json()["totalElements"] == 0
    assert (await ada.browser.get(f"{ROOM}/joined/list")).json()["totalElements"] == 1
    answer = await ben.browser.post(ROOM, json={"roomName": "Secret"})
    assert answer.status_code == 200, "a name that is taken says nothing either"
