"""What rooms ask of storage."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pac.accounts.model import MemberId
from pac.accounts.store import AccountTransaction
from pac.clock import Instant
from pac.rooms.events import RoomFact
from pac.rooms.model import (
    Invitation,
    JoinRequest,
    LobbySort,
    Membership,
    Page,
    Room,
    RoomId,
    RoomRow,
)
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

    async def rows(
        self, places: Collection[tuple[RoomId, MemberId]]
    ) -> Mapping[tuple[RoomId, MemberId], RoomRow]:
        """Each of these rooms as this member stands in it, EXITED included. Rooms that are not there are left out.
        Two queries, however many rooms and members there are, and whether they are there or not."""

    async def memberships(self, room_id: RoomId, *, limit: int, offset: int = 0) -> Sequence[Membership]:
        """Those who are present, SYSOPs first, then by the time they joined."""

    async def members_page(
        self, room_id: RoomId, *, number: int, size: int, query: str = ""
    ) -> Page[Membership]:
        """As memberships, by page, those whose nickname contains `query` (case folded)."""

    async def successor(self, room_id: RoomId, but: MemberId) -> Membership | None:
        """Who takes a room over: the oldest SYSOP, else the oldest MEMBER, neither banned, and not `but`."""

    async def bans_over(self, now: Instant, limit: int) -> Sequence[Membership]:
        """Bans whose time has run out and whose end nobody has noted yet."""

    async def departures(self, limit: int) -> Sequence[Membership]:
        """Those who are in a room and whose account is deleted."""

    async def save_membership(self, membership: Membership) -> None:
        """Insert or replace the one row of this room and member."""

    async def note_read(self, marks: Mapping[tuple[RoomId, MemberId], int]) -> None:
        """How far members have read. A mark never goes back; one of nobody's is dropped."""

    async def count_present(self, room_id: RoomId) -> int:
        """How many count against the capacity."""

    async def lobby(
        self, actor: MemberId, *, number: int, size: int, query: str, sort: LobbySort
    ) -> Page[RoomRow]:
        """ALIVE rooms of the lobby whose name contains every word of `query`, case folded, or has it as the first
        consonants of its syllables (ㅎㄱ: 한강); all of them if it is empty.

        `number` counts from 0. Ties are broken by id, so that pages neither repeat nor drop a room.
        """

    async def owned_by(self, member_id: MemberId, *, number: int, size: int) -> Page[RoomRow]:
        """Rooms this member owns, newest first; VOID ones are left out."""

    async def joined_by(self, member_id: MemberId, *, number: int, size: int) -> Page[RoomRow]:
        """Rooms this member is in, the last active first, ENDED ones included, VOID ones left out."""

    async def every_room(self, actor: MemberId, *, number: int, size: int, query: str) -> Page[RoomRow]:
        """All rooms of the installation, newest first: for administrators."""

    async def note_activity(self, at_by_room: Mapping[RoomId, Instant]) -> None:
        """When each of these rooms was last spoken in; a time never goes back. For sorting lists only."""

    async def record(self, fact: RoomFact) -> None:
        """Write the fact to the outbox (unless quiet) and to the change feed, in this transaction."""


class AdmissionStore(Protocol):
    """Who asks to be let in, and the links that let people in."""

    async def ask(self, request: JoinRequest) -> bool:
        """False when this member has asked before and is not answered yet."""

    async def request(self, room_id: RoomId, member_id: MemberId) -> JoinRequest | None: ...

    async def remove_request(self, room_id: RoomId, member_id: MemberId) -> None: ...

    async def requests(self, room_id: RoomId, *, number: int, size: int) -> Page[JoinRequest]:
        """Oldest first."""

    async def add_invitation(self, invitation: Invitation, token_key: str) -> None: ...

    async def save_invitation(self, invitation: Invitation) -> None:
        """Write its uses and whether it is revoked."""

    async def invitation(self, room_id: RoomId, invitation_id: str) -> Invitation | None: ...

    async def invitation_by_token(self, token_key: str) -> Invitation | None: ...

    async def open_invitations(
        self, room_id: RoomId, now: Instant, *, number: int, size: int
    ) -> Page[Invitation]:
        """Those that still let somebody in, newest first."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to which room or member, and why they said they did (SECURITY 10.4)."""

    id: str
    at: Instant
    event: str
    actor_id: MemberId
    room_id: RoomId | None = None
    target_id: MemberId | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event with the names of today's members, for people to read."""

    event: AuditEvent
    actor: str
    target: str | None


class AuditStore(Protocol):
    async def add(self, event: AuditEvent) -> None: ...

    async def page(
        self, *, number: int, size: int, room_id: RoomId | None = None, only: Sequence[str] = ()
    ) -> Page[AuditRow]:
        """Newest first; of one room, or of these events only, where given."""


class RoomTransaction(AccountTransaction, Transaction, Protocol):
    @property
    def rooms(self) -> RoomStore: ...

    @property
    def admissions(self) -> AdmissionStore: ...

    @property
    def audit(self) -> AuditStore: ...
