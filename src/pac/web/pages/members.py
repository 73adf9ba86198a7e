"""Who is in a room, and what operators may do with each of them."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pac.accounts.model import Actor, MemberId
from pac.clock import DAY_MS, Instant
from pac.errors import BadRequest, Refusal
from pac.http.problems import problem_of
from pac.rooms import moderation
from pac.rooms.access import Standing, access_room
from pac.rooms.model import Membership, RoomId, RoomMemberStatus, RoomRole
from pac.rooms.rules import Action
from pac.rooms.store import RoomTransaction
from pac.web.api.members import offered
from pac.web.identity import language_of
from pac.web.pages.lobby import page_number
from pac.web.pages.shared import PageParts, form_of, see_other

PAGE = 50

ROLES = {"sysop": RoomRole.SYSOP, "member": RoomRole.MEMBER, "observer": RoomRole.OBSERVER}
STATUSES: dict[str, tuple[RoomMemberStatus, int | None]] = {
    "warn": (RoomMemberStatus.WARNING, None),
    "pardon": (RoomMemberStatus.ALIVE, None),
    "ban": (RoomMemberStatus.VOID, None),
    "ban-day": (RoomMemberStatus.VOID, DAY_MS),
    "ban-week": (RoomMemberStatus.VOID, 7 * DAY_MS),
}


def member_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/room", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    @router.get("/{room_id}/members")
    async def members(room_id: str, request: Request) -> Response:
        return await page(room_id, request)

    async def page(room_id: str, request: Request, trouble: str = "", status: int = 200) -> Response:
        viewer = await identity.viewer(request)
        actor, now = viewer.member.actor, parts.clock.now()
        query = request.query_params.get("q", "")[:64].strip()
        number = page_number(request)
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.SUBSCRIBE, now)
            found = await tx.rooms.members_page(standing.room.id, number=number, size=PAGE, query=query)
        return await pages.show(
            request,
            "members.html",
            viewer,
            status=status,
            room=standing.room,
            page=found,
            query=query,
            trouble=trouble,
            rows=[shown(actor, standing, one, now) for one in found.rows],
            last=number >= -(-found.total // PAGE) - 1,
        )

    def shown(actor: Actor, standing: Standing, member: Membership, now: Instant) -> dict[str, Any]:
        """A row as the template takes it; what is offered is what the rules would let pass."""
        may_moderate, may_appoint = offered(actor, standing, member, now)
        return {
            "membership": member,
            "status": member.status_at(now).value,
            "is_owner": member.member_id == standing.room.owner_id,
            "online": parts.is_online(standing.room.id, member.member_id),
            "may_moderate": may_moderate,
            "may_appoint": may_appoint,
        }

    @router.post("/{room_id}/members/{member_id}")
    async def change(room_id: str, member_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        do = (await form_of(request, "do"))["do"]
        try:
            async with parts.database.writing() as tx:
                await carry_out(tx, actor, RoomId(room_id), MemberId(member_id), do)
        except Refusal as refusal:
            problem = problem_of(refusal, language_of(request))
            return await page(room_id, request, trouble=problem.words, status=problem.status)
        return see_other(f"/chat/room/{room_id}/members")

    async def carry_out(tx: RoomTransaction, actor: Actor, room: RoomId, member: MemberId, do: str) -> None:
        now, ids = parts.clock.now(), parts.ids
        if do in ROLES:
            await moderation.give_role(tx, actor, room, member, ROLES[do], now=now, ids=ids)
        elif do in STATUSES:
            status, lasts_ms = STATUSES[do]
            until = None if lasts_ms is None else Instant(now + lasts_ms)
            await moderation.set_status(tx, actor, room, member, status, until=until, now=now, ids=ids)
        elif do == "kick":
            await moderation.kick(tx, actor, room, member, now=now, ids=ids)
        else:
            raise BadRequest("do: not one of the buttons")

    return router
