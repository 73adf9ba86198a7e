"""Rooms, and how members stand in them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from pac.accounts.model import MemberId
from pac.clock import Instant

RoomId = NewType("RoomId", str)

CAPACITY_MAX = 100_000
QUIET_ABOVE = 200
"""Above this many members, joining and leaving change the count and write no line (PROTOCOL §3, message)."""


class RoomPublic(StrEnum):
    """Who sees, reads and joins a room (PROTOCOL §6)."""

    AVAILABLE = "AVAILABLE"
    OBSERVER = "OBSERVER"
    PRIVATE = "PRIVATE"
    INVISIBLE = "INVISIBLE"
    VOID = "VOID"
    """Disabled by an administrator; the visibility it had comes back when that is taken back."""


class RoomStatus(StrEnum):
    ALIVE = "ALIVE"
    ENDED = "ENDED"


class RoomRole(StrEnum):
    SYSOP = "SYSOP"
    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"


class RoomMemberStatus(StrEnum):
    ALIVE = "ALIVE"
    WARNING = "WARNING"
    """Writes in slow mode, and is shown as warned."""
    VOID = "VOID"
    """Banned here: neither reads nor writes until the ban ends."""
    EXITED = "EXITED"


@dataclass(frozen=True, slots=True)
class Room:
    """`slow_mode_s`: how many seconds a member waits between two messages, 0 for no wait; SYSOPs never do.
    `former_public` is set while the room is VOID."""

    id: RoomId
    name: str
    description: str
    image_url: str | None
    capacity: int
    public: RoomPublic
    status: RoomStatus
    owner_id: MemberId
    created_at: Instant
    ended_at: Instant | None = None
    slow_mode_s: int = 0
    former_public: RoomPublic | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """One member's place in one room. Kept after the member has left, for the log; then it gives no right.

    `void_until`: when a ban ends by itself; None for one that stays until it is lifted. `read_seq`: the last
    entry of the log that this member has seen.
    """

    room_id: RoomId
    member_id: MemberId
    nickname: str
    role: RoomRole
    status: RoomMemberStatus
    joined_at: Instant
    exited_at: Instant | None = None
    void_until: Instant | None = None
    read_seq: int = 0

    @property
    def is_present(self) -> bool:
        """Counts against the capacity: everyone who has not left, the banned included."""
        return self.status is not RoomMemberStatus.EXITED

    def is_banned(self, now: Instant) -> bool:
        """A ban that has run out is none, whether or not anybody has noted its end yet."""
        return self.status is RoomMemberStatus.VOID and (self.void_until is None or now < self.void_until)

    def status_at(self, now: Instant) -> RoomMemberStatus:
        if self.status is RoomMemberStatus.VOID and not self.is_banned(now):
            return RoomMemberStatus.ALIVE
        return self.status


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody asks to be let into a PRIVATE room."""

    room_id: RoomId
    member_id: MemberId
    nickname: str
    asked_at: Instant


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets people in. Its token is known to whoever made it; only a hash of it is kept.

    `max_uses` None: any number. `expires_at` None: until it is revoked.
    """

    id: str
    room_id: RoomId
    created_by: MemberId
    created_at: Instant
    expires_at: Instant | None = None
    max_uses: int | None = None
    uses: int = 0
    revoked_at: Instant | None = None

    def is_open(self, now: Instant) -> bool:
        return (
            self.revoked_at is None
            and (self.expires_at is None or now < self.expires_at)
            and (self.max_uses is None or self.uses < self.max_uses)
        )


class LobbySort(StrEnum):
    NEWEST = "newest"
    ACTIVITY = "activity"
    MEMBERS = "members"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room as a list shows it: with its count, its last activity, and how the one who asks stands in it."""

    room: Room
    members_count: int
    last_activity_at: Instant
    membership: Membership | None


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list; `number` counts from 0, `total` is how many rows all pages have."""

    rows: tuple[Row, ...]
    number: int
    size: int
    total: int
