"""What this node's sockets ask its stores for many at once: who they are, how they stand, where their rooms stand.

When thousands come back together, each of these is a query for hundreds of them (questions.py). None of it is kept:
whoever asks is answered from what was read after asking (SECURITY 2.16).
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pac.accounts.access import Identified, holders
from pac.accounts.model import MemberId
from pac.accounts.sessions import SessionKey, TokenKey
from pac.live.parts import LiveParts
from pac.messages.model import Position, Seq
from pac.questions import Questions
from pac.rooms.model import RoomId, RoomRow

Place = tuple[RoomId, MemberId]


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a room's log stands, and how many texts follow what a member has read; None where nobody asked."""

    position: Position
    unread: int | None


class Lookups:
    def __init__(self, parts: LiveParts) -> None:
        self._parts = parts
        clock = parts.clock
        self.tokens: Questions[TokenKey, SessionKey] = Questions(
            self._sessions_of_tokens, clock, name="tokens"
        )
        """The session of a live token; none for one that is unknown, expired, or whose session has ended."""
        self.holders: Questions[SessionKey, Identified] = Questions(self._holders, clock, name="holders")
        """Who holds a session (accounts.access.holders)."""
        self.rows: Questions[Place, RoomRow] = Questions(self._rows, clock, name="rows")
        """A room as this member stands in it; none for one that is not there."""
        self.reached: Questions[tuple[RoomId, Seq | None], Reached] = Questions(
            self._reached, clock, name="reached"
        )
        """By room, and by how far its reader has read it, if that is to be told."""

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.tokens.run(), name="pac-ask-tokens")
            tasks.create_task(self.holders.run(), name="pac-ask-holders")
            tasks.create_task(self.rows.run(), name="pac-ask-rows")
            tasks.create_task(self.reached.run(), name="pac-ask-reached")

    async def _sessions_of_tokens(self, keys: Collection[TokenKey]) -> Mapping[TokenKey, SessionKey]:
        return await self._parts.sessions.sessions_of_tokens(keys, self._parts.clock.now())

    async def _holders(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, Identified]:
        return await holders(self._parts.database, self._parts.sessions, keys, self._parts.clock.now())

    async def _rows(self, places: Collection[Place]) -> Mapping[Place, RoomRow]:
        async with self._parts.database.reading() as tx:
            return await tx.rooms.rows(places)

    async def _reached(
        self, asked: Collection[tuple[RoomId, Seq | None]]
    ) -> Mapping[tuple[RoomId, Seq | None], Reached]:
        positions = await self._parts.log.positions({room_id for room_id, _ in asked})
        places = [(room_id, mark) for room_id, mark in asked if mark is not None]
        unread = await self._parts.log.unread(places)
        return {
            (room_id, mark): Reached(positions[room_id], None if mark is None else unread[room_id, mark])
            for room_id, mark in asked
        }
