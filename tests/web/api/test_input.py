"""Bytes that are no JSON, numbers that are no numbers, texts that are no texts: refused before anything is stored."""

from typing import Any

import pytest

from tests.web.service import PASSWORD, House

JSON = {"Content-Type": "application/json"}
ROUTES: dict[str, dict[str, Any]] = {
    "/api/v1/room": {
        "roomName": "x", "description": "y", "imageUrl": "z", "capacity": 5, "roomPublic": "AVAILABLE",
    },
    "/api/v1/auth/join": {
        "username": "ben", "password": PASSWORD, "nickname": "Ben", "email": "ben@example.org",
    },
    "/api/v1/auth/login": {"username": "ada", "password": PASSWORD},
}  # fmt: skip
TEXTS = [(path, field) for path, fields in ROUTES.items() for field in fields if field != "capacity"]

NOT_JSON = [
    b"", b"{", b"roomName=x", b"{'roomName':'x'}", b'{"roomName":"x",}', b"\xff\xfe", b'{"roomName":"\xff"}',
    b'{"roomName":"x"} trailing', b"[" * 60_000, b'{"a":' * 12_000, b'{"capacity":' + b"9" * 5_000 + b"}",
]  # fmt: skip


@pytest.mark.req("5.6")
@pytest.mark.row("status 400")
@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:24]))
async def test_what_is_not_json_is_400(house: House, body: bytes) -> None:
    ada = await house.member("ada")
    before = house.dump()
    for path in ROUTES:
        answer = await ada.browser.post(path, content=body, headers=JSON)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["errorCode"] == "BAD_REQUEST"
    assert house.dump() == before


@pytest.mark.req("5.6")
@pytest.mark.row("status 422")
@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true", b"[{}]"])
async def test_json_that_is_no_object_is_422(house: House, body: bytes) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    for path in (*ROUTES, f"/api/v1/room/{room}/join"):
        answer = await ada.browser.post(path, content=body, headers=JSON)
        assert answer.status_code == 422, path
        assert answer.json()["errors"]


@pytest.mark.req("5.6")
@pytest.mark.row("status 422")
@pytest.mark.parametrize(
    "number",
    [
        "1.0",
        "1e3",
        "true",
        '"1"',
        "-1",
        "NaN",
        "Infinity",
        "9007199254740992",
        "9" * 30,
        "null",
        "[]",
        "{}",
        "-0.5",
    ],
)
async def test_what_is_no_number_is_no_capacity(house: House, number: str) -> None:
    ada = await house.member("ada")
    answer = await ada.browser.post(
        "/api/v1/room", content=f'{{"roomName":"x","capacity":{number}}}'.encode(), headers=JSON
    )
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["capacity"]
    assert house.dump()["rooms"] == []


@pytest.mark.req("5.6", "5.7")
@pytest.mark.parametrize(
    "value", ["1", "true", "[]", '{"$ne":null}', '{"$gt":""}', '"a\\u0000b"', '"a\\ud800b"']
)
async def test_what_is_no_text_is_refused_in_every_field(house: House, value: str) -> None:
    ada = await house.member("ada")
    before = house.dump()
    for path, field in TEXTS:
        others = {name: given for name, given in ROUTES[path].items() if name != field}
        import json

        body = json.dumps(others)[:-1] + f', "{field}": {value}}}'
        answer = await ada.browser.post(path, content=body.encode(), headers=JSON)
        assert answer.status_code in (401, 422), (path, field, value, answer.text)
        if answer.status_code == 422:
            assert field in [fault["field"] for fault in answer.json()["errors"]]
    assert house.dump() == before


@pytest.mark.req("5.6")
async def test_of_a_field_given_twice_one_is_judged_and_the_same_one_is_stored(house: House) -> None:
    ada = await house.member("ada")
    body = b'{"roomName":"first","roomName":"second"}'
    answer = await ada.browser.post("/api/v1/room", content=body, headers=JSON)
    assert answer.status_code == 200
    found = await ada.browser.get(f"/api/v1/room/{answer.json()['roomId']}")
    assert found.json()["name"] == "second"
    bad = b'{"roomName":"fine","roomName":"a\\u202eb"}'
    assert (await ada.browser.post("/api/v1/room", content=bad, headers=JSON)).status_code == 422


@pytest.mark.req("5.7", "1.17")
@pytest.mark.parametrize(
    "text", ["' OR 1=1--", "'; DROP TABLE members;--", "{{7*7}}", "<script>alert(1)</script>", "${jndi:x}"]
)
async def test_hostile_text_is_stored_as_text(house: House, text: str) -> None:
    ada = await house.member("ada")
    room = await house.room(ada, text, description=text)
    found = (await ada.browser.get(f"/api/v1/room/{room}")).json()
    assert (found["name"], found["description"]) == (text, text)
    assert len(house.dump()["members"]) == 1


@pytest.mark.req("5.9")
@pytest.mark.row("page /static/{build}/{path:path}")
@pytest.mark.parametrize(
    "path",
    ["../../../etc/passwd", "%2e%2e/%2e%2e/settings.py", "..%5c..%5cx", "css/../../app.py", "%00", "css/tokens.css%00",
     "/etc/passwd", "", "css", "css/"],
)  # fmt: skip
async def test_a_static_file_is_one_of_a_fixed_list(house: House, path: str) -> None:
    browser = await house.guest()
    page = await browser.get("/login")
    build = page.text.split("/static/", 1)[1].split("/", 1)[0]
    answer = await browser.get(f"/static/{build}/{path}")
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.req("5.9")
async def test_a_line_break_in_a_field_never_splits_a_header(house: House) -> None:
    ada = await house.member("ada")
    hostile = "x\r\nSet-Cookie: a=b"
    for path, fields in ROUTES.items():
        for field in fields:
            answer = await ada.browser.post(path, json={**fields, field: hostile})
            assert "a=b" not in str(answer.headers)
    for query in ("?next=%0d%0aSet-Cookie:%20a=b", "?page=%0d%0a"):
        for path in ("/login", "/chat/lobby", "/api/v1/room/list"):
            answer = await ada.browser.get(path + query)
            assert "a=b" not in answer.headers.get("set-cookie", "")
