"""Rooms, and how members stand in them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

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


class RoomStatus(StrEnum):
    ALIVE = "ALIVE"
    ENDED = "ENDED"


class RoomRole(StrEnum):
    SYSOP = "SYSOP"
    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"


class RoomMemberStatus(StrEnum):
    ALIVE = "ALIVE"
    EXITED = "EXITED"


@dataclass(frozen=True, slots=True)
class Room:
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


@dataclass(frozen=True, slots=True)
class Membership:
    """One member's place in one room. Kept after the member has left, for the log; then it gives no right."""

    room_id: RoomId
    member_id: MemberId
    nickname: str
    role: RoomRole
    status: RoomMemberStatus
    joined_at: Instant
    exited_at: Instant | None = None

    @property
    def is_present(self) -> bool:
        return self.status is not RoomMemberStatus.EXITED


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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rooms; `number` counts from 0."""

    rows: tuple[RoomRow, ...]
    number: int
    size: int
    total: int
