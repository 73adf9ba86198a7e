"""A page of rooms as JSON: what a row shows to whom, with who is there and what is unread."""

from collections.abc import Mapping

from pac.messages.model import Seq
from pac.rooms.model import Page, RoomId, RoomRow
from pac.rooms.rules import sees_badge_only
from pac.web.api.room_schemas import RoomList, list_row
from pac.web.api.schemas import paged
from pac.web.parts import WebParts


async def unread_of(parts: WebParts, page: Page[RoomRow]) -> Mapping[RoomId, int]:
    """How many messages wait in each room of the page that the caller is in and not banned from."""
    now = parts.clock.now()
    cursors = {
        row.room.id: Seq(row.membership.read_seq)
        for row in page.rows
        if row.membership is not None and not row.membership.is_banned(now)
    }
    unread = await parts.log.unread(cursors.items())
    return {room_id: count for (room_id, _), count in unread.items()}


async def listed(parts: WebParts, page: Page[RoomRow]) -> RoomList:
    unread, now = await unread_of(parts, page), parts.clock.now()
    rows = [
        list_row(
            row,
            now,
            online=parts.online(row.room.id),
            unread=unread.get(row.room.id),
            shown=not sees_badge_only(row.room, row.membership),
        )
        for row in page.rows
    ]
    return RoomList(content=rows, **paged(page.number, page.size, page.total, len(rows)))
