"""Who on this node reads which room, and how far each has come.

A subscription is LIVE when it has been given everything up to the room's head, so that all live ones take the
same bytes. Otherwise it is BEHIND and reads the log by itself until it has come up to the head. Nothing else
decides what a reader is sent, so resume, replay, a slow reader and a lost broadcast are one case.
"""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

from pac.accounts.model import MemberId
from pac.messages.model import Epoch, Seq
from pac.rooms.access import Standing
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.connection import Connection


class Progress(Enum):
    PENDING = auto()
    """Registered, its rights not yet read: nothing is sent, but no change of rights is missed."""
    BEHIND = auto()
    LIVE = auto()
    OVER = auto()


class Subscription:
    """One socket's reading of one room. `cursor` is the last seq it was given, while it is BEHIND."""

    __slots__ = ("connection", "cursor", "progress", "readers", "stale", "standing", "typing")

    def __init__(self, connection: "Connection", readers: "RoomReaders") -> None:
        self.connection = connection
        self.readers = readers
        self.standing: Standing | None = None
        self.cursor = Seq(0)
        self.progress = Progress.PENDING
        self.stale = False
        """Rights changed while they were being read: read them again."""
        self.typing = False

    @property
    def room_id(self) -> RoomId:
        return self.readers.room_id


class RoomReaders:
    """The subscriptions of one room on this node. `head`: every live one has been given all up to it."""

    __slots__ = ("ahead", "epoch", "head", "live", "members", "nicknames", "others", "room_id")

    def __init__(self, room_id: RoomId) -> None:
        self.room_id = room_id
        self.head: Seq | None = None
        self.epoch: Epoch | None = None
        self.live: set[Subscription] = set()
        self.others: set[Subscription] = set()
        """PENDING and BEHIND."""
        self.ahead: set[Subscription] = set()
        """BEHIND, and already past the head: read from the log before the broker told; live at the next flush."""
        self.members: dict[MemberId, int] = {}
        """How many sockets of each member read the room."""
        self.nicknames: dict[MemberId, str] = {}

    def __iter__(self) -> Iterator[Subscription]:
        yield from self.live
        yield from self.others

    @property
    def is_empty(self) -> bool:
        return not self.live and not self.others


Presence = Callable[[RoomReaders, MemberId, str], None]


def _unheard(readers: RoomReaders, member_id: MemberId, nickname: str) -> None:
    """Nobody asks who is there."""


class Subscriptions:
    """All rooms that are read on this node. A room without readers takes no memory and no work.

    `arrived` and `gone` hear of a member's first and last socket in a room.
    """

    def __init__(self, arrived: Presence = _unheard, gone: Presence = _unheard) -> None:
        self._arrived = arrived
        self._gone = gone
        self._rooms: dict[RoomId, RoomReaders] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def readers(self, room_id: RoomId) -> RoomReaders | None:
        return self._rooms.get(room_id)

    def rooms(self) -> list[RoomReaders]:
        return list(self._rooms.values())

    def online(self, room_id: RoomId) -> int:
        """How many members read the room here, each once."""
        readers = self._rooms.get(room_id)
        return len(readers.members) if readers else 0

    def is_online(self, room_id: RoomId, member_id: MemberId) -> bool:
        readers = self._rooms.get(room_id)
        return readers is not None and member_id in readers.members

    def register(self, connection: "Connection", room_id: RoomId) -> Subscription:
        """Before the rights are read: from here on no change of them goes unnoticed (SECURITY 2.16)."""
        readers = self._rooms.get(room_id)
        if readers is None:
            readers = self._rooms[room_id] = RoomReaders(room_id)
        subscription = Subscription(connection, readers)
        readers.others.add(subscription)
        self._count += 1
        return subscription

    def grant(
        self, subscription: Subscription, standing: Standing, member: MemberId, nickname: str = ""
    ) -> None:
        """The rights are there: the subscription is BEHIND from here on."""
        subscription.standing = standing
        subscription.progress = Progress.BEHIND
        readers = subscription.readers
        sockets = readers.members.get(member, 0)
        readers.members[member] = sockets + 1
        if not sockets:
            readers.nicknames[member] = nickname
            self._arrived(readers, member, nickname)

    def remove(self, subscription: Subscription, member: MemberId | None) -> None:
        """End it; doing so twice does nothing."""
        if subscription.progress is Progress.OVER:
            return
        readers = subscription.readers
        if member is not None and subscription.progress is not Progress.PENDING:
            left = readers.members.get(member, 0) - 1
            if left > 0:
                readers.members[member] = left
            elif readers.members.pop(member, None) is not None:
                self._gone(readers, member, readers.nicknames.pop(member, ""))
        subscription.progress = Progress.OVER
        readers.live.discard(subscription)
        readers.others.discard(subscription)
        readers.ahead.discard(subscription)
        self._count -= 1
        if readers.is_empty and self._rooms.get(readers.room_id) is readers:
            del self._rooms[readers.room_id]
