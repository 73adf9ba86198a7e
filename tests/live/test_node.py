"""What a node gives each of its sockets, and what it does when a part of its own fails."""

import asyncio
from typing import Any

import pytest

from pac.live.commands import COMMANDS
from pac.live.connection import State
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect, Perform
from pac.live.handshake import Admission
from pac.live.protocol import History
from tests.live.test_follower import Rig, Socket, rig

__all__ = ["rig"]


@pytest.mark.row("close 4013")
async def test_a_command_that_fails_closes_its_socket_and_no_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> list[Effect]:
        raise RuntimeError("a fault of ours")

    monkeypatch.setitem(COMMANDS, "history", fail)
    node = rig.node
    unlucky, other = await Socket(node, "s1").greet(), await Socket(node, "s1").greet()
    node.command(unlucky.connection, Perform("history", History("1", "a room")))
    async with asyncio.timeout(5):
        while unlucky.code is None:
            await asyncio.sleep(0)
    assert (unlucky.code, other.code) == (Disconnect.INTERNAL, None)


@pytest.mark.row("limit ping")
async def test_pings_come_every_twenty_to_twenty_five_seconds(rig: Rig) -> None:
    waits = []
    for _ in range(200):
        connection = rig.node.connect(Admission("", "", "en", "192.0.2.1"), lambda _: None, 0)
        connection.state = State.OPEN
        waits.append(connection.deadline() - rig.node.now())
    assert 20 <= min(waits) < 21
    assert 24 < max(waits) <= 25
