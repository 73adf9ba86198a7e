"""The JSON of rooms, their members, requests and invitations (PROTOCOL §5)."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pac.accounts.model import AppRole
from pac.clock import Instant, rfc3339
from pac.names import DESCRIPTION_MAX, ROOM_NAME_MAX
from pac.rooms.actions import IMAGE_URL_MAX, SLOW_MODE_MAX_S
from pac.rooms.admission import HOURS_MAX, USES_MAX, Decision
from pac.rooms.model import (
    CAPACITY_MAX,
    Invitation,
    LobbySort,
    Membership,
    Room,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomRow,
    RoomStatus,
)
from pac.rooms.moderation import REASON_MAX
from pac.web.api.schemas import NO_NUL, Answered, Asked, Number, Paged, PageQuery, Text, described, example

RoomName = Annotated[Text, described("string", minLength=1, maxLength=ROOM_NAME_MAX, format="name")]
Description = Annotated[Text, described("string", maxLength=DESCRIPTION_MAX, format="text")]
ImageUrl = Annotated[Text, described("string", maxLength=IMAGE_URL_MAX, pattern=NO_NUL)]
Capacity = Annotated[Number, described("integer", minimum=1, maximum=CAPACITY_MAX)]
SlowMode = Annotated[Number, described("integer", minimum=0, maximum=SLOW_MODE_MAX_S)]
Uses = Annotated[Number, described("integer", minimum=1, maximum=USES_MAX)]
Hours = Annotated[Number, described("integer", minimum=1, maximum=HOURS_MAX)]
Moment = Annotated[Text, described("string", format="date-time")]
Reason = Annotated[Text, described("string", maxLength=REASON_MAX, pattern=NO_NUL)]
WrittenReason = Annotated[Text, described("string", minLength=1, maxLength=REASON_MAX, format="name")]
"""One that has to be given."""
Opened = Annotated[
    RoomPublic,
    Field(strict=False),
    described("string", enum=sorted(set(RoomPublic) - {RoomPublic.VOID})),
]
"""VOID is an administrator's."""
Given = Annotated[
    RoomMemberStatus,
    Field(strict=False),
    described("string", enum=sorted(set(RoomMemberStatus) - {RoomMemberStatus.EXITED})),
]
"""Nobody is made to have left."""


class LobbyQuery(PageQuery):
    q: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""
    sort: LobbySort = LobbySort.NEWEST


class MembersQuery(PageQuery):
    q: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""


class RoomCreateRequest(Asked):
    model_config = example(
        roomName="광장", description="누구나", imageUrl=None, capacity=100, roomPublic="AVAILABLE"
    )

    roomName: RoomName  # noqa: N815
    description: Description = ""
    imageUrl: ImageUrl | None = None  # noqa: N815
    capacity: Capacity = 100
    roomPublic: Opened = RoomPublic.AVAILABLE  # noqa: N815


class RoomModifyRequest(Asked):
    """Fields left out stay. `status` ENDED ends the room; `public` VOID is for administrators, elsewhere."""

    model_config = example(name="새 이름", capacity=50, slowModeSeconds=10)

    name: RoomName | None = None
    status: Annotated[RoomStatus, Field(strict=False)] | None = None
    public: Annotated[RoomPublic, Field(strict=False)] | None = None
    description: Description | None = None
    imageUrl: ImageUrl | None = None  # noqa: N815
    capacity: Capacity | None = None
    slowModeSeconds: SlowMode | None = None  # noqa: N815


class OwnerRequest(Asked):
    model_config = example(ownerMemberId="0197c0de-0000-7000-8000-000000000001")

    ownerMemberId: Text  # noqa: N815


class MemberRequest(Asked):
    """`voidUntil`: when a ban (status VOID) ends by itself; left out, it stays until it is lifted."""

    model_config = example(status="VOID", voidUntil="2027-01-31T09:00:00Z", reason="spam")

    role: Annotated[RoomRole, Field(strict=False)] | None = None
    status: Given | None = None
    voidUntil: Moment | None = None  # noqa: N815
    reason: Reason | None = None


class DecisionRequest(Asked):
    model_config = example(decision="ACCEPT")

    decision: Annotated[Decision, Field(strict=False)]


class InvitationRequest(Asked):
    model_config = example(maxUses=10, expiresInHours=168)

    maxUses: Uses | None = None  # noqa: N815
    expiresInHours: Hours | None = None  # noqa: N815


class VoidRequest(Asked):
    model_config = example(void=True, reason="spam")

    void: bool
    reason: WrittenReason


class LockRequest(Asked):
    model_config = example(locked=True, reason="abuse")

    locked: bool | None = None
    appRole: Annotated[AppRole, Field(strict=False)] | None = None  # noqa: N815
    reason: WrittenReason


class ReasonRequest(Asked):
    model_config = example(reason="report 17")

    reason: WrittenReason


class RoomMember(Answered):
    id: str
    nickname: str
    status: RoomMemberStatus
    role: RoomRole
    joinDateTime: str  # noqa: N815

    @classmethod
    def of(cls, membership: Membership, now: Instant) -> "RoomMember":
        return cls(
            id=membership.member_id,
            nickname=membership.nickname,
            status=membership.status_at(now),
            role=membership.role,
            joinDateTime=rfc3339(membership.joined_at),
        )


class MemberRow(RoomMember):
    voidUntil: str | None  # noqa: N815
    online: bool

    @classmethod
    def row(cls, membership: Membership, now: Instant, *, online: bool) -> "MemberRow":
        banned = membership.is_banned(now) and membership.void_until is not None
        return cls(
            **RoomMember.of(membership, now).model_dump(),
            voidUntil=rfc3339(membership.void_until) if banned and membership.void_until else None,
            online=online,
        )


class ListedMember(MemberRow):
    """`mayModerate`: the caller may warn, ban, kick and give the roles MEMBER and OBSERVER here; `mayAppoint`: also
    SYSOP, and hand the room over. What a client offers is this, and not worked out by it."""

    mayModerate: bool  # noqa: N815
    mayAppoint: bool  # noqa: N815


class RequestRow(Answered):
    id: str
    nickname: str
    askedAt: str  # noqa: N815


class InvitationRow(Answered):
    """Its token and address are shown once, to whoever makes it: the server keeps only a hash of them."""

    id: str
    token: str | None
    url: str | None
    maxUses: int | None  # noqa: N815
    uses: int
    expiresAt: str | None  # noqa: N815
    createdBy: str  # noqa: N815

    @classmethod
    def of(cls, invitation: Invitation, token: str | None = None, url: str | None = None) -> "InvitationRow":
        expires_at = invitation.expires_at
        return cls(
            id=invitation.id,
            token=token,
            url=url,
            maxUses=invitation.max_uses,
            uses=invitation.uses,
            expiresAt=None if expires_at is None else rfc3339(expires_at),
            createdBy=invitation.created_by,
        )


class InvitationPreview(Answered):
    roomId: str  # noqa: N815
    name: str
    description: str
    roomPublic: RoomPublic  # noqa: N815
    roomStatus: RoomStatus  # noqa: N815
    roomMembersCount: int  # noqa: N815


class RoomCreateResponse(Answered):
    roomId: str  # noqa: N815
    participates: list[RoomMember]


class Owner(Answered):
    id: str
    nickname: str


class RoomSummary(Answered):
    roomId: str  # noqa: N815
    name: str
    description: str
    imageUrl: str | None  # noqa: N815
    capacity: int
    roomMembersCount: int  # noqa: N815
    roomStatus: RoomStatus  # noqa: N815
    roomPublic: RoomPublic  # noqa: N815
    createdAt: str  # noqa: N815


class RoomResponse(RoomSummary):
    """`participates` is the first 200, for those who may read the room, else empty."""

    slowModeSeconds: int  # noqa: N815
    participates: list[RoomMember]
    owner: Owner | None


class RoomBadge(Answered):
    """All that a stranger sees of a PRIVATE room."""

    roomId: str  # noqa: N815
    name: str
    roomPublic: RoomPublic  # noqa: N815
    roomStatus: RoomStatus  # noqa: N815
    roomMembersCount: int  # noqa: N815


class RoomListRow(RoomSummary):
    """`role`, `status` and `unread` are the caller's: null where they are not in the room. A PRIVATE room's
    description and picture are its members'."""

    onlineCount: int  # noqa: N815
    lastActivityAt: str  # noqa: N815
    role: RoomRole | None
    status: RoomMemberStatus | None
    unread: int | None


class RoomList(Paged):
    content: list[RoomListRow]


class MemberList(Paged):
    content: list[ListedMember]


class RequestList(Paged):
    content: list[RequestRow]


class InvitationList(Paged):
    content: list[InvitationRow]


class Asking(Answered):
    """Somebody in the room has to let the caller in."""

    state: Literal["ASKED"]


def summary(room: Room, count: int) -> dict[str, Any]:
    return {
        "roomId": room.id,
        "name": room.name,
        "description": room.description,
        "imageUrl": room.image_url,
        "capacity": room.capacity,
        "roomMembersCount": count,
        "roomStatus": room.status,
        "roomPublic": room.public,
        "createdAt": rfc3339(room.created_at),
    }


def list_row(row: RoomRow, now: Instant, *, online: int, unread: int | None, shown: bool) -> RoomListRow:
    """`shown`: whether the caller may see more than name, badge and counts."""
    membership = row.membership
    room = row.room if shown else replace(row.room, description="", image_url=None)
    return RoomListRow(
        **summary(room, row.members_count),
        onlineCount=online,
        lastActivityAt=rfc3339(row.last_activity_at),
        role=membership.role if membership else None,
        status=membership.status_at(now) if membership else None,
        unread=unread,
    )
