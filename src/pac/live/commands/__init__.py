"""What each op does. A command that can answer at once returns its effects; one that has to ask a store
returns a coroutine of them, and the frames behind it wait."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from pac.live.commands.delete import delete
from pac.live.commands.hello import hello
from pac.live.commands.history import history
from pac.live.commands.original import say, subscribe_channel
from pac.live.commands.ping import ping
from pac.live.commands.presence import presence
from pac.live.commands.read import read
from pac.live.commands.send import send
from pac.live.commands.subscribe import subscribe
from pac.live.commands.typing import typing
from pac.live.commands.unsubscribe import unsubscribe
from pac.live.connection import Connection
from pac.live.effects import Effect

if TYPE_CHECKING:
    from pac.live.node import Node

Command = Callable[["Node", Connection, Any], list[Effect] | Coroutine[Any, Any, list[Effect]]]

COMMANDS: dict[str, Command] = {
    "hello": hello,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "send": send,
    "history": history,
    "typing": typing,
    "read": read,
    "presence": presence,
    "delete": delete,
    "ping": ping,
    "SUBSCRIBE": subscribe_channel,
    "MESSAGE": say,
}
