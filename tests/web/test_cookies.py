"""The cookies: their attributes, and that a session id is nowhere else."""

from pathlib import Path

import pytest

from pac.accounts.sessions import session_key
from pac.ids import SeededIds
from tests.support.clock import SteppedClock
from tests.web.service import HTTPS_ORIGIN, PASSWORD, House, open_house

CREDENTIALS = {"username": "ada", "password": PASSWORD}


def attributes(cookie: str) -> tuple[str, str, set[str]]:
    pair, *rest = (part.strip() for part in cookie.split(";"))
    name, _, value = pair.partition("=")
    return name, value, {part.lower() for part in rest if not part.lower().startswith(("max-age", "expires"))}


@pytest.mark.req("1.4")
@pytest.mark.row("rest cookie")
async def test_over_https_a_cookie_is_bound_to_the_host(
    tmp_path: Path, clock: SteppedClock, ids: SeededIds
) -> None:
    async with open_house(tmp_path / "data", clock, ids, origin=HTTPS_ORIGIN) as house:
        await house.member("ada")
        answer = await (await house.guest()).post("/api/v1/auth/login", json=CREDENTIALS)
        cookies = [attributes(cookie) for cookie in answer.headers.get_list("set-cookie")]
        assert {name for name, _, _ in cookies} == {"__Host-PAC_SESSIONID", "__Host-PAC_DEVICE"}
        for name, value, rest in cookies:
            assert rest == {"path=/", "secure", "httponly", "samesite=lax"}
            if name == "__Host-PAC_SESSIONID":
                assert len(value) == 43


@pytest.mark.req("1.4")
@pytest.mark.row("rest cookie")
async def test_over_plain_http_it_is_the_same_without_secure(house: House) -> None:
    await house.member("ada")
    for path, kind in (("/api/v1/auth/login", "json"), ("/login", "data")):
        answer = await (await house.guest()).post(path, **{kind: CREDENTIALS})
        cookies = [attributes(cookie) for cookie in answer.headers.get_list("set-cookie")]
        assert {name for name, _, _ in cookies} == {"PAC_SESSIONID", "PAC_DEVICE"}
        assert all(rest == {"path=/", "httponly", "samesite=lax"} for _, _, rest in cookies)


@pytest.mark.req("1.4")
async def test_every_cookie_of_every_route_is_one_of_ours(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    for method, path in house.routes():
        address = path.replace("{room_id}", room).replace("{build}/{path:path}", "x/y.css")
        answer = await ada.browser.request(method, address, json={"lang": "ko"} if method != "GET" else None)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, rest = attributes(cookie)
            assert name in ("PAC_SESSIONID", "PAC_DEVICE", "lang"), (method, path)
            assert rest >= {"path=/", "httponly", "samesite=lax"}
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.req("1.10")
@pytest.mark.row("POST /api/v1/auth/logout", "page /logout", "rest bearer")
@pytest.mark.parametrize(("path", "status"), [("/api/v1/auth/logout", 204), ("/logout", 303)])
async def test_signing_out_ends_the_session_and_has_the_browser_forget(
    house: House, path: str, status: int
) -> None:
    ada = await house.member("ada")
    session = dict(ada.browser.cookies)
    answer = await ada.browser.post(path)
    assert answer.status_code == status
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    old = await house.guest()
    old.cookies.update(session)
    assert (await old.get("/api/v1/auth/endpoint/check")).status_code == 401
    bearer = {"Authorization": f"Bearer {ada.token}"}
    assert (await (await house.guest()).get("/api/v1/auth/endpoint/check", headers=bearer)).status_code == 401


@pytest.mark.req("2.11")
async def test_a_session_id_is_in_its_cookie_and_nowhere_else(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    session_id = ada.browser.cookies["PAC_SESSIONID"]
    assert session_id not in str(house.dump())
    assert session_key(session_id) in str(house.dump())
    for file in house.folder.iterdir():
        assert session_id.encode() not in file.read_bytes(), file.name
    for method, path in house.routes():
        if method == "GET":
            address = path.replace("{room_id}", room).replace("{build}/{path:path}", "x/y.css")
            answer = await ada.browser.get(address)
            assert session_id not in answer.text + str(answer.headers), path


@pytest.mark.req("2.11")
@pytest.mark.row("rest bearer")
async def test_what_is_stored_of_a_session_is_no_cookie_and_no_token(house: House) -> None:
    ada = await house.member("ada")
    stored = session_key(ada.browser.cookies["PAC_SESSIONID"])
    thief = await house.guest()
    thief.cookies.set("PAC_SESSIONID", stored)
    assert (await thief.get("/api/v1/auth/endpoint/check")).status_code == 401
    for worth in (stored, ada.browser.cookies["PAC_SESSIONID"], ada.browser.cookies["PAC_DEVICE"]):
        answer = await (await house.guest()).get(
            "/api/v1/auth/endpoint/check", headers={"Authorization": f"Bearer {worth}"}
        )
        assert answer.status_code == 401


@pytest.mark.req("2.11")
def test_a_hundred_thousand_session_ids_are_all_different(ids: SeededIds) -> None:
    from pac.ids import SystemIds

    assert len({SystemIds().token() for _ in range(100_000)}) == 100_000


@pytest.mark.req("2.12")
@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/login"])
async def test_a_preset_cookie_is_replaced_and_an_old_one_is_dead(house: House, path: str) -> None:
    ada = await house.member("ada")
    kind = "json" if path.startswith("/api/") else "data"
    victim = await house.guest()
    preset = "A" * 43
    victim.cookies.set("PAC_SESSIONID", preset)
    answer = await victim.post(path, **{kind: CREDENTIALS})
    given = {name: value for name, value, _ in map(attributes, answer.headers.get_list("set-cookie"))}
    assert given["PAC_SESSIONID"] not in ("", preset)
    assert session_key(preset) not in str(house.dump())

    first = ada.browser.cookies["PAC_SESSIONID"]
    await ada.browser.post(path, **{kind: CREDENTIALS})
    assert ada.browser.cookies["PAC_SESSIONID"] != first
    old = await house.guest()
    old.cookies.set("PAC_SESSIONID", first)
    assert (await old.get("/api/v1/auth/endpoint/check")).status_code == 401
