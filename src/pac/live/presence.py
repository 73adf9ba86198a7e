"""Who is in a room right now, told to those who read it: openly second-class, never stored (PROTOCOL promise 4).

A member is there while one of its sockets reads the room, and GRACE_S longer, so that a reload is no coming and
going. What changed is told at most once a second and room, and by name only while few are there.
"""

from collections.abc import Callable

from pac.accounts.model import MemberId
from pac.clock import Clock
from pac.live.broadcaster import CallLater, Timer
from pac.live.frames import Opcode, framed
from pac.live.protocol import Person, PresenceChanged, encode
from pac.live.subscriptions import RoomReaders
from pac.rooms.model import RoomId

GRACE_S = 2.0
EVERY_S = 1.0
SOON_S = 0.05
"""Several who come at once are told together; and whoever comes has its answer before it hears of itself."""
NAMED_UP_TO = 200


class _Room:
    """What is known of one room: who is in grace, and what has not been told yet."""

    __slots__ = ("joined", "leaving", "left", "timer", "told_at")

    def __init__(self) -> None:
        self.leaving: dict[MemberId, tuple[str, Timer]] = {}
        self.joined: dict[MemberId, str] = {}
        self.left: dict[MemberId, str] = {}
        self.timer: Timer | None = None
        self.told_at = -EVERY_S


class RoomPresence:
    def __init__(
        self, clock: Clock, call_later: CallLater, readers_of: Callable[[RoomId], RoomReaders | None]
    ) -> None:
        self._clock = clock
        self._call_later = call_later
        self._readers_of = readers_of
        self._rooms: dict[RoomId, _Room] = {}

    def arrived(self, readers: RoomReaders, member_id: MemberId, nickname: str) -> None:
        """A member's first socket reads the room."""
        room = self._rooms.setdefault(readers.room_id, _Room())
        leaving = room.leaving.pop(member_id, None)
        if leaving is not None:
            leaving[1].cancel()
            return  # nobody was told that it had gone
        if room.left.pop(member_id, None) is None:
            room.joined[member_id] = nickname
        self._tell_soon(readers.room_id, room)

    def gone(self, readers: RoomReaders, member_id: MemberId, nickname: str) -> None:
        """A member's last socket does not read the room any more; it has a moment to come back."""
        room_id = readers.room_id
        room = self._rooms.setdefault(room_id, _Room())
        timer = self._call_later(GRACE_S, lambda: self._grace_over(room_id, member_id))
        room.leaving[member_id] = nickname, timer

    def online(self, room_id: RoomId) -> int:
        """How many are there, each once, those in grace included."""
        readers, room = self._readers_of(room_id), self._rooms.get(room_id)
        return (len(readers.members) if readers else 0) + (len(room.leaving) if room else 0)

    def named(self, room_id: RoomId, limit: int = NAMED_UP_TO) -> list[Person]:
        """The first of them."""
        readers = self._readers_of(room_id)
        if readers is None:
            return []
        people = zip(readers.nicknames.items(), range(limit), strict=False)
        return [Person(member_id, nickname) for (member_id, nickname), _ in people]

    def _grace_over(self, room_id: RoomId, member_id: MemberId) -> None:
        room = self._rooms[room_id]
        nickname, _ = room.leaving.pop(member_id)
        if room.joined.pop(member_id, None) is None:
            room.left[member_id] = nickname
        self._tell_soon(room_id, room)

    def _tell_soon(self, room_id: RoomId, room: _Room) -> None:
        if room.timer is None:
            wait = max(SOON_S, room.told_at + EVERY_S - self._clock.monotonic())
            room.timer = self._call_later(wait, lambda: self._tell(room_id))

    def _tell(self, room_id: RoomId) -> None:
        room = self._rooms[room_id]
        room.timer = None
        joined, left = room.joined, room.left
        room.joined, room.left = {}, {}
        room.told_at = self._clock.monotonic()
        readers = self._readers_of(room_id)
        if readers is None:
            if not room.leaving:
                del self._rooms[room_id]
            return
        online = self.online(room_id)
        by_name = online <= NAMED_UP_TO
        frame = framed(
            Opcode.TEXT,
            encode(
                PresenceChanged(
                    room_id, online, _people(joined) if by_name else [], _people(left) if by_name else []
                )
            ),
        )
        for subscription in readers:
            if subscription.standing is not None:
                subscription.connection.push(frame)


def _people(members: dict[MemberId, str]) -> list[Person]:
    return [Person(member_id, nickname) for member_id, nickname in members.items()]
