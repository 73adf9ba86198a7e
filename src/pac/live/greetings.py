"""Who says `hello` is looked up in its turn at the door, and only so many at once: a thousand dead tokens do not
queue up before the one store that members ask too."""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from pac.http.door import Door
from pac.live.connection import Connection, State

AT_ONCE = 64
"""Under way at the same time. Each is a task and a place in the queue of the store."""

Greeting = Callable[[], Coroutine[Any, Any, None]]
Start = Callable[[Coroutine[Any, Any, None], Connection], None]


class Greetings:
    """`start` runs a coroutine as a task of this connection. The rest wait here; the sockets that have not been
    greeted, which have a cap, are the bound."""

    def __init__(self, door: Door, start: Start) -> None:
        self._door = door
        self._start = start
        self._waiting: deque[tuple[Connection, Greeting]] = deque()
        self._taken_up = 0

    def judge(self, connection: Connection, greeting: Greeting) -> None:
        """In the order they came."""
        self._waiting.append((connection, greeting))
        self._take_up()

    def _take_up(self) -> None:
        if self._waiting and self._taken_up < AT_ONCE:
            self._taken_up += 1
            self._door.ask(self._begin)

    def _begin(self) -> None:
        if not self._waiting:
            self._taken_up -= 1
            return
        connection, greeting = self._waiting.popleft()
        if connection.state is not State.GREETING:
            self._door.ask(self._begin)  # it is gone, and its place is free
            return
        self._start(self._door.charged(self._judged(greeting)), connection)
        self._take_up()

    async def _judged(self, greeting: Greeting) -> None:
        try:
            await greeting()
        finally:
            self._taken_up -= 1
            self._take_up()
