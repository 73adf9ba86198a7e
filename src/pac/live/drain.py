"""Going down without losing anybody: tell every socket when to come back, answer what was sent, then close.

Clients are spread over a window that grows with their number, so that the node that takes them over meets a
stream and not a wall (at most RETURNS_PER_S a second).
"""

import asyncio
from typing import TYPE_CHECKING

from pac import telemetry
from pac.live.disconnects import Disconnect
from pac.live.protocol import Drain

if TYPE_CHECKING:
    from pac.live.node import Node

RETURNS_PER_S = 300
SETTLE_WITHIN_S = 5.0
CLOSE_WITHIN_S = 3.0


async def drain(node: "Node") -> None:
    """Ends when every socket is closed, after at most SETTLE_WITHIN_S + CLOSE_WITHIN_S."""
    node.draining = True
    node.sockets.closed_to_new = node.guests.closed_to_new = True
    node.guests.close_all(Disconnect.DRAINING)
    telemetry.log.info(telemetry.DRAINING, connections=len(node.sockets))
    window_ms = max(1_000.0, len(node.sockets) * 1_000 / RETURNS_PER_S)
    for socket in node.sockets:
        delay = Drain(reconnect_in_ms=round(node.parts.ids.jitter(0, window_ms)))
        if socket.connection.is_live:
            socket.perform(socket.connection.answer(delay))
    try:
        async with asyncio.timeout(SETTLE_WITHIN_S):
            await node.parts.intake.settled()
    except TimeoutError:
        pass  # what is not acked now is resent by its client under the same cid
    for socket in node.sockets:
        socket.perform(socket.connection.hang_up(Disconnect.DRAINING))
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await node.sockets.all_closed()
    except TimeoutError:
        pass  # peers that do not answer a close are dropped with the process
