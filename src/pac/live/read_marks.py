"""How far each member has read, here in memory and written down a little later (PROTOCOL §3, read).

Openly second-class: a crash loses the last second of it. A mark never goes back.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from pac import telemetry
from pac.accounts.model import MemberId
from pac.errors import Unavailable
from pac.live.broadcaster import CallLater
from pac.live.connection import Connection
from pac.live.frames import Opcode, framed
from pac.live.protocol import ReadElsewhere, encode
from pac.messages.model import Seq
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node

EVERY_S = 0.5
TELL_AFTER_S = 0.05
"""Whoever writes fast moves its mark as fast: its other devices hear of the last one only."""
LATELY_S = 10.0
"""Longer than any reading of the store takes: one that began before a mark was written may end after it."""


class ReadMarks:
    def __init__(self, node: "Node", call_later: CallLater) -> None:
        self._node = node
        self._call_later = call_later
        self._untold: dict[tuple[RoomId, MemberId], tuple[Seq, Connection]] = {}
        """Moved a moment ago, and on which socket."""
        self._known: dict[tuple[RoomId, MemberId], Seq] = {}
        """Of members who read the room here; a room or member that is gone is forgotten with what is written."""
        self._unwritten: dict[tuple[RoomId, MemberId], Seq] = {}
        self._lately: deque[tuple[float, dict[tuple[RoomId, MemberId], Seq]]] = deque()
        """What was written lately, and when: whoever has read the store just before is not told the old mark."""

    def learn(self, room_id: RoomId, member_id: MemberId, stored: int) -> Seq:
        """What the store knows of it, or better."""
        place = room_id, member_id
        mark = max(
            Seq(stored), self._mark(place), *(written.get(place, Seq(0)) for _, written in self._lately)
        )
        self._known[place] = mark
        return mark

    def move(self, room_id: RoomId, member_id: MemberId, seq: Seq, by: Connection) -> None:
        """This member of the room has read up to `seq`, which is in the log; its other sockets hear of it.

        Also when the socket it sent on is gone: what one has said oneself is read.
        """
        place = room_id, member_id
        if seq <= self._mark(place):
            return
        self._unwritten[place] = seq
        if place in self._known:
            self._known[place] = seq
        if self._node.sockets.has_others(member_id, by):
            if not self._untold:
                self._call_later(TELL_AFTER_S, self.tell)
            self._untold[place] = seq, by

    def tell(self) -> None:
        """Tell the other devices what has moved since the last time."""
        untold, self._untold = self._untold, {}
        for (room_id, member_id), (seq, by) in untold.items():
            frame = framed(Opcode.TEXT, encode(ReadElsewhere(room_id, seq)))
            for socket in self._node.sockets.of_member(member_id):
                if socket.connection is not by:
                    socket.perform(socket.connection.tell(frame))

    def forget(self, room_id: RoomId, member_id: MemberId) -> None:
        """The member's last socket in the room has gone."""
        self._known.pop((room_id, member_id), None)

    async def run(self) -> None:
        """Write down what has moved, until cancelled; what could not be written is tried again."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()

    def _mark(self, place: tuple[RoomId, MemberId]) -> Seq:
        return max(self._known.get(place, Seq(0)), self._unwritten.get(place, Seq(0)))

    async def write(self) -> None:
        while self._lately and self._lately[0][0] < self._node.now() - LATELY_S:
            self._lately.popleft()
        if not self._unwritten:
            return
        moved = dict(self._unwritten)
        try:
            async with self._node.parts.database.writing() as tx:
                await tx.rooms.note_read(moved)
        except Unavailable:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="rooms")
            return
        self._lately.append((self._node.now(), moved))
        for place, seq in moved.items():
            # Until here: whoever comes back while it is being written must not be told the old mark.
            if self._unwritten[place] == seq:
                del self._unwritten[place]
