"""What rooms ask of storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pac.accounts.model import MemberId
from pac.accounts.store import AccountTransaction
from pac.clock import Instant
from pac.rooms.events import RoomFact
from pac.rooms.model import LobbySort, Membership, Page, Room, RoomId
from pac.transactions import Transaction


class RoomStore(Protocol):
    async def add(self, room: Room) -> None: ...

    async def by_id(self, room_id: RoomId) -> Room | None: ...

    async def by_id_to_change(self, room_id: RoomId) -> Room | None:
        """As by_id, holding the room against every other change of it until this transaction ends."""

    async def save(self, room: Room) -> None:
        """Write every field of a room that exists."""

    async def membership(self, room_id: RoomId, member_id: MemberId) -> Membership | None:
        """How the member stands, EXITED included; None if it never joined."""

    async def memberships(self, room_id: RoomId, *, limit: int, offset: int = 0) -> Sequence[Membership]:
        """Those who are present, SYSOPs first, then by the time they joined."""

    async def save_membership(self, membership: Membership) -> None:
        """Insert or replace the one row of this room and member."""

    async def count_present(self, room_id: RoomId) -> int:
        """How many count against the capacity."""

    async def lobby(self, actor: MemberId, *, number: int, size: int, query: str, sort: LobbySort) -> Page:
        """ALIVE rooms of the lobby whose name contains `query` (case folded; empty for all).

        `number` counts from 0. Ties are broken by id, so that pages neither repeat nor drop a room.
        """

    async def owned_by(self, member_id: MemberId, *, number: int, size: int) -> Page:
        """Rooms this member owns, newest first."""

    async def joined_by(self, member_id: MemberId, *, number: int, size: int) -> Page:
        """Rooms this member is in, the last active first, ENDED ones included."""

    async def note_activity(self, at_by_room: Mapping[RoomId, Instant]) -> None:
        """When each of these rooms was last spoken in; a time never goes back. For sorting lists only."""

    async def record(self, fact: RoomFact) -> None:
        """Write the fact to the outbox (unless quiet) and to the change feed, in this transaction."""


class RoomTransaction(AccountTransaction, Transaction, Protocol):
    @property
    def rooms(self) -> RoomStore: ...
