"""A member's own password and sessions."""

import re

import httpx
import pytest

from tests.web.service import PASSWORD, House, Person

NEW = "quite another password"


async def another_session(house: House, person: Person, address: str = "198.51.100.9") -> httpx.AsyncClient:
    browser = await house.guest(address)
    signed_in = await browser.post(
        "/api/v1/auth/login", json={"username": person.username, "password": PASSWORD}
    )
    assert signed_in.status_code == 200
    return browser


def references(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('action="/settings/sessions/')[1:]]


@pytest.mark.req("2.14")
@pytest.mark.row("page /settings", "page /settings/sessions", "page /settings/sessions/{reference}")
async def test_sessions_are_listed_and_revoked_one_by_one_or_all_others(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    others = [await another_session(house, ada) for _ in range(3)]
    page = (await ada.browser.get("/settings")).text
    found = references(page)
    assert len(found) == 3
    assert "198.51.100.0/24" in page
    for session in await house.parts.sessions.of_member(ada.id):
        assert session.key not in page, "nothing in the list is of use as a cookie"
    stranger = await ben.browser.post(f"/settings/sessions/{found[0]}")
    assert stranger.status_code == 404
    assert len(await house.parts.sessions.of_member(ada.id)) == 4
    assert (await ada.browser.post(f"/settings/sessions/{found[0]}")).status_code == 303
    assert [(await other.get("/api/v1/room/list")).status_code for other in others].count(401) == 1
    assert (await ada.browser.post("/settings/sessions")).status_code == 303
    assert [(await other.get("/api/v1/room/list")).status_code for other in others] == [401] * 3
    assert (await ada.browser.get("/api/v1/room/list")).status_code == 200


@pytest.mark.req("2.10")
@pytest.mark.row("page /settings/password")
async def test_a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(house: House) -> None:
    ada = await house.member("ada")
    other = await another_session(house, ada)
    before = house.dump()["members"]
    for current, new, status in (
        ("wrong", NEW, 422),
        ("", NEW, 422),
        (PASSWORD, "short", 422),
        (PASSWORD, "password1", 422),
    ):
        answer = await ada.browser.post("/settings/password", data={"current": current, "password": new})
        assert answer.status_code == status, (current, new)
        assert new not in answer.text
    assert house.dump()["members"] == before
    assert (await other.get("/api/v1/room/list")).status_code == 200
    answer = await ada.browser.post("/settings/password", data={"current": PASSWORD, "password": NEW})
    assert answer.status_code == 200
    assert (await other.get("/api/v1/room/list")).status_code == 401
    assert (await ada.browser.get("/api/v1/room/list")).status_code == 200
    fresh = await house.guest()
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        signed_in = await fresh.post("/api/v1/auth/login", json={"username": "ada", "password": password})
        assert signed_in.status_code == status


async def test_guessing_the_password_in_the_settings_is_throttled(house: House) -> None:
    ada = await house.member("ada")
    statuses = [
        (
            await ada.browser.post("/settings/password", data={"current": f"guess {number}", "password": NEW})
        ).status_code
        for number in range(8)
    ]
    assert 429 in statuses


def looks(page: str) -> dict[str, str]:
    """The attributes of `<html>` that sheets and scripts go by."""
    return dict(re.findall(r'data-(\w+)="(\w*)"', page.split("<head>")[0]))


@pytest.mark.row("page /settings/preferences")
async def test_what_is_preferred_is_in_the_first_byte_of_every_page(house: House) -> None:
    ada = await house.member("ada")
    plain = looks((await ada.browser.get("/settings")).text)
    assert (plain["theme"], plain["text"], plain["enter"]) == ("system", "100", "auto")
    saved = await ada.browser.post("/settings/preferences", data={"theme": "dark", "text": "125"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/settings")
    for path in ("/settings", "/chat/lobby", "/offline"):
        page = (await ada.browser.get(path)).text
        assert (looks(page)["theme"], looks(page)["text"]) == ("dark", "125"), path
        assert page.count('name="theme-color"') == 1
    quietly = {"Accept": "application/json"}
    later = await ada.browser.post("/settings/preferences", data={"enter": "newline"}, headers=quietly)
    assert later.status_code == 204
    assert looks((await ada.browser.get("/settings")).text) | {"member": ""} == plain | {
        "theme": "dark", "text": "125", "enter": "newline", "member": "",
    }  # fmt: skip


@pytest.mark.row("page /settings/preferences")
async def test_what_is_no_choice_changes_nothing_and_reaches_no_page(house: House) -> None:
    ada = await house.member("ada")
    await ada.browser.post("/settings/preferences", data={"theme": '"><script>', "text": "125"})
    page = (await ada.browser.get("/settings")).text
    assert (looks(page)["theme"], looks(page)["text"]) == ("system", "125")
    for cookie in ("theme.dark~text.9000", "theme", "~.~..", "x" * 5_000, "theme.dark.light"):
        ada.browser.cookies.set("prefs", cookie)
        found = looks((await ada.browser.get("/settings")).text)
        assert found["theme"] in ("dark", "system"), cookie
        assert found["text"] == "100", cookie
    guest = await house.guest()
    assert (
        (await guest.post("/settings/preferences", data={"theme": "dark"}))
        .headers["location"]
        .startswith("/login")
    )
