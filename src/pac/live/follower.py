"""Keeps what this node holds true: who was signed out, locked, or has left, and which rooms have ended.

Every second, and at once when this process made the change itself, it reads what was committed since it last
looked (rooms/changes.py, accounts/sessions.py) and acts on it. So a right that is lost reaches every live
socket within 2 s of the answer to the call that took it, whoever made that call (PROTOCOL promise 5). When the
session store cannot be read, sockets live on for the grace period and are then closed (SECURITY 2.17).
"""

import asyncio
from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from pac import telemetry
from pac.accounts.events import AccountsChanged, SessionEnded
from pac.accounts.model import Actor, MemberId
from pac.accounts.sessions import SessionKey
from pac.errors import Unavailable
from pac.live.disconnects import Disconnect
from pac.live.room_changes import RoomChanges
from pac.rooms.changes import Change
from pac.rooms.events import RoomsChanged

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 1.0
RECHECK_SESSIONS_S = 1.0


class Follower:
    def __init__(self, node: "Node") -> None:
        self._node = node
        self._parts = node.parts
        self._rooms = RoomChanges(node)
        self._changes_cursor = 0
        self._sessions_cursor = 0
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._blind_since: float | None = None
        self._rechecked_at = 0.0
        for event in (RoomsChanged, AccountsChanged, SessionEnded):
            self._parts.listeners.on(event, lambda _: self._wake.set())

    async def start(self) -> None:
        """Remember where the feeds stand before any socket is open: older changes concern none of ours."""
        self._changes_cursor = await self._parts.changes.cursor()
        self._sessions_cursor = await self._parts.sessions.ended_cursor()

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.catch_up()
                await self._rooms.tell()
                await self._recheck_sessions()
            except Unavailable:
                self._blind()
            except Exception:  # noqa: BLE001 - the edge of this task: the next turn reads the same changes again
                telemetry.log.exception(telemetry.TASK_FAILED)

    async def catch_up(self) -> None:
        """Act on every change that is committed by now. Raises StoreUnavailable."""
        async with self._one_at_a_time:
            cursor, ended = await self._parts.sessions.ended_after(self._sessions_cursor)
            await self._end_sockets_of(ended)
            self._sessions_cursor = cursor
            while changes := await self._parts.changes.after(self._changes_cursor):
                for change in changes:
                    await self._apply(change)
                    self._changes_cursor = change.number
            self._blind_since = None

    def _blind(self) -> None:
        """The stores cannot be read. Fail closed after the grace period."""
        now = self._node.now()
        if self._blind_since is None:
            self._blind_since = now
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="sessions")
        elif now - self._blind_since >= self._parts.session_grace_s:
            for socket in self._node.sockets:
                socket.perform(socket.connection.hang_up(Disconnect.OVERLOADED))

    async def _recheck_sessions(self) -> None:
        """Close sockets whose session's time has run out, unless it was used elsewhere (SECURITY 2.13)."""
        if self._node.now() - self._rechecked_at < RECHECK_SESSIONS_S:
            return
        self._rechecked_at = self._node.now()
        now = self._parts.clock.now()
        for socket in self._node.sockets:
            connection = socket.connection
            if connection.session_ends_at is None or connection.session_ends_at > now:
                continue
            assert connection.session_key is not None  # both are set by hello
            session = await self._parts.sessions.find(connection.session_key)
            if session is not None and session.is_live(now):
                connection.session_ends_at = session.ends_at()
            else:
                socket.perform(connection.hang_up(Disconnect.SESSION_ENDED))

    async def _end_sockets_of(self, ended: Sequence[SessionKey]) -> None:
        """Sign-outs first, however many changes wait. A lock ends sessions too, and says so by a code of its own."""
        sockets = [socket for key in ended for socket in self._node.sockets.of_session(key)]
        locked = await self._locked({socket.connection.actor for socket in sockets}) if sockets else set()
        for key in ended:
            for socket in self._node.sockets.of_session(key):
                is_locked = socket.connection.actor in locked
                code = Disconnect.MEMBER_LOCKED if is_locked else Disconnect.SESSION_ENDED
                socket.perform(socket.connection.hang_up(code))

    async def _locked(self, actors: Set[Actor | None]) -> set[Actor | None]:
        """Those of them who may not sign in any more; nobody while that cannot be read."""
        locked: set[Actor | None] = set()
        try:
            async with self._parts.database.reading() as tx:
                for actor in actors:
                    member = None if actor is None else await tx.accounts.by_id(actor.id)
                    if member is not None and not member.may_sign_in:
                        locked.add(actor)
        except Unavailable:
            pass  # that the session has ended is true as well, and may not wait
        return locked

    async def _apply(self, change: Change) -> None:
        if change.room_id is not None:
            await self._rooms.apply(change, change.room_id)
        else:
            await self._account_changed(change.member_id)

    async def _account_changed(self, member_id: MemberId) -> None:
        sockets = self._node.sockets.of_member(member_id)
        if not sockets:
            return
        async with self._parts.database.reading() as tx:
            member = await tx.accounts.by_id(member_id)
        for socket in sockets:
            if member is None or not member.may_sign_in:
                socket.perform(socket.connection.hang_up(Disconnect.MEMBER_LOCKED))
            else:
                socket.connection.actor = member.actor
