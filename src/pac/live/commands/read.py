"""`read`: how far a member has seen a room. No answer; its other devices hear of it."""

from typing import TYPE_CHECKING

from pac.errors import NotSubscribed
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Read
from pac.live.subscriptions import Progress
from pac.messages.model import Seq
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node


def read(node: "Node", connection: Connection, request: Read) -> list[Effect]:
    subscription = connection.subscriptions.get(RoomId(request.room))
    if subscription is None or subscription.progress is Progress.PENDING:
        return connection.refuse(NotSubscribed(), node.now(), room=request.room)
    membership = subscription.standing.membership if subscription.standing else None
    if membership is None or not membership.is_present or connection.actor is None:
        return []  # who reads along has no mark, whether they never came or have left
    # Nobody has read what is not there yet: what this socket was given, or the others, is the top.
    top = max(subscription.cursor, subscription.readers.head or 0)
    node.read_marks.move(subscription.room_id, connection.actor.id, Seq(min(request.seq, top)), connection)
    return []
