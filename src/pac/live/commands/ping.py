"""`ping`: for browsers, which cannot see control frames."""

from typing import TYPE_CHECKING

from pac.clock import rfc3339
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Ping, Pong

if TYPE_CHECKING:
    from pac.live.node import Node


def ping(node: "Node", connection: Connection, request: Ping) -> list[Effect]:
    return connection.answer(Pong(ts=rfc3339(node.parts.clock.now()), id=request.id))
