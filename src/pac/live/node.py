"""The message service of one process: its sockets, what they read, and the work that is under way for them.

Everything that takes time for a socket (a command that asks a store, a replay) is a task of this node's one
TaskGroup; an idle socket has none. A task that fails closes its own socket with 4013 and disturbs no other.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from zoneinfo import ZoneInfo

from pac import telemetry
from pac.live.broadcaster import Broadcaster
from pac.live.channels import Channels, LineOutbox
from pac.live.commands import COMMANDS
from pac.live.connection import PING_EVERY_S, Connection, Effect, Perform, State
from pac.live.dialect import PAC_V2
from pac.live.disconnects import Disconnect
from pac.live.guests import Guests
from pac.live.handshake import Admission
from pac.live.outbox import Outbox
from pac.live.parts import LiveParts
from pac.live.protocol_v1 import MEMBER_REQUESTS, Original
from pac.live.replay import Replay
from pac.live.sockets import Socket, Sockets
from pac.live.subscriptions import Progress, Subscription, Subscriptions
from pac.rooms.model import RoomId


class Node:
    def __init__(self, parts: LiveParts) -> None:
        self.parts = parts
        self.sockets = Sockets(parts.limits)
        self.subscriptions = Subscriptions()
        self.broadcaster = Broadcaster(
            self.subscriptions,
            parts.clock,
            lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call),
            catch_up=lambda subscription: self.catch_up(subscription.connection),
            overflowed=self._overflowed,
        )
        self._replay = Replay(parts.log, self.broadcaster)
        zone = ZoneInfo(parts.timezone)
        self._original = Original(MEMBER_REQUESTS, parts.clock, zone)
        self.channels = Channels(self._original, parts.limiter, parts.limits.comings)
        self.guests = Guests(parts.clock, parts.ids, parts.limiter, parts.limits, zone, is_full=self._is_full)
        self._group: asyncio.TaskGroup | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self.draining = False
        parts.broker.listen(self.broadcaster.receive)

    async def __aenter__(self) -> "Node":
        self._group = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        assert self._group is not None
        group, self._group = self._group, None
        for task in self._under_way:
            task.cancel()  # what is still under way belongs to sockets that are gone
        await group.__aexit__(None, None, None)

    def now(self) -> float:
        return self.parts.clock.monotonic()

    def connect(self, admission: Admission, write: Callable[[bytes], None], buffered: int) -> Connection:
        """A connection for a socket that was let in; `buffered`: bytes its transport takes before it says stop."""
        is_original = not admission.subprotocol
        queue_bytes = self.parts.limits.queue_bytes - buffered
        return Connection(
            admission,
            self.parts.limits,
            (LineOutbox if is_original else Outbox)(write, queue_bytes),
            id=self.parts.ids.uuid7(self.parts.clock.now()),
            ping_every=PING_EVERY_S * self.parts.ids.jitter(0.8, 1.2),
            now=self.now(),
            dialect=self._original if is_original else PAC_V2,
        )

    def opened(self, socket: Socket) -> None:
        self.sockets.opened(socket)

    def _is_full(self) -> bool:
        return len(self.sockets) + len(self.guests) >= self.parts.limits.connections

    def perform(self, connection: Connection, effects: list[Effect]) -> None:
        """Carry out effects that did not come from reading the socket. One that is gone needs none."""
        if effects:
            socket = self.sockets.of(connection)
            if socket is not None:
                socket.perform(effects)

    def command(self, connection: Connection, perform: Perform) -> list[Effect]:
        """Run a frame's command. One that has to wait becomes a task, and `performed` follows it."""
        done = COMMANDS[perform.op](self, connection, perform.request)
        if isinstance(done, list):
            return [*done, *connection.performed(self.now())]
        self.start(self._finish(connection, done), connection)
        return []

    async def _finish(self, connection: Connection, command: Coroutine[Any, Any, list[Effect]]) -> None:
        effects = await command
        self.perform(connection, effects)
        self.perform(connection, connection.performed(self.now()))

    def catch_up(self, connection: Connection) -> None:
        """Start a replay for what is behind, unless one is under way."""
        if connection.catching_up or connection.state is not State.OPEN:
            return
        connection.catching_up = True
        self.start(self._catch_up(connection), connection)

    async def _catch_up(self, connection: Connection) -> None:
        try:
            code = await self._replay.run(connection)
        finally:
            connection.catching_up = False
        if code is not None:
            self.perform(connection, connection.hang_up(code))

    def drained(self, connection: Connection) -> None:
        """The outbox takes bytes again: read on where the log was left."""
        if connection.outbox.is_open and connection.subscriptions:
            self.catch_up(connection)

    def resume_behind(self, connection: Connection, room_id: RoomId) -> None:
        """An own send was answered: a replay that waited for it goes on."""
        subscription = connection.subscriptions.get(room_id)
        if subscription is not None and subscription.progress is Progress.BEHIND:
            self.catch_up(connection)

    def _overflowed(self, subscription: Subscription) -> None:
        """The outbox is full: everything that waits in it is read from the log later (PROTOCOL promise 3)."""
        connection = subscription.connection
        for source, cursor in connection.outbox.drop_entries(self.now()).items():
            self.broadcaster.detach(source, cursor)  # type: ignore[arg-type]
        telemetry.outbox_overflows.inc()
        telemetry.log.info(telemetry.OUTBOX_OVERFLOWED, queued_bytes=connection.outbox.queued_bytes)
        self.perform(connection, [])

    def start(self, work: Coroutine[Any, Any, None], connection: Connection | None = None) -> None:
        """A task of this node. What it raises closes its connection, if it has one, and is logged."""
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(self._guard(work, connection))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _guard(self, work: Coroutine[Any, Any, None], connection: Connection | None) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - the edge of a task
            telemetry.log.exception(telemetry.TASK_FAILED)
            if connection is not None:
                self.perform(connection, connection.hang_up(Disconnect.INTERNAL))

    def closed(self, connection: Connection) -> None:
        """The socket is gone: nothing of it stays."""
        member = connection.actor.id if connection.actor else None
        for subscription in connection.subscriptions.values():
            self.subscriptions.remove(subscription, member)
        connection.subscriptions.clear()
        self.channels.leave(connection)
        self.sockets.closed(connection)
        telemetry.subscriptions.set(len(self.subscriptions))
