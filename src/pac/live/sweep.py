"""What nobody asks for and still has to happen: bans that have run out, and rooms of members who are gone.

The rules know both by themselves, by the clock and by the account; here rooms and members are told.
"""

import asyncio
from typing import TYPE_CHECKING

from pac import telemetry
from pac.errors import Unavailable
from pac.rooms import departure, moderation

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 1.0


async def sweep(node: "Node") -> None:
    """Until cancelled. A turn that finds nothing writes nothing; one that fails is made up for by the next."""
    parts = node.parts
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            async with parts.database.reading() as tx:
                over = await tx.rooms.bans_over(parts.clock.now(), 1)
                gone = await tx.rooms.departures(1)
            if over or gone:
                async with parts.database.writing() as tx:
                    now = parts.clock.now()
                    await moderation.note_ends_of_bans(tx, now=now, ids=parts.ids)
                    await departure.note_departures(tx, now=now, ids=parts.ids)
        except Unavailable:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="rooms")
