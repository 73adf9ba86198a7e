"""The change feed: what every node must hear of accounts and rooms within 2 s (SECURITY 2.15, promise 5).

A row is written in the transaction of the change itself, so a node that reads the feed each second misses
nothing, whoever made the change: this process, another one, or `pac admin` beside a running server. Telling
each other directly only makes it faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pac.accounts.model import MemberId
from pac.rooms.events import Fact
from pac.rooms.model import RoomId


@dataclass(frozen=True, slots=True)
class Change:
    """Something about this member, this room, or this member in this room is no longer as it was.

    `fact` is set where it was a RoomFact; None where an account was locked, unlocked or given another role.
    """

    number: int
    member_id: MemberId
    room_id: RoomId | None
    fact: Fact | None


class ChangeFeed(Protocol):
    """Raises StoreUnavailable when the store cannot be reached; the cursor then stays where it was."""

    async def after(self, cursor: int) -> Sequence[Change]:
        """At most 1,000 changes with number > cursor, ascending. Rows are kept for at least an hour."""

    async def cursor(self) -> int:
        """The number of the newest change, 0 if there was none."""
