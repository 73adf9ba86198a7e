"""`SUBSCRIBE` and `MESSAGE`, the commands of the original's frames: `hello`, `subscribe` and `send` in other words.

What those three answer is put into the original's words, or into a close code, by the dialect
(live/protocol_v1.py); here is only what the original's frames do not say themselves.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from pac.live.commands.hello import hello
from pac.live.commands.send import send
from pac.live.commands.subscribe import subscribe
from pac.live.connection import Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect
from pac.live.protocol import Hello, RoomCursor, Send, Subscribe
from pac.live.protocol_v1 import Say, SubscribeChannel
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node


async def subscribe_channel(node: "Node", connection: Connection, request: SubscribeChannel) -> list[Effect]:
    """The first one says who it is. A cookie says it better than a token: a page is shown with a token that is
    dead five minutes later, when it has to connect again."""
    channel = request.identifier.channel
    effects: list[Effect] = []
    if connection.state is State.GREETING:
        token = "" if connection.admission.session_id else request.identifier.token or ""
        effects = await hello(node, connection, Hello(id="", token=token))
        if not connection.is_live:
            return effects
    already = RoomId(channel) in connection.subscriptions
    effects += await subscribe(node, connection, Subscribe(id="", rooms=[RoomCursor(room=channel)]))
    if RoomId(channel) in connection.subscriptions:
        if not already:
            assert connection.actor is not None  # only an OPEN connection has subscriptions
            node.channels.enter(connection, channel, connection.actor.nickname)
    elif connection.is_live:
        # Neither granted nor closed with 4505: a store is away, or this was too fast. It may come back.
        effects += connection.hang_up(Disconnect.OVERLOADED)
    return effects


def say(
    node: "Node", connection: Connection, request: Say
) -> list[Effect] | Coroutine[Any, Any, list[Effect]]:
    """An empty line is ignored, as the original does."""
    if not (request.message or "").strip():
        return []
    assert request.message is not None
    cid = node.parts.ids.uuid7(node.parts.clock.now())
    return send(node, connection, Send(id="", room=request.identifier.channel, cid=cid, body=request.message))
