"""What administrators may do, over REST (PROTOCOL §5): each with a reason, each audited."""

from fastapi import APIRouter, Request

from pac.accounts.actions import Accounts
from pac.accounts.model import MemberId
from pac.language import translate
from pac.rooms import administration
from pac.rooms.model import RoomId
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.message_schemas import LogRange
from pac.web.api.messages import log_row
from pac.web.api.room_schemas import LockRequest, ReasonRequest, VoidRequest
from pac.web.api.schemas import UNSAFE, Done, Saved, refusals
from pac.web.identity import Identity, language_of
from pac.web.parts import WebParts

BROKEN_GLASS_PAGE = 500


def administration_routes(parts: WebParts, identity: Identity, accounts: Accounts) -> APIRouter:
    router = APIRouter(prefix="/api/v1/admin", tags=["administration"])

    @router.put(
        "/room/{room_id}",
        summary="Disable a room, or enable it again as it was",
        responses=refusals(*UNSAFE, 401, 404),
    )
    async def void(room_id: str, asked: VoidRequest, request: Request) -> Saved:
        actor, now = await identity.administrator(request), parts.clock.now()
        change = administration.void_room if asked.void else administration.unvoid_room
        async with parts.database.writing() as tx:
            await change(tx, actor, RoomId(room_id), asked.reason, now=now, ids=parts.ids)
        return Saved(message=translate(language_of(request), "The room was changed."))

    @router.delete(
        "/room/{room_id}",
        summary="End a room",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def end(room_id: str, request: Request) -> Done:
        actor = await identity.administrator(request)
        async with parts.database.writing() as tx:
            await administration.end_by_administrator(
                tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids
            )
        return Done(state="ENDED")

    @router.put(
        "/member/{member_id}",
        summary="Lock or unlock a member, or change its role",
        responses=refusals(*UNSAFE, 401, 404),
    )
    async def member(member_id: str, asked: LockRequest, request: Request) -> Saved:
        actor = await identity.administrator(request)
        await accounts.administer(
            actor, MemberId(member_id), locked=asked.locked, role=asked.appRole, reason=asked.reason
        )
        return Saved(message=translate(language_of(request), "The member was changed."))

    @router.post(
        "/room/{room_id}/log",
        summary="Read a room's log without being in it: break the glass",
        responses=refusals(*UNSAFE, 401, 404),
        response_model_exclude_none=True,
    )
    async def read(room_id: str, asked: ReasonRequest, request: Request) -> LogRange:
        actor, now = await identity.administrator(request), parts.clock.now()
        async with parts.database.writing() as tx:
            room = await administration.break_glass(
                tx, actor, RoomId(room_id), asked.reason, now=now, ids=parts.ids
            )
        page = await parts.log.read_before(room.id, None, BROKEN_GLASS_PAGE)
        return LogRange(messages=[log_row(entry, actor) for entry in page.entries], more=page.more)

    return router
