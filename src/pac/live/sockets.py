"""Every socket of this node: by member, by session, and how many stand at the door.

A socket is filed under its session before that session is looked up, so a revocation that comes in between
finds it (SECURITY 2.16).
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Protocol, TypeVar

from pac import telemetry
from pac.accounts.model import MemberId
from pac.accounts.sessions import SessionKey
from pac.limits.rules import Limits
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.handshake import Turned


class Socket(Protocol):
    """What carries out a connection's effects."""

    connection: Connection

    def perform(self, effects: list[Effect]) -> None: ...


class Sockets:
    """`is_late`: whether this process is behind with its own work (lag.py)."""

    def __init__(self, limits: Limits, is_late: Callable[[], bool] = lambda: False) -> None:
        self._limits = limits
        self._is_late = is_late
        self._all: dict[Connection, Socket] = {}
        self._by_member: dict[MemberId, dict[Connection, Socket]] = defaultdict(dict)
        self._by_session: dict[SessionKey, dict[Connection, Socket]] = defaultdict(dict)
        self._ungreeted: Counter[str] = Counter()
        self._at_the_door = 0
        self._empty = asyncio.Event()
        self.closed_to_new = False

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._all.values()))

    def refusal(self, address: str) -> Turned | None:
        """Why this address may not open one more socket now (SECURITY 3.3, 3.12)."""
        if self.closed_to_new:
            return Turned(HTTPStatus.SERVICE_UNAVAILABLE, "This node is going down.", (("Retry-After", "1"),))
        if self._is_late():
            return Turned(
                HTTPStatus.SERVICE_UNAVAILABLE, "This node is late with its work.", (("Retry-After", "5"),)
            )
        if len(self._all) >= self._limits.connections or self._at_the_door >= self._limits.ungreeted:
            return Turned(HTTPStatus.SERVICE_UNAVAILABLE, "This node is full.", (("Retry-After", "5"),))
        if self._ungreeted[address] >= self._limits.ungreeted_per_address:
            return Turned(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many sockets from here without a hello.",
                (("Retry-After", "10"),),
            )
        return None

    def opened(self, socket: Socket) -> None:
        self._all[socket.connection] = socket
        self._ungreeted[socket.connection.admission.address] += 1
        self._at_the_door += 1
        telemetry.connections.set(len(self._all))

    def claim(self, connection: Connection, key: SessionKey) -> None:
        """File it under the session it says it has, before that is looked up."""
        connection.session_key = key
        if connection in self._all:
            self._by_session[key][connection] = self._all[connection]

    def greeted(self, connection: Connection, member_id: MemberId) -> None:
        """It is this member's socket now, and no longer counts at the door."""
        if connection in self._all:
            self._leave_door(connection)
            self._by_member[member_id][connection] = self._all[connection]
            telemetry.members_online.set(len(self._by_member))

    def closed(self, connection: Connection) -> None:
        if self._all.pop(connection, None) is None:
            return
        if connection.actor is None:
            self._leave_door(connection)
        else:
            _unfile(self._by_member, connection.actor.id, connection)
        if connection.session_key is not None:
            _unfile(self._by_session, connection.session_key, connection)
        if not self._all:
            self._empty.set()
        telemetry.connections.set(len(self._all))
        telemetry.members_online.set(len(self._by_member))

    async def all_closed(self) -> None:
        """Returns when no socket is left; meant for a node that takes no new ones."""
        while self._all:
            self._empty.clear()
            await self._empty.wait()

    def of(self, connection: Connection) -> Socket | None:
        return self._all.get(connection)

    def of_member(self, member_id: MemberId) -> list[Socket]:
        return list(self._by_member.get(member_id, {}).values())

    def has_others(self, member_id: MemberId, connection: Connection) -> bool:
        """Whether the member has a socket beside this one."""
        own = self._by_member.get(member_id)
        return own is not None and (len(own) > 1 or connection not in own)

    def of_session(self, key: SessionKey) -> list[Socket]:
        return list(self._by_session.get(key, {}).values())

    def members(self) -> list[MemberId]:
        return list(self._by_member)

    def _leave_door(self, connection: Connection) -> None:
        address = connection.admission.address
        self._ungreeted[address] -= 1
        self._at_the_door -= 1
        if self._ungreeted[address] <= 0:
            del self._ungreeted[address]


Key = TypeVar("Key", MemberId, SessionKey)


def _unfile(files: dict[Key, dict[Connection, Socket]], key: Key, connection: Connection) -> None:
    file = files.get(key)
    if file is not None:
        file.pop(connection, None)
        if not file:
            del files[key]
