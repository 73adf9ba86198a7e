"""Letting people in over REST (PROTOCOL §5): requests to join, and invitations."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pac.accounts.model import MemberId
from pac.clock import rfc3339
from pac.rooms import admission
from pac.rooms.admission import Decision
from pac.rooms.model import RoomId
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.room_schemas import (
    DecisionRequest,
    InvitationList,
    InvitationPreview,
    InvitationRequest,
    InvitationRow,
    RequestList,
    RequestRow,
)
from pac.web.api.schemas import UNSAFE, Done, PageQuery, page_index, paged, refusals
from pac.web.identity import Identity
from pac.web.parts import WebParts

PAGE = 50


def admission_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["admission"])

    @router.get(
        "/room/{room_id}/request",
        summary="Who asks to be let in, oldest first",
        responses=refusals(401, 403, 404, 409, 422),
    )
    async def requests(room_id: str, request: Request, asked: Annotated[PageQuery, Query()]) -> RequestList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            page = await admission.requests(
                tx, actor, RoomId(room_id), number=page_index(asked.page), size=PAGE, now=parts.clock.now()
            )
        rows = [
            RequestRow(id=one.member_id, nickname=one.nickname, askedAt=rfc3339(one.asked_at))
            for one in page.rows
        ]
        return RequestList(content=rows, **paged(page.number, page.size, page.total, len(rows)))

    @router.post(
        "/room/{room_id}/request/{member_id}",
        summary="Let somebody in, or turn them away",
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def answer(room_id: str, member_id: str, asked: DecisionRequest, request: Request) -> Done:
        actor = await identity.actor(request)
        top = (await parts.log.positions([RoomId(room_id)]))[RoomId(room_id)].top
        async with parts.database.writing() as tx:
            await admission.answer_request(
                tx,
                actor,
                RoomId(room_id),
                MemberId(member_id),
                asked.decision,
                now=parts.clock.now(),
                ids=parts.ids,
                read_up_to=top,
            )
        return Done(state="ACCEPTED" if asked.decision is Decision.ACCEPT else "REFUSED")

    @router.post(
        "/room/{room_id}/invitation",
        summary="A link that lets people in; shown this once",
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def invite(room_id: str, asked: InvitationRequest, request: Request) -> InvitationRow:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            invitation, token = await admission.invite(
                tx,
                actor,
                RoomId(room_id),
                max_uses=asked.maxUses,
                expires_in_hours=asked.expiresInHours,
                now=parts.clock.now(),
                ids=parts.ids,
            )
        return InvitationRow.of(invitation, token, parts.invitation_url(token))

    @router.get(
        "/room/{room_id}/invitation",
        summary="Invitations that still let somebody in, newest first",
        responses=refusals(401, 403, 404, 409, 422),
    )
    async def invitations(
        room_id: str, request: Request, asked: Annotated[PageQuery, Query()]
    ) -> InvitationList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            page = await admission.open_invitations(
                tx, actor, RoomId(room_id), number=page_index(asked.page), size=PAGE, now=parts.clock.now()
            )
        rows = [InvitationRow.of(one) for one in page.rows]
        return InvitationList(content=rows, **paged(page.number, page.size, page.total, len(rows)))

    @router.delete(
        "/room/{room_id}/invitation/{invitation_id}",
        summary="Revoke an invitation",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def revoke(room_id: str, invitation_id: str, request: Request) -> Done:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await admission.revoke_invitation(
                tx, actor, RoomId(room_id), invitation_id, now=parts.clock.now(), ids=parts.ids
            )
        return Done(state="REVOKED")

    @router.get(
        "/invitation/{token}",
        summary="What an invitation leads to",
        responses=refusals(401, 403, 404),
    )
    async def preview(token: str, request: Request) -> InvitationPreview:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            standing, _ = await admission.preview(tx, actor, token, parts.clock.now())
            count = await tx.rooms.count_present(standing.room.id)
        room = standing.room
        return InvitationPreview(
            roomId=room.id,
            name=room.name,
            description=room.description,
            roomPublic=room.public,
            roomStatus=room.status,
            roomMembersCount=count,
        )

    @router.post(
        "/invitation/{token}/accept",
        summary="Come in by an invitation",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def accept(token: str, request: Request) -> Done:
        await accept_invitation(parts, identity, token, request)
        return Done(state="JOINED")

    return router


async def accept_invitation(parts: WebParts, identity: Identity, token: str, request: Request) -> RoomId:
    """By REST and by the page alike: which room it led to."""
    actor, now = await identity.actor(request), parts.clock.now()
    async with parts.database.reading() as tx:
        standing, _ = await admission.preview(tx, actor, token, now)
    top = (await parts.log.positions([standing.room.id]))[standing.room.id].top
    async with parts.database.writing() as tx:
        membership = await admission.accept_invitation(
            tx, actor, token, now=now, ids=parts.ids, read_up_to=top
        )
    return membership.room_id
