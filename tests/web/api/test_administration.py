"""What administrators may do, with a reason, and that every time is written down."""

import pytest

from pac.rooms.model import RoomId
from tests.web.api.test_moderation import audited, facts
from tests.web.service import House, Person

ADMIN = "/api/v1/admin"
ROOM = "/api/v1/room"


async def void(by: Person, room: RoomId, *, on: bool, reason: str = "spam") -> int:
    answer = await by.browser.put(f"{ADMIN}/room/{room}", json={"void": on, "reason": reason})
    return answer.status_code


@pytest.mark.row("PUT /api/v1/admin/room/{room_id}", "room VOID", "role ROLE_ADMIN rooms")
@pytest.mark.parametrize("public", ["AVAILABLE", "OBSERVER", "PRIVATE", "INVISIBLE"])
async def test_a_disabled_room_is_gone_and_comes_back_as_it_was(house: House, public: str) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)
    room = await house.room(ada, roomPublic=public)
    assert await void(root, room, on=True) == 200
    assert (await ada.browser.get(f"{ROOM}/{room}")).status_code == 404
    assert (await ada.browser.get(f"/api/v1/chat/log/{room}")).status_code == 404
    for path in ("joined", "own"):
        assert (await ada.browser.get(f"{ROOM}/{path}/list")).json()["totalElements"] == 0
    assert (await root.browser.get(f"{ROOM}/{room}")).json()["roomPublic"] == "VOID"
    assert await void(root, room, on=True) == 200, "twice is once"
    assert await void(root, room, on=False, reason="a mistake") == 200
    found = (await ada.browser.get(f"{ROOM}/{room}")).json()
    assert (found["roomPublic"], found["roomStatus"]) == (public, "ALIVE")
    assert [(event, reason) for event, _, reason in audited(house)] == [
        ("room.voided", "spam"),
        ("room.unvoided", "a mistake"),
    ]


@pytest.mark.row(
    "PUT /api/v1/admin/room/{room_id}",
    "POST /api/v1/admin/room/{room_id}/log",
    "PUT /api/v1/admin/member/{member_id}",
)
async def test_every_call_of_an_administrator_needs_a_reason(house: House) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)
    room = await house.room(ada)
    before = house.dump()
    for method, path, body in (
        ("PUT", f"/room/{room}", {"void": True}),
        ("POST", f"/room/{room}/log", {}),
        ("PUT", f"/member/{ada.id}", {"locked": True}),
    ):
        for reason in ("", "   ", "x" * 201):
            answer = await root.browser.request(method, ADMIN + path, json={**body, "reason": reason})
            assert answer.status_code == 422, (path, reason)
            assert answer.json()["errors"][0]["field"] == "reason"
    assert house.dump() == before


@pytest.mark.req("4.7")
@pytest.mark.row("POST /api/v1/admin/room/{room_id}/log", "role ROLE_ADMIN glass", "role ROLE_ADMIN knows")
async def test_an_administrator_reads_a_closed_log_only_by_breaking_the_glass(house: House) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)
    room = await house.room(ada, roomPublic="INVISIBLE")
    await house.say(room, ada, "between us")
    assert (await root.browser.get(f"{ROOM}/{room}")).status_code == 200, "it exists"
    assert (await root.browser.get(f"/api/v1/chat/log/{room}")).status_code == 403
    answer = await root.browser.post(f"{ADMIN}/room/{room}/log", json={"reason": "report 17"})
    assert [row["message"] for row in answer.json()["messages"]] == ["between us"]
    assert [(event, reason) for event, _, reason in audited(house)] == [("room.broke_glass", "report 17")]
    assert (await ada.browser.post(f"{ADMIN}/room/{room}/log", json={"reason": "x"})).status_code == 403


@pytest.mark.row("DELETE /api/v1/admin/room/{room_id}", "role ROLE_ADMIN rooms")
async def test_an_administrator_ends_a_room_and_an_owner_not_by_this_door(house: House) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)
    room = await house.room(ada)
    assert (await ada.browser.delete(f"{ADMIN}/room/{room}")).status_code == 403
    assert (await root.browser.delete(f"{ADMIN}/room/{room}")).json() == {"state": "ENDED"}
    assert (await root.browser.delete(f"{ADMIN}/room/{room}")).status_code == 409
    assert facts(house)[-1][:2] == ("ended", "Root")


@pytest.mark.req("2.5", "4.6")
@pytest.mark.row("PUT /api/v1/admin/member/{member_id}", "role ROLE_ADMIN members")
async def test_locking_a_member_ends_its_sessions_and_nobody_locks_themselves(house: House) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)

    async def put(whom: str, **fields: object) -> int:
        answer = await root.browser.put(f"{ADMIN}/member/{whom}", json={**fields, "reason": "abuse"})
        return answer.status_code

    assert await put(ada.id, locked=True) == 200
    assert (await ada.browser.get(f"{ROOM}/list")).status_code == 401
    assert await put(ada.id, locked=False, appRole="ROLE_ADMIN") == 200
    assert await put(root.id, locked=True) == 403
    assert await put("nobody", locked=True) == 404
    assert [event for event, _, _ in audited(house)] == [
        "member.locked",
        "member.app_role",
        "member.unlocked",
    ]


@pytest.mark.req("2.13")
async def test_administration_asks_for_a_fresh_sign_in(house: House) -> None:
    root, ada = await house.member("root", admin=True), await house.member("ada")
    room = await house.room(ada)
    house.clock.advance(hours=12, seconds=-1)
    assert await void(root, room, on=True) == 200
    house.clock.advance(seconds=1)
    answer = await root.browser.put(f"{ADMIN}/room/{room}", json={"void": False, "reason": "x"})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "SIGN_IN_AGAIN")
    assert (await root.browser.get(f"{ROOM}/list")).status_code == 200


@pytest.mark.row("POST /api/v1/auth/validate")
async def test_another_service_asks_whose_token_this_is(house: House) -> None:
    from tests.web.service import SERVICE_TOKEN

    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    service = await house.guest(headers={"Authorization": f"Bearer {SERVICE_TOKEN}"})

    async def validate(token: str) -> dict[str, object]:
        answer = await service.post("/api/v1/auth/validate", json={"sessionId": token, "roomId": room})
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    assert await validate(ada.token) == {
        "nickname": "Ada", "isAdmission": True, "isLogin": True, "message": "ok",
    }  # fmt: skip
    refused = await validate(ben.token)
    assert (refused["nickname"], refused["isAdmission"], refused["isLogin"]) == ("Ben", False, True)
    unknown = await validate("x" * 43)
    assert (unknown["nickname"], unknown["isAdmission"], unknown["isLogin"]) == (None, False, False)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {ada.token}"}):
        other = await house.guest(headers=headers)
        answer = await other.post("/api/v1/auth/validate", json={"sessionId": ada.token, "roomId": room})
        assert answer.status_code == 401
