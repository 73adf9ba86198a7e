"""Events of security of sockets."""

import json
from typing import Any

import pytest

from pac import telemetry
from tests.live.conftest import MakeHouse


@pytest.mark.req("10.1")
async def test_sockets_are_noted_as_they_open_close_and_are_refused(make_house: MakeHouse) -> None:
    house = await make_house(LOG_JSON="1")
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    wire = await house.socket(ben)
    wire.say(op="subscribe", id="s", rooms=[{"room": room}])
    await wire.hear("ok")
    wire.say(op="shout", id="x")
    await wire.hear("error")
    wire.frame(2, b"binary")
    assert await wire.close_code() == 4500
    await house.upgrade(Origin="https://evil.example")
    await house.server.stop()
    found = [json.loads(line) for line in house.server.logs().splitlines() if line.startswith("{")]

    def of(event: str) -> list[dict[str, Any]]:
        return [line for line in found if line["event"] == event]

    assert [line["actor"] for line in of(telemetry.SOCKET_OPENED)] == [ben.id]
    assert [line["outcome"] for line in of(telemetry.SOCKET_CLOSED)] == ["4500"]
    assert [(line["reason"], line["room"]) for line in of(telemetry.DENIED)] == [("forbidden", room)]
    assert [line["reason"] for line in of(telemetry.FRAME_REFUSED)] == ["unknown_op", "4500"]
    assert [line["origin"] for line in of(telemetry.ORIGIN_REFUSED)] == ["https://evil.example"]
    assert all(len(line["session"]) == 8 for line in of(telemetry.SOCKET_OPENED))
