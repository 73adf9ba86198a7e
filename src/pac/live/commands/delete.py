"""`delete`: take a message away. `ok` when its entry is empty; everyone hears of it by the DELETED entry."""

from typing import TYPE_CHECKING

from pac.errors import PacError
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Delete, Ok
from pac.messages.deletion import delete_message
from pac.messages.model import Seq
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node


async def delete(node: "Node", connection: Connection, request: Delete) -> list[Effect]:
    parts = node.parts
    assert connection.actor is not None  # only an OPEN connection runs commands
    try:
        await delete_message(
            parts.database,
            parts.log,
            connection.actor,
            RoomId(request.room),
            Seq(request.seq),
            now=parts.clock.now(),
            ids=parts.ids,
        )
    except PacError as refusal:
        return connection.refuse(refusal, node.now(), frame_id=request.id, room=request.room)
    return connection.answer(Ok(id=request.id))
