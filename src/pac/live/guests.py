"""`/simplemessage`: anybody may talk, under any name, about nothing that is kept.

Its rooms are names in this process's memory and exist while somebody is in them. Nothing here is given a store,
a session or a broker (the contract "Guests reach nothing" in pyproject.toml), so nothing said or done here can
reach a real room. Everything is bounded: sockets per address and in all, rooms, sockets a room, rooms a socket,
lines per address and per room, and bytes that wait.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import tzinfo
from http import HTTPStatus
from typing import Protocol

from pac import names, telemetry
from pac.accounts.throttle import counted_as
from pac.clock import Clock
from pac.errors import NotSubscribed, RateLimited, Refusal, TooManyRooms
from pac.ids import IdSource
from pac.limits.limiter import Limiter
from pac.limits.rules import Limits
from pac.live.channels import Channels
from pac.live.connection import PING_EVERY_S, PING_JITTER, Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect, Perform
from pac.live.handshake import Admission, Turned
from pac.live.outbox import Outbox
from pac.live.protocol_v1 import GUEST_REQUESTS, Original, Say, SubscribeAsGuest
from pac.messages.body import checked_body

CHANNEL = re.compile(r"random(-[A-Za-z0-9-]{1,40})?")
GUEST = "손님"
ROOMS_MAX = 256
SOCKETS_PER_ROOM = 500
ROOMS_PER_SOCKET = 5
QUEUE_BYTES = 32_768


class Socket(Protocol):
    """What carries out a connection's effects."""

    connection: Connection

    def perform(self, effects: list[Effect]) -> None: ...


class Guests:
    """`is_full`: whether this process has no room for one more socket of any kind."""

    def __init__(
        self,
        clock: Clock,
        ids: IdSource,
        limiter: Limiter,
        limits: Limits,
        zone: tzinfo,
        *,
        is_full: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._limiter = limiter
        self._limits = limits
        self._is_full = is_full
        self._dialect = Original(GUEST_REQUESTS, clock, zone)
        self._sockets: dict[Connection, Socket] = {}
        self._by_address: Counter[str] = Counter()
        self.channels = Channels(self._dialect, limiter, limits.guest_comings)
        self.closed_to_new = False

    def __len__(self) -> int:
        return len(self._sockets)

    # At the door

    def refusal(self, address: str) -> Turned | None:
        """Why this address may not open one more socket now."""
        if self.closed_to_new:
            return Turned(HTTPStatus.SERVICE_UNAVAILABLE, "This node is going down.", (("Retry-After", "1"),))
        if len(self._sockets) >= self._limits.guest_sockets or self._is_full():
            return Turned(
                HTTPStatus.SERVICE_UNAVAILABLE, "There are too many guests.", (("Retry-After", "30"),)
            )
        if self._by_address[counted_as(address)] >= self._limits.guest_sockets_per_address:
            return Turned(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many guests from here.", (("Retry-After", "30"),)
            )
        return None

    # What a socket's gateway asks for (gateway.Home)

    def now(self) -> float:
        return self._clock.monotonic()

    def connect(self, admission: Admission, write: Callable[[bytes], None], buffered: int) -> Connection:
        return Connection(
            admission,
            self._limits,
            Outbox(write, QUEUE_BYTES),
            id=self._ids.uuid7(self._clock.now()),
            ping_every=PING_EVERY_S * self._ids.jitter(*PING_JITTER),
            now=self.now(),
            dialect=self._dialect,
        )

    def opened(self, socket: Socket) -> None:
        self._sockets[socket.connection] = socket
        self._by_address[counted_as(socket.connection.admission.address)] += 1
        telemetry.guests.set(len(self._sockets))

    def drained(self, connection: Connection) -> None:
        """What was lost is lost: there is no log to read it from."""

    def closed(self, connection: Connection) -> None:
        if self._sockets.pop(connection, None) is None:
            return
        address = counted_as(connection.admission.address)
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]
        self.channels.leave(connection)
        telemetry.guests.set(len(self._sockets))

    def close_all(self, code: Disconnect) -> None:
        for socket in list(self._sockets.values()):
            socket.perform(socket.connection.hang_up(code))

    def command(self, connection: Connection, perform: Perform) -> list[Effect]:
        match perform.request:
            case SubscribeAsGuest(identifier=identifier):
                effects = self._subscribe(connection, identifier.channel, identifier.nickname)
            case Say(identifier=identifier, message=message):
                effects = self._say(connection, identifier.channel, message or "")
            case _:
                raise AssertionError(perform.op)  # GUEST_REQUESTS has no other
        return [*effects, *connection.performed(self.now())]

    def _subscribe(self, connection: Connection, channel: str, nickname: str | None) -> list[Effect]:
        if not CHANNEL.fullmatch(channel):
            return connection.hang_up(Disconnect.BAD_FRAMES)
        connection.state = State.OPEN
        if self.channels.has(connection, channel):
            return []
        if self.channels.count_of(connection) >= ROOMS_PER_SOCKET:
            return connection.refuse(TooManyRooms(ROOMS_PER_SOCKET), self.now(), room=channel)
        there = self.channels.size(channel)
        if there >= SOCKETS_PER_ROOM or (there == 0 and len(self.channels) >= ROOMS_MAX):
            return connection.hang_up(Disconnect.OVERLOADED)
        name = self.channels.name_of(connection) or guest_name(nickname or "")
        self.channels.enter(connection, channel, name)
        return []

    def _say(self, connection: Connection, channel: str, message: str) -> list[Effect]:
        if not CHANNEL.fullmatch(channel):
            return connection.hang_up(Disconnect.BAD_FRAMES)
        if not message.strip():
            return []
        try:
            name = self.channels.name_of(connection)
            if name is None or not self.channels.has(connection, channel):
                raise NotSubscribed
            body = checked_body(message, self._limits.body_chars)
            self._spend(connection, channel)
        except Refusal as refusal:
            return connection.refuse(refusal, self.now(), room=channel)
        self.channels.tell(channel, name, body)
        return []

    def _spend(self, connection: Connection, channel: str) -> None:
        """So much an address, and so much a room: with many addresses in one room each line costs all of them."""
        address = counted_as(connection.admission.address)
        wait_ms = self._limiter.spend(self._limits.guest_send, address)
        if not wait_ms:
            wait_ms = self._limiter.spend(self._limits.guest_room, channel)
            if wait_ms:
                self._limiter.give_back(self._limits.guest_send, address)
        if wait_ms:
            raise RateLimited(wait_ms)


def guest_name(nickname: str) -> str:
    """`손님` and the name a guest chose, or `손님` alone for what is no name."""
    chosen = names.normalized(nickname)
    return GUEST if names.fault_in_name("nickname", chosen, names.NICKNAME_MAX) else f"{GUEST} {chosen}"
