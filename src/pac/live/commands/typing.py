"""`typing`: somebody is writing, or has stopped. Told to the others who read the room, and kept nowhere."""

from typing import TYPE_CHECKING

from pac.errors import NotSubscribed, RateLimited, Refusal
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.frames import Opcode, framed
from pac.live.protocol import Person, SomebodyTypes, Typing, encode
from pac.live.subscriptions import Progress
from pac.rooms.access import access_room_to_send
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node


def typing(node: "Node", connection: Connection, request: Typing) -> list[Effect]:
    """Asks for what `send` asks for; "stopped" is heard only after a "writing" that was."""
    actor = connection.actor
    assert actor is not None  # only an OPEN connection runs commands
    subscription = connection.subscriptions.get(RoomId(request.room))
    try:
        if subscription is None or subscription.progress is Progress.PENDING or subscription.standing is None:
            raise NotSubscribed
        access_room_to_send(actor, subscription.standing, node.parts.clock.now())
        if not request.on and not subscription.typing:
            return []
        if request.on:
            wait_ms = node.parts.limiter.spend(node.parts.limits.typing, f"{actor.id} {request.room}")
            if wait_ms:
                raise RateLimited(wait_ms)
    except Refusal as refusal:
        return connection.refuse(refusal, node.now(), room=request.room)
    subscription.typing = request.on
    frame = framed(
        Opcode.TEXT, encode(SomebodyTypes(request.room, Person(actor.id, actor.nickname), request.on))
    )
    for other in subscription.readers:
        theirs = other.connection.actor
        if theirs is not None and theirs.id != actor.id and other.standing is not None:
            other.connection.push(frame)
    return []
