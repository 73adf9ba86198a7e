"""The pages of a visitor: landing, signing up, in and out, the language."""

import pytest

from tests.web.service import PASSWORD, House


@pytest.mark.row("page /")
async def test_the_landing_page_is_for_those_who_are_not_signed_in(house: House) -> None:
    ada, stranger = await house.member("ada"), await house.guest()
    page = await stranger.get("/")
    assert page.status_code == 200
    assert 'href="/auth/join' in page.text
    assert 'href="/login' in page.text
    home = await ada.browser.get("/")
    assert (home.status_code, home.headers["location"]) == (303, "/chat/lobby")


@pytest.mark.row("page /auth/join", "rest return path")
async def test_who_signs_up_on_the_page_is_signed_in_and_goes_where_they_wanted_to(house: House) -> None:
    browser = await house.guest()
    assert 'action="/auth/join"' in (await browser.get("/auth/join?next=/chat/rooms")).text
    form = {"username": "ada", "password": "short", "nickname": "Ada", "email": "", "next": "/chat/rooms"}
    again = await browser.post("/auth/join", data=form)
    assert again.status_code == 422
    assert 'value="ada"' in again.text
    made = await browser.post("/auth/join", data={**form, "password": PASSWORD})
    assert (made.status_code, made.headers["location"]) == (303, "/chat/rooms")
    assert (await browser.get("/api/v1/auth/endpoint/check")).json()["username"] == "ada"


@pytest.mark.row("page /login", "rest return path")
async def test_who_signs_in_on_the_page_goes_where_they_wanted_to_and_never_elsewhere(house: House) -> None:
    await house.member("ada")
    browser = await house.guest()
    asked = await browser.get("/chat/lobby?q=%EA%B4%91")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/login?next=/chat/lobby%3Fq%3D%25EA%25B4%2591",
    )
    form = {"username": "ada", "password": "not the password", "next": "/chat/rooms"}
    assert (await browser.post("/login", data=form)).status_code == 401
    for goal, lands in (("/chat/rooms", "/chat/rooms"), ("//e.com", "/chat/lobby"), ("", "/chat/lobby")):
        answer = await browser.post("/login", data={**form, "password": PASSWORD, "next": goal})
        assert (answer.status_code, answer.headers["location"]) == (303, lands)
    assert (await browser.get("/login")).status_code == 303, "who is signed in need not"


@pytest.mark.row("page /logout")
async def test_signing_out_leads_to_the_sign_in_page(house: House) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await ada.browser.get("/chat/lobby")).status_code == 303


@pytest.mark.row("page /lang")
async def test_the_language_is_kept_and_the_page_stays(house: House) -> None:
    browser = await house.guest()
    assert '<html lang="en"' in (await browser.get("/login")).text
    answer = await browser.post("/lang", data={"lang": "ko", "next": "/login"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert '<html lang="ko"' in (await browser.get("/login")).text
    await browser.post("/lang", data={"lang": "xx", "next": "/login"})
    assert '<html lang="ko"' in (await browser.get("/login")).text
