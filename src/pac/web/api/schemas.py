"""The JSON of REST, under the names of PROTOCOL §5. Fields a route does not know are 422."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pac.accounts.model import AppRole, LoginProvider, Member
from pac.http.problems import ErrorCode
from pac.messages.access import HISTORY_LIMIT
from pac.rooms.model import (
    LobbySort,
    Membership,
    Room,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomRow,
    RoomStatus,
)

Text = Annotated[str, StringConstraints(max_length=8_192, pattern=r"^[^\x00]*$")]
"""Bounded here so that nothing longer is looked at; the real limits stand in the domain. U+0000 is in no text."""

BIGGEST = 2**53 - 1

_WHOLE = re.compile(r"-?[0-9]{1,16}")


def _whole(given: Any) -> Any:
    """Plain digits only: int() and pydantic would take `1_0`, ` 1`, `+1`, `1.0` and digits of other scripts."""
    if isinstance(given, str) and not _WHOLE.fullmatch(given):
        raise ValueError("a whole number in plain digits")
    return given


Whole = Annotated[int, BeforeValidator(_whole), Field(ge=-BIGGEST, le=BIGGEST)]
"""A number in a query."""


class Asked(BaseModel):
    """What a client sends: strict types, no unknown field."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Queried(BaseModel):
    """What a client asks in the query; texts there, so not strict about them, but no unknown field either."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Queried):
    page: Whole = 1


class LobbyQuery(PageQuery):
    q: Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")] = ""
    sort: LobbySort = LobbySort.NEWEST


class LogQuery(PageQuery):
    """By page, or by `before` or `after` with `limit`."""

    before: Annotated[Whole, Field(ge=0)] | None = None
    after: Annotated[Whole, Field(ge=0)] | None = None
    limit: Annotated[Whole, Field(ge=1)] = HISTORY_LIMIT


class Answered(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldProblem(Answered):
    field: str
    code: str
    message: str


class ProblemDocument(Answered):
    """RFC 9457, with the original's members in it too."""

    type: str
    title: str
    status: int
    detail: str
    errorId: str  # noqa: N815 - names on the wire, here and below
    errorCode: ErrorCode  # noqa: N815
    errorMessage: str  # noqa: N815
    errors: list[FieldProblem] | None = None


_REFUSALS = {
    400: "The body is not JSON",
    401: "No session, or one that has ended",
    403: "Known, but not allowed; or a request another site may have started",
    404: "Not there, or not yours to know",
    409: "In conflict with what is",
    413: "A body over 64 KiB",
    415: "Not application/json, or with a content encoding",
    422: "Fields that do not fit, or that the route does not know",
    429: "Too often; Retry-After says when it works again",
    500: "A fault of ours",
    503: "A store is away, or too much waits; Retry-After says when to try again",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside its good end, for OpenAPI: these, and what any route may."""
    return {
        status: {"description": _REFUSALS[status], "model": ProblemDocument}
        for status in sorted({*statuses, 500, 503})
    }


UNSAFE = (400, 403, 413, 415, 422)
"""What anything but a GET may be answered before its route looks at it."""


class JoinRequest(Asked):
    username: Text
    password: Text
    nickname: Text
    email: Text | None = None


class JoinResponse(Answered):
    id: str
    username: str
    nickname: str
    email: str | None


class LoginRequest(Asked):
    username: Text
    password: Text


class SessionMember(Answered):
    """Who is signed in; `token` opens a socket for five minutes and is never the session id."""

    id: str
    provider: LoginProvider
    username: str
    profileImage: str | None  # noqa: N815
    htmlUrl: str | None  # noqa: N815
    nickname: str
    email: str | None
    appRole: AppRole  # noqa: N815
    token: str

    @classmethod
    def of(cls, member: Member, token: str) -> "SessionMember":
        return cls(
            id=member.id,
            provider=member.provider,
            username=member.username,
            profileImage=member.profile_image,
            htmlUrl=member.html_url,
            nickname=member.nickname,
            email=member.email,
            appRole=member.app_role,
            token=token,
        )


class RoomCreateRequest(Asked):
    roomName: Text  # noqa: N815
    description: Text = ""
    imageUrl: Text | None = None  # noqa: N815
    capacity: Annotated[int, Field(ge=-BIGGEST, le=BIGGEST)] = 100
    roomPublic: Annotated[RoomPublic, Field(strict=False)] = RoomPublic.AVAILABLE  # noqa: N815


class RoomMember(Answered):
    id: str
    nickname: str
    status: RoomMemberStatus
    role: RoomRole
    joinDateTime: str  # noqa: N815

    @classmethod
    def of(cls, membership: Membership, joined_at: str) -> "RoomMember":
        return cls(
            id=membership.member_id,
            nickname=membership.nickname,
            status=membership.status,
            role=membership.role,
            joinDateTime=joined_at,
        )


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

    participates: list[RoomMember]
    owner: Owner | None


class RoomListRow(RoomSummary):
    """`unread` joins these fields with read marks."""

    onlineCount: int  # noqa: N815
    lastActivityAt: str  # noqa: N815
    role: RoomRole | None
    status: RoomMemberStatus | None


class Paged(Answered):
    """A page as the original's clients know it; `number` counts from 0."""

    totalPages: int  # noqa: N815
    totalElements: int  # noqa: N815
    number: int
    size: int
    first: bool
    last: bool
    numberOfElements: int  # noqa: N815
    empty: bool


class RoomList(Paged):
    content: list[RoomListRow]


class LogRow(Answered):
    """`cid` on the reader's own messages only; `event` on SYSTEM rows."""

    id: str
    roomId: str  # noqa: N815
    userId: str  # noqa: N815
    nickname: str
    message: str
    timestamp: str
    type: Literal["TEXT", "SYSTEM"]
    seq: int
    event: str | None = None
    cid: str | None = None


class LogPageResponse(Paged):
    content: list[LogRow]


class LogRange(Answered):
    messages: list[LogRow]
    more: bool


class Done(Answered):
    state: Literal["JOINED", "EXITED", "ENDED"]


def paged(number: int, size: int, total: int, shown: int) -> dict[str, Any]:
    """The numbers of a page, from what was asked and found."""
    pages = -(-total // size)
    return {
        "totalPages": pages,
        "totalElements": total,
        "number": number,
        "size": size,
        "first": number == 0,
        "last": number >= pages - 1,
        "numberOfElements": shown,
        "empty": shown == 0,
    }


def page_index(page: int) -> int:
    """`page` counts from 1 outside; 0 and below mean the first (PROTOCOL §5)."""
    return max(0, min(page, 1_000_000) - 1)


def summary(room: Room, count: int, created_at: str) -> dict[str, Any]:
    return {
        "roomId": room.id,
        "name": room.name,
        "description": room.description,
        "imageUrl": room.image_url,
        "capacity": room.capacity,
        "roomMembersCount": count,
        "roomStatus": room.status,
        "roomPublic": room.public,
        "createdAt": created_at,
    }


def list_row(row: RoomRow, online: int, created_at: str, last_activity_at: str) -> RoomListRow:
    membership = row.membership
    return RoomListRow(
        **summary(row.room, row.members_count, created_at),
        onlineCount=online,
        lastActivityAt=last_activity_at,
        role=membership.role if membership else None,
        status=membership.status if membership else None,
    )
