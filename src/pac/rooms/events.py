"""What happened in rooms: facts that become lines of the log, and the event that wakes their readers."""

from dataclasses import dataclass
from enum import StrEnum

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.rooms.model import RoomId
from pac.transactions import Event


class Fact(StrEnum):
    """What a SYSTEM entry of the log tells (PROTOCOL §3, message)."""

    JOINED = "joined"
    LEFT = "left"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RoomFact:
    """An outbox row: written with the change it tells, turned into a log entry afterwards, exactly once.

    `id` becomes the entry's cid, so that a crash between the two stores neither loses nor doubles the line.
    `member` is whom it is about. `quiet` facts wake readers and write no line.
    """

    id: str
    room_id: RoomId
    fact: Fact
    member_id: MemberId
    nickname: str
    at: Instant
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class RoomsChanged(Event):
    """At least one RoomFact was committed; the change feed and the outbox have it."""
