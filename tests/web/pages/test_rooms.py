"""The pages of rooms, as they are read and pressed without a script."""

import pytest

from tests.web.service import House, Person


async def press(by: Person, path: str, **form: str) -> str:
    """Where the button leads."""
    answer = await by.browser.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def read(by: Person, path: str) -> str:
    answer = await by.browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


@pytest.mark.row("page /chat/room/create", "page /chat/room/{room_id}")
async def test_a_room_is_made_on_a_page_that_keeps_what_was_typed(house: House) -> None:
    ada = await house.member("ada")
    assert 'action="/chat/room/create"' in await read(ada, "/chat/room/create")
    form = {"roomName": "광장", "description": "", "capacity": "0", "roomPublic": "AVAILABLE"}
    again = await ada.browser.post("/chat/room/create", data=form)
    assert again.status_code == 422
    assert "광장" in again.text
    path = await press(ada, "/chat/room/create", **{**form, "capacity": "7"})
    assert "<bdi>광장</bdi>" in await read(ada, path)


@pytest.mark.row("page /chat/lobby", "page /chat/rooms", "page /chat/log", "room AVAILABLE", "room INVISIBLE")
async def test_the_lobby_is_of_all_and_the_lists_are_ones_own(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    await house.room(ada, "Plaza")
    await house.room(ada, "Cellar", roomPublic="INVISIBLE")
    lobby, found = await read(ben, "/chat/lobby"), await read(ben, "/chat/lobby?q=nothing")
    assert ("Plaza" in lobby, "Cellar" in lobby, "Plaza" in found) == (True, False, False)
    for path in ("/chat/rooms", "/chat/log"):
        own, other = await read(ada, path), await read(ben, path)
        assert ("Plaza" in own, "Cellar" in own, "Plaza" in other) == (True, True, False), path


@pytest.mark.row(
    "page /chat/room/{room_id}", "page /chat/room/{room_id}/join", "page /chat/room/{room_id}/exit"
)
async def test_opening_a_room_joins_nobody_and_a_button_does(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await house.say(room, ada, "between us")
    path = f"/chat/room/{room}"
    page = await read(ben, path)
    assert f'action="{path}/join"' in page
    assert "between us" not in page
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["roomMembersCount"] == 1
    assert await press(ben, f"{path}/join") == path
    assert await press(ben, f"{path}/join") == path, "pressed twice"
    assert "between us" in await read(ben, path)
    assert await press(ben, f"{path}/exit") == "/chat/lobby"
    assert "between us" not in await read(ben, path)


@pytest.mark.row("page /chat/room/{room_id}/end", "rule owner_alone", "room ENDED")
async def test_a_room_is_ended_after_a_question_by_its_owner(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    path = f"/chat/room/{room}/end"
    assert (await ben.browser.get(path)).status_code == 403
    assert (await ben.browser.post(path)).status_code == 403
    assert f'action="{path}"' in await read(ada, path)
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["roomStatus"] == "ALIVE"
    slip = await ada.browser.post(path, data={"name": "another"})
    assert (slip.status_code, 'id="name-fault"' in slip.text) == (422, True)
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["roomStatus"] == "ALIVE"
    name = (await ada.browser.get(f"/api/v1/room/{room}")).json()["name"]
    ended = await ada.browser.post(path, data={"name": f" {name.upper()} "})
    assert ended.headers["location"] == f"/chat/room/{room}"
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["roomStatus"] == "ENDED"


@pytest.mark.row("page /chat/room/{room_id}/members/{member_id}/owner", "rule owner_alone")
async def test_a_room_is_handed_over_by_who_types_its_name(house: House) -> None:
    ada, ben, cleo = await house.member("ada"), await house.member("ben"), await house.member("cleo")
    room = await house.room(ada)
    await ben.browser.post(f"/chat/room/{room}/join")
    path = f"/chat/room/{room}/members/{ben.id}/owner"
    name = (await ada.browser.get(f"/api/v1/room/{room}")).json()["name"]
    assert path in await read(ada, f"/chat/room/{room}/members")
    assert (await ben.browser.get(path)).status_code == 403
    assert (await ben.browser.post(path, data={"name": name})).status_code == 403
    assert (await ada.browser.get(path.replace(ben.id, cleo.id))).status_code == 409
    assert f'action="{path}"' in await read(ada, path)
    assert (await ada.browser.post(path, data={"name": ""})).status_code == 422
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["owner"]["id"] == ada.id
    assert (await ada.browser.post(path, data={"name": name})).status_code == 303
    assert (await ada.browser.get(f"/api/v1/room/{room}")).json()["owner"]["id"] == ben.id


@pytest.mark.row(
    "page /chat/room/{room_id}/members", "page /chat/room/{room_id}/members/{member_id}", "role SYSOP"
)
async def test_operators_find_their_buttons_beside_each_member(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    path = f"/chat/room/{room}/members"
    assert (await ben.browser.get(path)).status_code == 403
    await ben.browser.post(f"/chat/room/{room}/join")
    assert f'action="{path}/{ben.id}"' in await read(ada, path)
    assert "action=" not in (await read(ben, path)).split("<main", 1)[1].split("</main", 1)[0]

    async def standing() -> tuple[str, str]:
        rows = (await ada.browser.get(f"/api/v1/room/{room}/member?q=ben")).json()["content"]
        return rows[0]["role"], rows[0]["status"]

    for do, role, status in (
        ("observer", "OBSERVER", "ALIVE"),
        ("sysop", "SYSOP", "ALIVE"),
        ("member", "MEMBER", "ALIVE"),
        ("warn", "MEMBER", "WARNING"),
        ("ban-day", "MEMBER", "VOID"),
        ("pardon", "MEMBER", "ALIVE"),
    ):
        assert await press(ada, f"{path}/{ben.id}", do=do) == path
        assert await standing() == (role, status), do
    assert (await ben.browser.post(f"{path}/{ada.id}", data={"do": "kick"})).status_code == 403
    await press(ada, f"{path}/{ben.id}", do="kick")
    assert (await ben.browser.get(path)).status_code == 403


@pytest.mark.row("page /chat/room/modify/{room_id}", "PUT /api/v1/room/{room_id}", "role ROLE_ADMIN glass")
async def test_the_settings_are_for_operators_and_show_who_broke_the_glass(house: House) -> None:
    ada, ben, root = (
        await house.member("ada"),
        await house.member("ben"),
        await house.member("root", admin=True),
    )
    room = await house.room(ada, roomPublic="PRIVATE")
    path = f"/chat/room/modify/{room}"
    assert (await ben.browser.get(path)).status_code == 403
    assert "report 17" not in await read(ada, path)
    answer = await root.browser.post(f"/api/v1/admin/room/{room}/log", json={"reason": "report 17"})
    assert answer.status_code == 200
    assert "report 17" in await read(ada, path)
    form = {
        "roomName": "New", "description": "", "capacity": "9", "roomPublic": "AVAILABLE", "slowModeSeconds": "30",
    }  # fmt: skip
    assert (await ben.browser.post(path, data=form)).status_code == 403
    assert (await ada.browser.post(path, data=form)).status_code == 200
    found = (await ada.browser.get(f"/api/v1/room/{room}")).json()
    assert [found[name] for name in ("name", "capacity", "slowModeSeconds")] == ["New", 9, 30]


@pytest.mark.row("page /chat/room/{room_id}/requests/{member_id}", "room PRIVATE")
async def test_who_asks_is_let_in_or_turned_away_on_the_settings_page(house: House) -> None:
    ada, ben, cleo = [await house.member(name) for name in ("ada", "ben", "cleo")]
    room = await house.room(ada, roomPublic="PRIVATE")
    for person in (ben, cleo):
        await press(person, f"/chat/room/{room}/join")
    settings = f"/chat/room/modify/{room}"
    assert f'action="/chat/room/{room}/requests/{ben.id}"' in await read(ada, settings)
    for person, decision in ((ben, "ACCEPT"), (cleo, "REFUSE")):
        assert await press(ada, f"/chat/room/{room}/requests/{person.id}", decision=decision) == settings
    statuses = [(await person.browser.get(f"/api/v1/chat/log/{room}")).status_code for person in (ben, cleo)]
    assert statuses == [200, 403]


@pytest.mark.row(
    "page /invite/{token}", "page /chat/room/{room_id}/invitations",
    "page /chat/room/{room_id}/invitations/{invitation_id}", "room INVISIBLE",
)  # fmt: skip
async def test_a_link_is_made_followed_and_revoked(house: House) -> None:
    ada, ben, cleo = [await house.member(name) for name in ("ada", "ben", "cleo")]
    room = await house.room(ada, "Cellar", roomPublic="INVISIBLE")
    made = await ada.browser.post(f"/chat/room/{room}/invitations", data={"hours": "24", "uses": ""})
    path = (
        "/invite/" + made.text.split("http://localhost:3120/invite/", 1)[1].split('"', 1)[0].split("<", 1)[0]
    )
    assert "Cellar" in await read(ben, path)
    assert (await ben.browser.get(f"/chat/room/{room}")).status_code == 404, "looking at it joins nobody"
    assert await press(ben, path) == f"/chat/room/{room}"
    assert "Cellar" in await read(ben, f"/chat/room/{room}")
    (row,) = (await ada.browser.get(f"/api/v1/room/{room}/invitation")).json()["content"]
    revoke = f"/chat/room/{room}/invitations/{row['id']}"
    assert await press(ada, revoke) == f"/chat/room/modify/{room}"
    assert (await cleo.browser.get(path)).status_code == 404
    assert (await cleo.browser.post(path)).status_code == 404


@pytest.mark.row("page /chat/log/{room_id}")
async def test_a_log_is_searched_by_words_and_read_by_its_members(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await house.say(room, ada, "a cat", "a dog")
    path = f"/chat/log/{room}"
    page, found = await read(ada, path), await read(ada, f"{path}?q=CAT")
    assert ("a cat" in page, "a dog" in page) == (True, True)
    assert ("a cat" in found, "a dog" in found) == (True, False)
    before = await read(ada, f"{path}?at=2026-11-23")
    assert ("a cat" in before, "no date" in await read(ada, f"{path}?at=x")) == (False, True)
    assert (await ben.browser.get(path)).status_code == 403


@pytest.mark.row("page /chat/room/random")
async def test_guests_rooms_have_a_page_for_everybody(house: House) -> None:
    for browser in (await house.guest(), (await house.member("ada")).browser):
        page = await browser.get("/chat/room/random")
        assert page.status_code == 200
        assert 'id="guest"' in page.text


@pytest.mark.row(
    "page /admin", "page /admin/room/{room_id}", "page /admin/member/{member_id}", "role ROLE_ADMIN knows"
)
async def test_administrators_see_every_room_and_act_with_a_reason(house: House) -> None:
    ada, root = await house.member("ada"), await house.member("root", admin=True)
    room = await house.room(ada, "Cellar", roomPublic="INVISIBLE")
    await house.say(room, ada, "between us")
    assert (await ada.browser.get("/admin")).status_code == 403
    assert "Cellar" in await read(root, "/admin")
    deeds, to_ada = f"/admin/room/{room}", f"/admin/member/{ada.id}"
    assert (await root.browser.post(deeds, data={"do": "read", "reason": ""})).status_code == 422
    log = await root.browser.post(deeds, data={"do": "read", "reason": "report 17"})
    assert (log.status_code, "between us" in log.text) == (200, True)
    assert await press(root, deeds, do="void", reason="spam") == "/admin?done=1"
    assert (await ada.browser.get(f"/chat/room/{room}")).status_code == 404
    assert await press(root, to_ada, do="lock", reason="abuse") == "/admin?done=1"
    assert (await ada.browser.get("/chat/lobby")).status_code == 303
    assert "report 17" in await read(root, "/admin")
