"""The message service of one process: its sockets, what they read, and the work that is under way for them.

Everything that takes time for a socket (a command that asks a store, a replay) is a task of this node's one
TaskGroup; an idle socket has none. A task that fails closes its own socket with 4013 and disturbs no other.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from zoneinfo import ZoneInfo

from pac import telemetry
from pac.accounts.model import MemberId
from pac.live.broadcaster import Broadcaster
from pac.live.channels import Channels
from pac.live.commands import COMMANDS
from pac.live.connection import PING_EVERY_S, PING_JITTER, Connection, State
from pac.live.dialect import PAC_V2
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect, Perform
from pac.live.greetings import Greetings
from pac.live.guests import Guests
from pac.live.handshake import Admission
from pac.live.lag import OVERLOADED_S
from pac.live.lookups import Lookups
from pac.live.outbox import Outbox
from pac.live.parts import LiveParts
from pac.live.presence import RoomPresence
from pac.live.protocol_v1 import MEMBER_REQUESTS, Original
from pac.live.read_marks import ReadMarks
from pac.live.replay import Replay
from pac.live.rings import Rings
from pac.live.sockets import Socket, Sockets
from pac.live.subscriptions import Progress, RoomReaders, Subscription, Subscriptions
from pac.rooms.model import RoomId


def _call_later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)


class Node:
    def __init__(self, parts: LiveParts) -> None:
        self.parts = parts
        self.sockets = Sockets(parts.limits, lambda: self.is_overloaded)
        self.presence = RoomPresence(
            parts.clock, _call_later, lambda room_id: self.subscriptions.readers(room_id)
        )
        self.read_marks = ReadMarks(self, _call_later)
        self.subscriptions = Subscriptions(self.presence.arrived, self._gone)
        self.rings = Rings(parts.log, parts.clock, self.subscriptions.readers)
        self.broadcaster = Broadcaster(
            self.subscriptions,
            self.rings,
            parts.clock,
            _call_later,
            catch_up=lambda subscription: self.catch_up(subscription.connection),
            overflowed=self._overflowed,
        )
        self.lookups = Lookups(parts)
        self._replay = Replay(self.rings, self.broadcaster)
        zone = ZoneInfo(parts.timezone)
        self._original = Original(MEMBER_REQUESTS, parts.clock, zone)
        self.channels = Channels(self._original, parts.limiter, parts.limits.comings)
        self.guests = Guests(parts.clock, parts.ids, parts.limiter, parts.limits, zone, is_full=self._is_full)
        self._greetings = Greetings(parts.door, self.start)
        self._group: asyncio.TaskGroup | None = None
        self._asking: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self.draining = False
        self.lag_s = 0.0
        parts.broker.listen(self.broadcaster.receive)

    async def __aenter__(self) -> "Node":
        self._group = await asyncio.TaskGroup().__aenter__()
        self._asking = [
            self._group.create_task(self.lookups.run()),
            self._group.create_task(self.rings.run()),
        ]
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        assert self._group is not None
        group, self._group = self._group, None
        for task in self._under_way:
            task.cancel()  # what is still under way belongs to sockets that are gone
        for task in self._asking:
            task.cancel()
        await group.__aexit__(None, None, None)

    def now(self) -> float:
        return self.parts.clock.monotonic()

    def connect(self, admission: Admission, write: Callable[[bytes], None], buffered: int) -> Connection:
        """A connection for a socket that was let in; `buffered`: bytes its transport takes before it says stop."""
        return Connection(
            admission,
            self.parts.limits,
            Outbox(write, self.parts.limits.queue_bytes - buffered),
            id=self.parts.ids.uuid7(self.parts.clock.now()),
            ping_every=PING_EVERY_S * self.parts.ids.jitter(*PING_JITTER),
            now=self.now(),
            dialect=PAC_V2 if admission.subprotocol else self._original,
        )

    def opened(self, socket: Socket) -> None:
        self.sockets.opened(socket)

    def _is_full(self) -> bool:
        """For a guest: members come first."""
        sockets = len(self.sockets) + len(self.guests)
        return self.is_overloaded or sockets >= self.parts.limits.connections

    @property
    def is_overloaded(self) -> bool:
        return self.lag_s > OVERLOADED_S

    def perform(self, connection: Connection, effects: list[Effect]) -> None:
        """Carry out effects that did not come from reading the socket. One that is gone needs none."""
        if effects:
            socket = self.sockets.of(connection)
            if socket is not None:
                socket.perform(effects)

    def command(self, connection: Connection, perform: Perform) -> list[Effect]:
        """Run a frame's command. One that has to wait becomes a task, and `performed` follows it."""
        if connection.state is State.GREETING:
            self._greetings.judge(connection, lambda: self._greet(connection, perform))
            return []
        done = COMMANDS[perform.op](self, connection, perform.request)
        if isinstance(done, list):
            return [*done, *connection.performed(self.now())]
        self.start(self._finish(connection, done), connection)
        return []

    async def _greet(self, connection: Connection, perform: Perform) -> None:
        done = COMMANDS[perform.op](self, connection, perform.request)
        if isinstance(done, list):
            self.perform(connection, [*done, *connection.performed(self.now())])
        else:
            await self._finish(connection, done)

    async def _finish(self, connection: Connection, command: Coroutine[Any, Any, list[Effect]]) -> None:
        effects = await command
        self.perform(connection, effects)
        self.perform(connection, connection.performed(self.now()))

    def catch_up(self, connection: Connection) -> None:
        """Start a replay for what is behind, unless one is under way."""
        if connection.catching_up or connection.state is not State.OPEN or self._replay.at_once(connection):
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

    def _gone(self, readers: RoomReaders, member_id: MemberId, nickname: str) -> None:
        self.presence.gone(readers, member_id, nickname)
        self.read_marks.forget(readers.room_id, member_id)

    def closed(self, connection: Connection) -> None:
        """The socket is gone: nothing of it stays."""
        member = connection.actor.id if connection.actor else None
        for subscription in connection.subscriptions.values():
            self.subscriptions.remove(subscription, member)
        connection.subscriptions.clear()
        self.channels.leave(connection)
        self.sockets.closed(connection)
        telemetry.subscriptions.set(len(self.subscriptions))
