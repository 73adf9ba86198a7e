"""Caps and rates over TCP as the product has them when nobody sets anything (SECURITY 3.3, 3.12, 3.13)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from pac.live.protocol import REQUESTS
from tests.live.conftest import House, Wire
from tests.support.server import OWN_LIMITS, running_server

SOCKETS = 10
SENDS_PER_S, SEND_BURST = 5, 20
OPS_PER_S, OPS_BURST = 50, 200
ROOMS_BURST, ROOMS_PER_S = 600, 50
LOOP = "module"
PATIENT = {"LIMIT_REFUSALS_PER_MIN": 100_000}
"""So that all that is over a rate can be counted."""
LOGGED_WITHIN_S = 5.0

pytestmark = pytest.mark.asyncio(loop_scope=LOOP)


@pytest_asyncio.fixture(scope="module", loop_scope=LOOP)
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One for all of them; each has a person of its own."""
    async with running_server(tmp_path_factory.mktemp("own-limits"), **OWN_LIMITS | PATIENT) as server:
        house = House(server)
        yield house
        for wire in house.wires:
            wire.writer.close()
        for person in house.people:
            await person.__aexit__()


async def answers(wire: Wire, count: int) -> list[dict[str, Any]]:
    """So many answers, pushes left out."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        frame = await wire.hear()
        if frame["op"] in ("ok", "error", "pong"):
            found.append(frame)
    return found


def codes(frames: list[dict[str, Any]]) -> Counter[str]:
    return Counter(frame.get("code", "ok") for frame in frames)


@pytest.mark.req("3.12", "3.13")
@pytest.mark.row("limit connections", "limit send", "close 4504", "error rate_limited")
async def test_ten_sockets_of_a_member_share_one_budget_of_sends_and_an_eleventh_is_refused(
    house: House,
) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wires = [await house.reader(ada, room) for _ in range(SOCKETS)]
    eleventh = await house.upgrade()
    eleventh.say(op="hello", id="h", token=await ada.live_token())
    assert await eleventh.close_code() == 4504
    began = time.monotonic()
    for number, wire in enumerate(wires):
        for nth in range(5):
            wire.say(op="send", id=f"{nth}", room=room, cid=f"c{number}-{nth}", body="나눠 씁니다")
    told = [
        answer for of_one in await asyncio.gather(*(answers(wire, 5) for wire in wires)) for answer in of_one
    ]
    took = time.monotonic() - began
    counted = codes(told)
    assert set(counted) == {"ok", "rate_limited"}
    assert SEND_BURST <= counted["ok"] <= SEND_BURST + SENDS_PER_S * took + 1
    assert all(answer["retry_after_ms"] > 0 for answer in told if "code" in answer)


@pytest.mark.req("3.13")
@pytest.mark.row("limit ops", "error rate_limited")
async def test_two_hundred_frames_at_once_pass_and_then_fifty_a_second(house: House) -> None:
    wire = await house.socket(await house.person("ben"))
    began = time.monotonic()
    for number in range(OPS_BURST + 80):
        wire.say(op="ping", id=f"{number}")
    counted = codes(await answers(wire, OPS_BURST + 80))
    took = time.monotonic() - began
    assert set(counted) == {"ok", "rate_limited"}
    assert OPS_BURST - 1 <= counted["ok"] <= OPS_BURST + OPS_PER_S * took + 1, "`hello` was one of them"


@pytest.mark.req("3.12", "3.13")
@pytest.mark.row("limit rooms", "limit subscribe", "error rate_limited")
async def test_six_hundred_rooms_may_be_asked_for_at_once_and_then_fifty_a_second(house: House) -> None:
    wire = await house.socket(await house.person("grace"))
    began = time.monotonic()
    for part in (512, 511):
        wire.say(op="subscribe", id="s", rooms=[{"room": f"no-such-{part}-{n}"} for n in range(part)])
    told = [entry["code"] for answer in await answers(wire, 2) for entry in answer["rooms"]]
    took = time.monotonic() - began
    counted = Counter(told)
    assert set(counted) == {"not_found", "rate_limited"}
    assert ROOMS_BURST <= counted["not_found"] <= ROOMS_BURST + ROOMS_PER_S * took + 1


@pytest.mark.req("3.3")
@pytest.mark.row("hello", "close 4500")
async def test_every_op_before_hello_closes_and_nothing_is_said_first(house: House) -> None:
    token = await (await house.person("zeynep")).live_token()
    asked = {
        "room": "r", "id": "1", "rooms": [{"room": "r"}], "cid": "c", "body": "b", "seq": 1, "on": True, "token": token,
    }  # fmt: skip
    for op in sorted(set(REQUESTS) - {"hello"}):
        wire = await house.upgrade()
        wire.say(op=op, **asked)
        opcode, payload = await wire.next()
        assert (opcode, int.from_bytes(payload[:2], "big")) == (8, 4500), (op, payload)
        wire.writer.close()


@pytest.mark.req("3.2")
@pytest.mark.row("identity token")
async def test_a_token_in_the_address_is_ignored_and_not_logged(house: House) -> None:
    token = await (await house.person("mallory")).live_token()
    wire = await house.upgrade(f"/message?token={token}&access_token={token}")
    wire.say(op="hello", id="1")
    assert await wire.close_code() == 4501
    async with asyncio.timeout(LOGGED_WITHIN_S):
        while "4501" not in house.server.logs():
            await asyncio.sleep(0.05)
    assert token not in house.server.logs()
