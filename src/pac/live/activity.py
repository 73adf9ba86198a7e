"""When a room was last spoken in, told to the room lists a few seconds late and many rooms at a time."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pac import telemetry
from pac.clock import Instant
from pac.errors import Unavailable
from pac.messages.model import Entry
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 3.0


async def note_activity(node: "Node") -> None:
    """Until cancelled. A failed write is tried again with the next; a crash loses a few seconds of sorting."""
    latest: dict[RoomId, Instant] = {}

    def heard(room_id: RoomId, entries: Sequence[Entry]) -> None:
        latest[room_id] = entries[-1].at

    node.parts.broker.listen(heard)
    while True:
        await asyncio.sleep(EVERY_S)
        if not latest:
            continue
        told, rest = dict(latest), latest
        rest.clear()
        try:
            async with node.parts.database.writing() as tx:
                await tx.rooms.note_activity(told)
        except Unavailable:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="rooms")
            for room_id, at in told.items():
                latest.setdefault(room_id, at)
