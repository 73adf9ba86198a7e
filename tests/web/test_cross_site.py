"""Every unsafe route against every value of Sec-Fetch-Site and Origin; and no GET changes anything."""

import pytest

from tests.web.service import ORIGIN, PASSWORD, House

SITES = ["same-origin", "none", "same-site", "cross-site", "nonsense", None]
ORIGINS = [ORIGIN, "http://localhost:3121", "https://localhost:3120", "null", None]
SAFE = ("GET", "HEAD")
MAY_CHANGE_ON_GET = {"live_tokens"}


def passes(site: str | None, origin: str | None) -> bool:
    if site is not None:
        return site in ("same-origin", "none")
    return origin == ORIGIN


@pytest.mark.req("1.6")
@pytest.mark.row("rest cross-site", "status 403")
async def test_every_unsafe_route_refuses_what_another_site_may_have_started(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    session = dict(ada.browser.cookies)
    unsafe = [route for route in house.routes() if route[0] not in SAFE]
    assert len(unsafe) >= 8
    before = house.dump()
    for method, path in unsafe:
        for site in SITES:
            for origin in ORIGINS:
                if passes(site, origin):
                    continue
                headers = {"Sec-Fetch-Site": site, "Origin": origin, "Accept-Language": "en"}
                stranger = await house.guest(
                    headers={name: value for name, value in headers.items() if value is not None}
                )
                stranger.cookies.update(session)
                answer = await stranger.request(
                    method,
                    path.replace("{room_id}", room),
                    json={"username": "ada", "password": PASSWORD, "roomName": "x", "nickname": "x"},
                )
                assert answer.status_code == 403, (method, path, site, origin)
                if path.startswith("/api/"):
                    assert answer.json()["errorCode"] == "CROSS_SITE"
                    assert answer.headers["content-type"] == "application/problem+json"
                else:
                    assert answer.headers["content-type"].startswith("text/html")
                assert "set-cookie" not in answer.headers
    assert house.dump() == before


@pytest.mark.req("1.6")
@pytest.mark.row("rest cross-site")
async def test_what_the_browser_says_came_from_here_reaches_the_route(house: House) -> None:
    unsafe = [route for route in house.routes() if route[0] not in SAFE]
    for method, path in unsafe:
        for site, origin in [(s, o) for s in SITES for o in ORIGINS if passes(s, o)]:
            headers = {"Sec-Fetch-Site": site, "Origin": origin, "Cookie": "a=b"}
            visitor = await house.guest(
                headers={name: value for name, value in headers.items() if value is not None}
            )
            answer = await visitor.request(method, path.replace("{room_id}", "0" * 32))
            assert answer.status_code != 403, (method, path, site, origin)


@pytest.mark.req("1.6")
@pytest.mark.row("rest cross-site", "rest bearer")
async def test_a_program_without_a_cookie_needs_no_headers_of_a_browser(house: House) -> None:
    ada = await house.member("ada")
    program = await house.guest(headers={})
    answer = await program.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200
    program.cookies.clear()
    made = await program.post(
        "/api/v1/room", json={"roomName": "x"}, headers={"Authorization": f"Bearer {ada.token}"}
    )
    assert made.status_code == 200
    program.cookies.update(dict(ada.browser.cookies))
    assert (await program.post("/api/v1/room", json={"roomName": "x"})).status_code == 403


@pytest.mark.req("1.8")
async def test_no_get_changes_anything(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    await house.say(room, ada, "hello")
    before = house.dump()
    for method, path in house.routes():
        if method in SAFE:
            address = path.replace("{room_id}", room).replace("{build}/{path:path}", "x/y.css")
            for query in ("", "?page=2", "?next=//e.com"):
                answer = await ada.browser.request(method, address + query)
                assert answer.status_code < 500, (method, path)
    after = house.dump()
    for table in MAY_CHANGE_ON_GET:
        before.pop(table)
        after.pop(table)
    assert after == before


@pytest.mark.req("1.8")
@pytest.mark.parametrize("path", ["/logout", "/api/v1/auth/logout"])
async def test_nobody_is_signed_out_by_a_get(house: House, path: str) -> None:
    ada = await house.member("ada")
    assert (await ada.browser.get(path)).status_code == 405
    assert (await ada.browser.get("/api/v1/auth/endpoint/check")).status_code == 200


@pytest.mark.req("1.8")
@pytest.mark.row("status 415")
@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "text/json",
        "",
    ],
)
async def test_json_routes_take_only_json(house: House, kind: str) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    before = house.dump()
    for method, path in house.routes():
        if path.startswith("/api/") and method not in SAFE:
            headers = {"Content-Type": kind} if kind else {}
            body = b'{"username":"ada","password":"correct horse battery","roomName":"x"}'
            answer = await ada.browser.request(
                method, path.replace("{room_id}", room), content=body, headers=headers
            )
            assert answer.status_code == 415, (method, path)
            assert answer.json()["errorCode"] == "UNSUPPORTED_MEDIA_TYPE"
    assert house.dump() == before
