"""`unsubscribe`: stop reading rooms. Those that were not read are no error."""

from typing import TYPE_CHECKING

from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Ok, Unsubscribe
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node


def unsubscribe(node: "Node", connection: Connection, request: Unsubscribe) -> list[Effect]:
    for room in request.rooms:
        end_subscription(node, connection, RoomId(room))
    return connection.answer(Ok(id=request.id))


def end_subscription(node: "Node", connection: Connection, room_id: RoomId) -> bool:
    """Send nothing more of this room to this socket, also not what waits in its outbox. False: it had none."""
    subscription = connection.subscriptions.pop(room_id, None)
    if subscription is None:
        return False
    node.subscriptions.remove(subscription, connection.actor.id if connection.actor else None)
    connection.outbox.forget(subscription)
    return True
