"""How late this process is with its own work: above a bound it takes no new member in, so that those who are in
can go on (PROTOCOL §3, 4011)."""

import asyncio
from typing import TYPE_CHECKING

from pac import telemetry

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 0.1
OVERLOADED_S = 0.5
"""A loop that is this late, several times in a row, is not late by accident."""
WEIGHT = 0.2
COUNTED_S = 1.0
"""No measurement counts for more than this: it takes several late turns of the loop to be overloaded, however late
one of them was."""


async def watch_lag(node: "Node") -> None:
    """Keep `node.lag_s` until cancelled: a moving average of how much later than asked this task wakes up."""
    loop = asyncio.get_running_loop()
    while True:
        begun = loop.time()
        await asyncio.sleep(EVERY_S)
        note_lag(node, max(0.0, loop.time() - begun - EVERY_S))


def note_lag(node: "Node", late_s: float) -> None:
    was = node.is_overloaded
    node.lag_s += WEIGHT * (min(late_s, COUNTED_S) - node.lag_s)
    telemetry.loop_lag.set(node.lag_s)
    if node.is_overloaded != was:
        telemetry.log.warning(telemetry.OVERLOADED, lag_ms=round(node.lag_s * 1_000), refusing=not was)
