"""`presence`: who is in a room right now. Needs the right to subscribe, and no subscription."""

from typing import TYPE_CHECKING

from pac.errors import PacError
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Online, Presence
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action

if TYPE_CHECKING:
    from pac.live.node import Node


async def presence(node: "Node", connection: Connection, request: Presence) -> list[Effect]:
    assert connection.actor is not None  # only an OPEN connection runs commands
    room_id = RoomId(request.room)
    try:
        async with node.parts.database.reading() as tx:
            await access_room(tx, connection.actor, room_id, Action.SUBSCRIBE, node.parts.clock.now())
    except PacError as refusal:
        return connection.refuse(refusal, node.now(), frame_id=request.id, room=request.room)
    return connection.answer(
        Online(id=request.id, online=node.presence.named(room_id), count=node.presence.online(room_id))
    )
