"""The members of a room over REST (PROTOCOL §5): see them, give roles, warn, ban, kick."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pac.accounts.model import Actor, MemberId
from pac.clock import Instant, from_rfc3339
from pac.errors import FieldFault, InvalidFields
from pac.rooms import moderation
from pac.rooms.access import Standing, access_room, may
from pac.rooms.model import Membership, RoomId
from pac.rooms.rules import Action, refuse_moderating
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.room_schemas import ListedMember, MemberList, MemberRequest, MemberRow, MembersQuery
from pac.web.api.schemas import UNSAFE, Done, page_index, paged, refusals
from pac.web.identity import Identity
from pac.web.parts import WebParts

MEMBERS_PAGE = 50


def member_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1/room/{room_id}/member", tags=["members"])

    @router.get("", summary="Who is in the room, 50 a page", responses=refusals(401, 403, 404, 422))
    async def members(room_id: str, request: Request, asked: Annotated[MembersQuery, Query()]) -> MemberList:
        actor, now = await identity.actor(request), parts.clock.now()
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.SUBSCRIBE, now)
            page = await tx.rooms.members_page(
                RoomId(room_id), number=page_index(asked.page), size=MEMBERS_PAGE, query=asked.q.strip()
            )
        rows = []
        for member in page.rows:
            row = MemberRow.row(member, now, online=parts.is_online(RoomId(room_id), member.member_id))
            moderate, appoint = offered(actor, standing, member, now)
            rows.append(ListedMember(**row.model_dump(), mayModerate=moderate, mayAppoint=appoint))
        return MemberList(content=rows, **paged(page.number, page.size, page.total, len(rows)))

    @router.put(
        "/{member_id}",
        summary="Give a role; warn, ban (VOID) or pardon (ALIVE)",
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def change(room_id: str, member_id: str, asked: MemberRequest, request: Request) -> MemberRow:
        actor, now = await identity.actor(request), parts.clock.now()
        room, member = RoomId(room_id), MemberId(member_id)
        until = _instant("voidUntil", asked.voidUntil)
        if asked.role is None and asked.status is None:
            raise InvalidFields(FieldFault("role", "required"))
        if until is not None and asked.status is None:
            raise InvalidFields(FieldFault("voidUntil", "past"))
        async with parts.database.writing() as tx:
            if asked.role is not None:
                changed = await moderation.give_role(
                    tx, actor, room, member, asked.role, now=now, ids=parts.ids
                )
            if asked.status is not None:
                changed = await moderation.set_status(
                    tx,
                    actor,
                    room,
                    member,
                    asked.status,
                    until=until,
                    reason=asked.reason,
                    now=now,
                    ids=parts.ids,
                )
        return MemberRow.row(changed, now, online=parts.is_online(room, member))

    @router.delete(
        "/{member_id}",
        summary="Kick: out of the room, free to come back as it allows",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def kick(room_id: str, member_id: str, request: Request) -> Done:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await moderation.kick(
                tx, actor, RoomId(room_id), MemberId(member_id), now=parts.clock.now(), ids=parts.ids
            )
        return Done(state="KICKED")

    return router


def offered(actor: Actor, standing: Standing, member: Membership, now: Instant) -> tuple[bool, bool]:
    """(moderate, appoint): what the rules would let this caller do with this member."""
    is_free = refuse_moderating(actor, standing.room, member) is None
    return is_free and may(actor, standing, Action.MODERATE, now), is_free and may(
        actor, standing, Action.APPOINT, now
    )


def _instant(field: str, text: str | None) -> Instant | None:
    """Raises InvalidFields for what is no RFC 3339 time."""
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise InvalidFields(FieldFault(field, "date_form")) from error
