"""The left pane of every page: the rooms one is in, last activity first, as the API gives them.

The same rows are drawn by the server and handed to the room page's script, so that both draw the same.
"""

from pac.accounts.access import Identified
from pac.web.api.room_lists import listed
from pac.web.api.room_schemas import RoomListRow
from pac.web.parts import WebParts

ROOMS_PANE = 200
"""Of those who are in more, the last active ones."""


async def my_rooms(parts: WebParts, viewer: Identified) -> list[RoomListRow]:
    async with parts.database.reading() as tx:
        mine = await tx.rooms.joined_by(viewer.member.id, number=0, size=ROOMS_PANE)
    return (await listed(parts, mine)).content
