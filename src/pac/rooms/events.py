"""What happened in rooms: facts that become lines of the log, and the event that wakes their readers."""

from dataclasses import dataclass
from enum import StrEnum

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.rooms.model import RoomId
from pac.transactions import Event


class Fact(StrEnum):
    """What can happen in a room. Those of LINES are told by a SYSTEM entry of the log (PROTOCOL §3, message); the
    others concern one member or a list, and are told to open pages only."""

    JOINED = "joined"
    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"
    UNBANNED = "unbanned"
    ROLE = "role"
    OWNER = "owner"
    RENAMED = "renamed"
    CHANGED = "changed"
    ENDED = "ended"
    DELETED = "deleted"
    """An entry of the log, whose seq is the fact's detail."""
    WARNED = "warned"
    UNWARNED = "unwarned"
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    VOIDED = "voided"
    UNVOIDED = "unvoided"


LINES = frozenset(
    {
        Fact.JOINED,
        Fact.LEFT,
        Fact.KICKED,
        Fact.BANNED,
        Fact.UNBANNED,
        Fact.ROLE,
        Fact.OWNER,
        Fact.RENAMED,
        Fact.CHANGED,
        Fact.ENDED,
        Fact.DELETED,
    }
)


@dataclass(frozen=True, slots=True)
class RoomFact:
    """An outbox row: written with the change it tells, turned into a log entry afterwards, exactly once.

    `id` becomes the entry's cid, so that a crash between the two stores neither loses nor doubles the line.
    `member` is whom it is about; `detail` is the new role, the new name, or
    the seq of what was deleted. `quiet`
    facts wake readers and write no line.
    """

    id: str
    room_id: RoomId
    fact: Fact
    member_id: MemberId
    nickname: str
    at: Instant
    quiet: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RoomsChanged(Event):
    """At least one RoomFact was committed; the change feed and the outbox have it."""
