"""Signing up, in and out over REST, and what of it tells a stranger nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from pac import telemetry
from pac.accounts.passwords import MEMORY_FLOOR_KIB, TIME_FLOOR, Passwords
from pac.accounts.sessions import ABSOLUTE_MS, IDLE_MS, TOUCH_EVERY_MS
from pac.limits.rules import Limits
from tests.web.service import PASSWORD, House, open_house

CHECK = "/api/v1/auth/endpoint/check"
LOGIN = "/api/v1/auth/login"
JOIN = "/api/v1/auth/join"


def sign_up(name: str, **other: Any) -> dict[str, Any]:
    return {"username": name, "password": PASSWORD, "nickname": name.title(), **other}


def credentials(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"username": name, "password": password}


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """How many statements and hashes the block took."""
    count = {"statements": 0, "hashes": 0}

    def one_more(*_: Any) -> None:
        count["statements"] += 1

    def hashes() -> int:
        return int(telemetry.registry.get_sample_value("pac_passwords_hashed_total") or 0)

    before = hashes()
    event.listen(Engine, "before_cursor_execute", one_more)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", one_more)
        count["hashes"] = hashes() - before


@pytest.mark.row("POST /api/v1/auth/join", "GET /api/v1/auth/endpoint/check")
async def test_who_signs_up_is_told_what_was_stored_and_is_not_signed_in(house: House) -> None:
    browser = await house.guest()
    answer = await browser.post(
        JOIN, json=sign_up("ada", nickname="  에이다  💻 ", email=" ada@example.org ")
    )
    assert answer.status_code == 200
    said = answer.json()
    assert list(said) == ["id", "username", "nickname", "email"]
    assert {name: said[name] for name in ("username", "nickname", "email")} == {
        "username": "ada", "nickname": "에이다 💻", "email": "ada@example.org",
    }  # fmt: skip
    assert (await browser.get(CHECK)).status_code == 401


@pytest.mark.row("POST /api/v1/auth/login", "GET /api/v1/auth/endpoint/check", "rest bearer")
async def test_who_signs_in_is_told_who_it_is_with_a_live_token(house: House) -> None:
    browser = await house.guest()
    await browser.post(JOIN, json=sign_up("ada"))
    for answer in (await browser.post(LOGIN, json=credentials("ada")), await browser.get(CHECK)):
        assert answer.status_code == 200
        said = answer.json()
        assert list(said) == [
            "id", "provider", "username", "profileImage", "htmlUrl", "nickname", "email", "appRole", "token",
        ]  # fmt: skip
        assert (said["provider"], said["appRole"], said["email"]) == ("WEB", "ROLE_USER", None)
        assert said["token"] != browser.cookies["PAC_SESSIONID"]


@pytest.mark.row("rest bearer")
async def test_a_live_token_works_for_five_minutes_and_again(house: House) -> None:
    ada = await house.member("ada")
    program = await house.guest(headers={"Authorization": f"Bearer {ada.token}"})
    assert (await program.get(CHECK)).status_code == 200
    house.clock.advance(seconds=299)
    assert (await program.get(CHECK)).status_code == 200
    house.clock.advance(seconds=2)
    assert (await program.get(CHECK)).status_code == 401
    assert (await ada.browser.get(CHECK)).status_code == 200


async def test_a_login_name_is_found_whatever_its_case(house: House) -> None:
    await house.member("ada")
    assert (await (await house.guest()).post(LOGIN, json=credentials("ADA"))).status_code == 200


@pytest.mark.row("rest unique", "status 409", "POST /api/v1/auth/join")
@pytest.mark.parametrize(
    ("taken", "field"),
    [
        ({"username": "ada", "nickname": "Other"}, "username"),
        ({"username": "other", "nickname": "aDA"}, "nickname"),
    ],
)
async def test_a_taken_name_is_a_conflict_that_says_which(
    house: House, taken: dict[str, str], field: str
) -> None:
    await house.member("ada")
    answer = await (await house.guest()).post(JOIN, json=sign_up("x", **taken))
    assert answer.status_code == 409
    assert answer.json()["errorCode"] == "NAME_TAKEN"
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.req("2.4")
async def test_a_taken_address_is_not_told(house: House) -> None:
    browser = await house.guest()
    first = await browser.post(JOIN, json=sign_up("ada", email="ada@example.org"))
    second = await browser.post(JOIN, json=sign_up("ben", email="ada@example.org"))
    assert (first.status_code, second.status_code) == (200, 200)


async def test_of_twenty_who_want_one_name_at_once_one_gets_it(house: House) -> None:
    guests = [await house.guest() for _ in range(20)]
    answers = await asyncio.gather(
        *(guest.post(JOIN, json=sign_up("ada", nickname=f"N{number}")) for number, guest in enumerate(guests))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert len(house.dump()["members"]) == 1


@pytest.mark.req("2.2")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("😀" * 7, "too_short"),
        ("😀" * 129, "too_long"),
        ("1234567\0", "characters"),
        ("a" * 9_000, "too_long"),
    ],
)
async def test_a_password_that_is_none_is_refused_with_its_reason(
    house: House, password: str, code: str
) -> None:
    answer = await (await house.guest()).post(JOIN, json=sign_up("ada", password=password))
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [("password", code)]
    assert house.dump()["members"] == []


@pytest.mark.req("2.2")
async def test_a_password_may_be_128_emoji_and_is_taken_in_any_composition(house: House) -> None:
    browser = await house.guest()
    assert (await browser.post(JOIN, json=sign_up("ada", password="😀" * 128))).status_code == 200
    assert (await browser.post(LOGIN, json=credentials("ada", "😀" * 128))).status_code == 200
    assert (await browser.post(LOGIN, json=credentials("ada", "😀" * 127))).status_code == 401
    await browser.post(JOIN, json=sign_up("ben", password="cafe\u0301 가나다"))
    assert (
        await browser.post(LOGIN, json=credentials("ben", "caf\u00e9 \u1100\u1161나다"))
    ).status_code == 200


@pytest.mark.req("2.4", "2.5")
@pytest.mark.row("POST /api/v1/auth/login", "status 401")
async def test_every_wrong_sign_in_is_answered_alike(house: House) -> None:
    """The same status, body (bar its id), headers, queries and hashes, whoever is asked for."""
    await house.member("ada")
    await house.member("locked")
    await house.service.accounts.set_locked("locked", locked=True)
    for name, stored in (
        ("nohash", None),
        ("empty", ""),
        ("foreign", "$2b$12$what"),
        ("unreadable", "$argon2id$what"),
    ):
        member = await house.member(name)
        await _set_hash(house, member.id, stored)
    said = set()
    for name in ("ada", "nobody", "locked", "nohash", "empty", "foreign", "unreadable", "한글", "x" * 500):
        with counted() as cost:
            answer = await (await house.guest()).post(LOGIN, json=credentials(name, "wrong password"))
        document = answer.json()
        document.pop("errorId")
        headers = {key: value for key, value in answer.headers.items() if key != "content-length"}
        said.add((answer.status_code, str(document), str(headers), cost["statements"], cost["hashes"]))
    assert len(said) == 1, said
    assert next(iter(said))[0] == 401
    assert next(iter(said))[4] == 1


async def _set_hash(house: House, member_id: str, stored: str | None) -> None:
    import sqlite3

    with sqlite3.connect(house.folder / "pac.db") as connection:
        connection.execute("UPDATE members SET password_hash = ? WHERE id = ?", (stored, member_id))
    connection.close()


@pytest.mark.req("2.5")
@pytest.mark.row("rule locked")
async def test_who_is_locked_gets_no_session_by_any_door(house: House) -> None:
    ada = await house.member("ada")
    await house.service.accounts.set_locked("ada", locked=True)
    assert house.dump()["sessions"] == []
    for path, kind in ((LOGIN, "json"), ("/login", "data")):
        answer = await (await house.guest()).post(path, **{kind: credentials("ada")})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
    assert (await ada.browser.get(CHECK)).status_code == 401
    bearer = {"Authorization": f"Bearer {ada.token}"}
    assert (await (await house.guest()).get(CHECK, headers=bearer)).status_code == 401
    assert house.dump()["sessions"] == []
    await house.service.accounts.set_locked("ada", locked=False)
    assert (await ada.browser.get(CHECK)).status_code == 401, "unlocking gives no old session back"
    assert (await (await house.guest()).post(LOGIN, json=credentials("ada"))).status_code == 200


@pytest.mark.req("2.5")
@pytest.mark.row("rule deleted")
async def test_who_is_deleted_gets_no_session_by_any_door(house: House) -> None:
    import sqlite3

    ada = await house.member("ada")
    with sqlite3.connect(house.folder / "pac.db") as connection:
        connection.execute("UPDATE members SET deleted_at = 1")
    connection.close()
    assert (await (await house.guest()).post(LOGIN, json=credentials("ada"))).status_code == 401
    assert (await ada.browser.get(CHECK)).status_code == 401
    assert len(house.dump()["sessions"]) == 1, "the old one, which is worth nothing"


@pytest.mark.req("2.9")
async def test_a_new_installation_has_no_account_and_no_way_in(house: House) -> None:
    assert house.dump()["members"] == []
    for name in (
        "admin",
        "root",
        "administrator",
        "sysop",
        "system",
        "test",
        "test1",
        "guest",
        "pac",
        "user",
    ):
        for password in ("admin", "password", name, "12345678", ""):
            answer = await (await house.guest()).post(LOGIN, json=credentials(name, password))
            assert answer.status_code == 401
    await (await house.guest()).post(JOIN, json=sign_up("first"))
    answer = await (await house.guest()).post(LOGIN, json=credentials("first"))
    assert answer.json()["appRole"] == "ROLE_USER", "the first visitor is no administrator"


@pytest.mark.req("4.6")
@pytest.mark.row("rest unknown fields")
@pytest.mark.parametrize("field", ["appRole", "id", "provider", "locked", "password_hash", "token"])
async def test_nobody_gives_himself_a_field_the_route_does_not_know(house: House, field: str) -> None:
    answer = await (await house.guest()).post(JOIN, json=sign_up("ada", **{field: "ROLE_ADMIN"}))
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, "unknown")]


@pytest.mark.req("2.13")
@pytest.mark.parametrize("limit_ms", [IDLE_MS])
async def test_a_session_that_is_not_used_ends_after_two_weeks(house: House, limit_ms: int) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    house.clock.advance(ms=limit_ms - 1_000)
    assert (await ada.browser.get(CHECK)).status_code == 200
    house.clock.advance(ms=2_000)
    assert (await ben.browser.get(CHECK)).status_code == 401
    assert (await ada.browser.get(CHECK)).status_code == 200, "its use was noted"


@pytest.mark.req("2.13")
async def test_a_session_in_daily_use_ends_after_ninety_days(house: House) -> None:
    ada = await house.member("ada")
    day = 86_400_000
    for _ in range(ABSOLUTE_MS // day - 1):
        house.clock.advance(ms=day)
        assert (await ada.browser.get(CHECK)).status_code == 200
    house.clock.advance(ms=day - 1_000)
    assert (await ada.browser.get(CHECK)).status_code == 200
    house.clock.advance(ms=2_000)
    assert (await ada.browser.get(CHECK)).status_code == 401


async def test_reading_does_not_write_but_now_and_then(house: House) -> None:
    ada = await house.member("ada")
    before = house.dump()["sessions"]
    house.clock.advance(ms=TOUCH_EVERY_MS - 1)
    await ada.browser.get("/api/v1/room/list")
    assert house.dump()["sessions"] == before
    house.clock.advance(ms=1)
    await ada.browser.get("/api/v1/room/list")
    assert house.dump()["sessions"] != before


@pytest.mark.req("2.6")
@pytest.mark.row("status 429")
async def test_the_sixth_wrong_password_waits_and_is_told_how_long(house: House) -> None:
    await house.member("ada")
    browser = await house.guest("203.0.113.5")
    answers = [await browser.post(LOGIN, json=credentials("ada", "wrong password")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[5].json()["errorCode"] == "RATE_LIMITED"
    assert answers[5].headers["retry-after"] == "1"
    assert answers[5].headers["ratelimit-remaining"] == "0"
    assert (await browser.post(LOGIN, json=credentials("ada"))).status_code == 429, "the right one waits too"
    house.clock.advance(seconds=1)
    assert (await browser.post(LOGIN, json=credentials("ada"))).status_code == 200


@pytest.mark.req("2.6", "2.7")
async def test_of_fifty_wrong_passwords_at_once_five_are_hashed(house: House) -> None:
    await house.member("ada")
    guests = [await house.guest("203.0.113.5") for _ in range(50)]
    with counted() as cost:
        answers = await asyncio.gather(
            *(guest.post(LOGIN, json=credentials("ada", "wrong password")) for guest in guests)
        )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 45
    assert cost["hashes"] == 5


@pytest.mark.req("2.6")
async def test_an_attacker_on_many_addresses_does_not_lock_the_owner_out(house: House) -> None:
    ada = await house.member("ada")
    with counted() as cost:
        for number in range(120):
            attacker = await house.guest(f"198.51.100.{number}" if number != 7 else "198.51.101.7")
            await attacker.post(LOGIN, json=credentials("ada", "wrong password"))
    assert cost["hashes"] == 100
    stranger = await house.guest("203.0.113.5")
    assert (await stranger.post(LOGIN, json=credentials("ada"))).status_code == 429
    await ada.browser.post("/api/v1/auth/logout")
    assert (await ada.browser.post(LOGIN, json=credentials("ada"))).status_code == 200


@pytest.mark.req("2.7", "2.8")
@pytest.mark.row("rest throttles", "status 429")
async def test_an_address_is_throttled_and_a_forged_one_is_no_way_around(
    tmp_path: Any, clock: Any, ids: Any
) -> None:
    async with open_house(
        tmp_path / "data", clock, ids, limits=Limits(signin_failures=3, signup_per_hour=2)
    ) as house:
        browser = await house.guest("203.0.113.5")
        statuses = []
        for number in range(6):
            forged = {
                "X-Forwarded-For": f"192.0.2.{number}",
                "X-Real-IP": "192.0.2.9",
                "Forwarded": "for=192.0.2.8",
            }
            answer = await browser.post(LOGIN, json=credentials(f"name{number}"), headers=forged)
            statuses.append(answer.status_code)
        assert statuses == [401] * 3 + [429] * 3
        joined = [
            (await browser.post(JOIN, json=sign_up(f"name{number}"))).status_code for number in range(3)
        ]
        assert joined == [200, 200, 429]
        proxy = await house.guest("198.51.100.7")
        through = await proxy.post(
            LOGIN, json=credentials("somebody"), headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.5"}
        )
        assert through.status_code == 429, "behind our proxy its word is believed, and it is the same client"


@pytest.mark.req("2.7")
@pytest.mark.row("rest throttles", "status 429")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_this_machine_is_throttled_as_any_other_address(
    tmp_path: Any, clock: Any, ids: Any, address: str
) -> None:
    async with open_house(
        tmp_path / "data", clock, ids, limits=Limits(signin_failures=3, signup_per_hour=2)
    ) as house:
        browser = await house.guest(address)
        tried = [await browser.post(LOGIN, json=credentials(f"name{number}")) for number in range(4)]
        assert [answer.status_code for answer in tried] == [401] * 3 + [429]
        joined = [await browser.post(JOIN, json=sign_up(f"name{number}")) for number in range(3)]
        assert [answer.status_code for answer in joined] == [200, 200, 429]


@pytest.mark.req("2.7")
async def test_a_form_with_faults_is_no_sign_up(tmp_path: Any, clock: Any, ids: Any) -> None:
    async with open_house(tmp_path / "data", clock, ids, limits=Limits(signup_per_hour=1)) as house:
        browser = await house.guest()
        for _ in range(5):
            assert (await browser.post(JOIN, json=sign_up("ada", password="short"))).status_code == 422
        assert (await browser.post(JOIN, json=sign_up("ada"))).status_code == 200


@pytest.mark.req("2.1")
async def test_a_hash_is_made_again_when_the_parameters_changed(tmp_path: Any, clock: Any, ids: Any) -> None:
    async with open_house(tmp_path / "data", clock, ids) as house:
        await house.member("ada")
    stronger = Passwords(memory_kib=MEMORY_FLOOR_KIB, time_cost=TIME_FLOOR + 1, lanes=1)
    async with open_house(tmp_path / "data", clock, ids, passwords=stronger) as house:
        for _ in range(2):
            assert (await (await house.guest()).post(LOGIN, json=credentials("ada"))).status_code == 200
        assert f"t={TIME_FLOOR + 1}," in str(house.dump()["members"])


@pytest.mark.req("2.1")
async def test_too_many_sign_ins_at_once_are_told_to_come_back(house: House) -> None:
    guests = [await house.guest(f"198.51.100.{number}") for number in range(200)]
    answers = await asyncio.gather(
        *(guest.post(LOGIN, json=credentials(f"name{number}")) for number, guest in enumerate(guests))
    )
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {401, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) >= 1


async def test_a_reset_password_ends_every_session(house: House) -> None:
    ada = await house.member("ada")
    await house.service.accounts.reset_password("ada", "another password")
    assert (await ada.browser.get(CHECK)).status_code == 401
    browser = await house.guest()
    assert (await browser.post(LOGIN, json=credentials("ada"))).status_code == 401
    assert (await browser.post(LOGIN, json=credentials("ada", "another password"))).status_code == 200


@pytest.mark.req("2.12")
async def test_who_becomes_an_administrator_signs_in_anew(house: House) -> None:
    ada = await house.member("ada")
    await house.service.accounts.promote("ada")
    assert (await ada.browser.get(CHECK)).status_code == 401
    answer = await (await house.guest()).post(LOGIN, json=credentials("ada"))
    assert answer.json()["appRole"] == "ROLE_ADMIN"
