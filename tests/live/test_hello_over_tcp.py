"""Who a socket is, and what it is told when it says so."""

import re

import pytest

from tests.live.conftest import House
from tests.live.original import original

TS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.row("hear welcome", "hello")
async def test_welcome_says_who_one_is_and_what_the_bounds_are(house: House) -> None:
    ada = await house.person("ada")
    wire = await house.upgrade()
    wire.say(op="hello", id="안녕", client="a test", token=await ada.live_token())
    welcome = await wire.hear()
    assert welcome.keys() == {"op", "id", "member", "node", "ts", "ping_ms", "limits"}
    assert (welcome["op"], welcome["id"], welcome["ping_ms"]) == ("welcome", "안녕", 25_000)
    assert welcome["member"] == {"id": ada.id, "nickname": "Ada", "role": "ROLE_USER"}
    assert welcome["node"]
    assert TS.fullmatch(welcome["ts"])
    assert welcome["limits"].keys() == {"frame", "body", "rooms", "send_per_s", "send_burst"}
    assert [welcome["limits"][name] for name in ("frame", "body", "rooms")] == [65_536, 4_000, 512]


@pytest.mark.row("identity token", "v1 identity")
async def test_a_token_of_the_upgrade_counts_for_both_kinds_of_frames(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    bearer = f"Bearer {await ada.live_token()}"
    wire = await house.upgrade(Authorization=bearer)
    wire.say(op="hello", id="1")
    assert (await wire.hear())["member"]["id"] == ada.id
    page = await original(house)
    page.wire = await house.upgrade(Authorization=bearer, Sec_WebSocket_Protocol=None)
    page.subscribe(room)
    await page.hears("SYSTEM", "Ada님이 채팅방에 입장 했습니다.")


@pytest.mark.row("ping", "hear pong")
async def test_a_ping_of_a_page_is_answered_with_its_id_if_it_has_one(house: House) -> None:
    wire = await house.socket(await house.person("ada"))
    wire.say(op="ping", id="p1")
    pong = await wire.hear()
    assert (pong.keys(), pong["op"], pong["id"]) == ({"op", "id", "ts"}, "pong", "p1")
    assert TS.fullmatch(pong["ts"])
    wire.say(op="ping")
    assert (await wire.hear()).keys() == {"op", "ts"}
