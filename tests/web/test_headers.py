"""The headers of real answers, good and bad; bodies and methods at the edge."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import ANY

import httpx
import pytest

from pac.ids import SeededIds
from tests.support.clock import SteppedClock
from tests.web.service import HTTPS_ORIGIN, PASSWORD, SOCKETS, House, open_house

DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    f"font-src 'self'; connect-src 'self' {SOCKETS}; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types pac-sw"
)
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-frame-options": "DENY",
}


def broken() -> None:
    raise RuntimeError("SELECT secret FROM members at /srv/pac, version 1.2.3")


async def not_modified() -> httpx.Response:
    from fastapi import Response

    return Response(status_code=304)  # type: ignore[return-value] # what the route answers is the point


@pytest.fixture
async def https(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[House]:
    async with open_house(tmp_path / "https", clock, ids, origin=HTTPS_ORIGIN) as house:
        yield house


async def answers(house: House) -> dict[str, httpx.Response]:
    """One answer of each kind, over REST and as a page."""
    house.service.app.add_api_route("/api/broken", broken)
    house.service.app.add_api_route("/broken", broken)
    house.service.app.add_api_route("/api/unchanged", not_modified, response_model=None)
    ada = await house.member("ada")
    browser = ada.browser
    big = b"x" * 65_537
    json = {"Content-Type": "application/json"}
    return {
        "200": await browser.get("/api/v1/room/list"),
        "200 page": await browser.get("/chat/lobby"),
        "303": await browser.get("/login"),
        "304": await browser.get("/api/unchanged"),
        "400": await browser.post("/api/v1/room", content=b"{", headers=json),
        "401": await (await house.guest()).get("/api/v1/room/list"),
        "403": await browser.post("/api/v1/room", headers={"Sec-Fetch-Site": "cross-site"}),
        "404": await browser.get("/api/v1/room/" + "0" * 32),
        "404 page": await browser.get("/nowhere"),
        "405": await browser.put("/api/v1/chat/log", json={}),
        "405 page": await browser.put("/login"),
        "413": await browser.post("/api/v1/room", content=big, headers=json),
        "413 page": await browser.post("/login", content=big),
        "415": await browser.post("/api/v1/room", content=b"a=b"),
        "422": await browser.post("/api/v1/room", json={"roomName": ""}),
        "500": await browser.get("/api/broken"),
        "500 page": await browser.get("/broken"),
    }


@pytest.mark.req("1.1", "1.9", "1.10", "1.13")
@pytest.mark.row(
    "status 400",
    "status 401",
    "status 403",
    "status 404",
    "status 405",
    "status 413",
    "status 415",
    "status 422",
)
async def test_every_answer_has_the_headers_whatever_its_status(house: House) -> None:
    for kind, answer in (await answers(house)).items():
        assert str(answer.status_code) == kind.split()[0], (kind, answer.text)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        assert is_page is ("page" in kind), kind
        policy = {"content-security-policy": PAGE if is_page else DATA, "cache-control": "no-store"}
        found = {name: answer.headers.get(name) for name in {**ALWAYS, **policy}}
        assert found == {**ALWAYS, **policy}, kind
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert "server" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "strict-transport-security" not in answer.headers


@pytest.mark.req("1.9", "1.1")
async def test_over_https_browsers_are_told_to_stay_there(https: House) -> None:
    for kind, answer in (await answers(https)).items():
        assert answer.headers["strict-transport-security"] == "max-age=31536000", kind
        if "page" in kind:
            assert answer.headers["content-security-policy"].endswith("; upgrade-insecure-requests")


@pytest.mark.req("1.10")
@pytest.mark.row("page /static/{build}/{path:path}")
async def test_a_file_under_its_hash_is_kept_and_nothing_else(house: House) -> None:
    browser = await house.guest()
    page = await browser.get("/login")
    address = page.text.split('href="/static/', 1)[1].split('"', 1)[0]
    file = await browser.get("/static/" + address)
    assert file.status_code == 200
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["content-security-policy"] == DATA
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.req("1.17")
async def test_a_fault_tells_an_id_and_nothing_of_the_inside(
    house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await answers(house)
    document = found["500"].json()
    assert document == {
        "type": "about:blank", "title": "Internal Server Error", "status": 500, "errorCode": "INTERNAL",
        "errorId": ANY, "detail": ANY, "errorMessage": ANY,
    }  # fmt: skip
    for kind in ("500", "500 page"):
        for inside in ("SELECT", "/srv", "1.2.3", "RuntimeError", "Traceback", "fastapi", "localhost"):
            assert inside not in found[kind].text.replace("http://localhost", ""), (kind, inside)
    logged = capsys.readouterr().out + caplog.text
    assert document["errorId"] in logged, "the operator finds it by the id the person was shown"


@pytest.mark.req("1.17")
@pytest.mark.row("rest error")
async def test_an_error_id_is_fresh_each_time(house: House) -> None:
    browser = await house.guest()
    ids = {(await browser.get("/api/nowhere")).json()["errorId"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.req("1.16")
@pytest.mark.row("status 413")
async def test_an_endless_chunked_body_is_refused_and_the_connection_closed(house: House) -> None:
    ada = await house.member("ada")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 16_384
            yield b" " * 16_384

    for path in ("/api/v1/room", "/login", "/api/v1/room/x/join", "/nowhere"):
        sent = 0
        answer = await ada.browser.post(path, content=endless(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413, path
        assert answer.headers["connection"] == "close"
        assert sent <= 131_072


@pytest.mark.req("1.16")
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
async def test_an_encoded_body_is_refused(house: House, encoding: str) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.post(
        "/api/v1/room", json={"roomName": "x"}, headers={"Content-Encoding": encoding}
    )
    assert answer.status_code == 415


@pytest.mark.req("1.15")
@pytest.mark.row("status 405")
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND"])
async def test_a_method_nobody_needs_is_not_allowed_anywhere(house: House, method: str) -> None:
    browser = await house.guest()
    for path in ("/", "/login", "/api/v1/room/list", "/nowhere"):
        answer = await browser.request(method, path)
        assert answer.status_code == 405, path
        assert answer.headers["allow"]


async def test_head_is_get_without_the_body(house: House) -> None:
    ada = await house.member("ada")
    for path in ("/api/v1/room/list", "/chat/lobby", "/nowhere", "/api/nowhere"):
        head, get = await ada.browser.head(path), await ada.browser.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.req("1.12")
@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
async def test_a_forged_host_reaches_no_answer(house: House, name: str) -> None:
    browser = await house.guest()
    for path in ("/", "/login", "/login/", "/api/v1/room/", "/api/openapi.json", "/chat/lobby", "/nowhere"):
        answer = await browser.get(path, headers={name: "evil.example.net"})
        assert "evil.example.net" not in answer.text + str(answer.headers), path
        location = answer.headers.get("location", "/")
        assert location.startswith("/"), (path, location)
        assert not location.startswith("//")


async def test_the_language_of_a_refusal_is_the_readers(house: House) -> None:
    korean = await house.guest(headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"})
    english = await house.guest(headers={"Accept-Language": "en-GB"})
    chosen = await house.guest(headers={"Accept-Language": "en", "Cookie": "lang=ko"})
    said = [(await browser.get("/api/nowhere")).json()["detail"] for browser in (korean, english, chosen)]
    assert said[0] == said[2]
    assert said[1] == "This is not here, or not for you to see. Check the address."


@pytest.mark.req("1.17")
async def test_a_wrong_password_never_reaches_a_log(
    house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    ada = await house.member("ada", address="192.0.2.77")
    stranger = await house.guest("192.0.2.78")
    await stranger.post("/api/v1/auth/login", json={"username": "canary-name", "password": "canary-password"})
    logged = capsys.readouterr().out + caplog.text
    assert "signin.failed" in logged
    for canary in (
        PASSWORD,
        "canary",
        "192.0.2.77",
        "192.0.2.78",
        ada.token,
        ada.browser.cookies["PAC_SESSIONID"],
    ):
        assert canary not in logged
