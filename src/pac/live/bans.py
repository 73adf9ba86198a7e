"""Bans that have run out: the rules know it by the clock; here the room and the member are told."""

import asyncio
from typing import TYPE_CHECKING

from pac import telemetry
from pac.errors import Unavailable
from pac.rooms import moderation

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 1.0


async def note_ends_of_bans(node: "Node") -> None:
    """Until cancelled. A turn that finds none writes nothing; one that fails is made up for by the next."""
    parts = node.parts
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            async with parts.database.reading() as tx:
                over = await tx.rooms.bans_over(parts.clock.now(), 1)
            if over:
                async with parts.database.writing() as tx:
                    await moderation.note_ends_of_bans(tx, now=parts.clock.now(), ids=parts.ids)
        except Unavailable:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="rooms")
