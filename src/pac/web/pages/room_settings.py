"""What operators see of their room: its settings, who asks to come in, its invitations."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pac.accounts.access import Identified
from pac.accounts.model import MemberId
from pac.errors import FieldFault, InvalidFields, Refusal, Unavailable
from pac.language import ntranslate
from pac.rooms import actions, administration, admission
from pac.rooms.access import access_room, may
from pac.rooms.actions import RoomChange
from pac.rooms.admission import Decision
from pac.rooms.model import RoomId, RoomPublic
from pac.rooms.rules import Action
from pac.web.identity import language_of
from pac.web.pages.shared import Form, PageParts, form_of, number_of, see_other

LISTED = 100
SLOW_MODES_S = (5, 10, 30, 60, 300, 3_600)


def room_settings_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/room", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    async def shown(room_id: str, request: Request, viewer: Identified) -> dict[str, Any]:
        """Everything of the page but the form. Raises the refusal."""
        actor, now = viewer.member.actor, parts.clock.now()
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.CHANGE, now)
            requests = await tx.admissions.requests(standing.room.id, number=0, size=LISTED)
            invitations = await tx.admissions.open_invitations(standing.room.id, now, number=0, size=LISTED)
            glass = await administration.glass_broken(tx, standing.room.id)
        language = language_of(request)
        slow_modes = tuple(
            (str(seconds), ntranslate(language, "{count} second", "{count} seconds", seconds))
            for seconds in SLOW_MODES_S
        )
        return {
            "room": standing.room,
            "requests": requests,
            "invitations": invitations,
            "glass": glass,
            "may_end": may(actor, standing, Action.END, now),
            "slow_modes": slow_modes,
        }

    async def page(room_id: str, request: Request, **values: Any) -> Response:
        viewer = await identity.viewer(request)
        context = await shown(room_id, request, viewer)
        room = context["room"]
        form: Form = {
            "roomName": room.name,
            "description": room.description,
            "capacity": str(room.capacity),
            "roomPublic": room.public.value,
            "slowModeSeconds": str(room.slow_mode_s),
        }
        given = {"form": form, "faults": {}, "trouble": "", "done": False, "link": None, **values}
        return await pages.show(request, "room_modify.html", viewer, **context, **given)

    @router.get("/modify/{room_id}")
    async def modify_form(room_id: str, request: Request) -> Response:
        return await page(room_id, request)

    @router.post("/modify/{room_id}")
    async def modify(room_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        form = await form_of(request, "roomName", "description", "capacity", "roomPublic", "slowModeSeconds")
        try:
            async with parts.database.writing() as tx:
                await actions.change_room(
                    tx,
                    viewer.member.actor,
                    RoomId(room_id),
                    _change(form),
                    now=parts.clock.now(),
                    ids=parts.ids,
                )
        except (Refusal, Unavailable) as refusal:
            context = await shown(room_id, request, viewer)
            return await pages.show_again(
                request, "room_modify.html", viewer, form, refusal, **context, done=False, link=None
            )
        return await page(room_id, request, done=True)

    @router.post("/{room_id}/requests/{member_id}")
    async def answer(room_id: str, member_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        form = await form_of(request, "decision")
        decision = Decision.ACCEPT if form["decision"] == Decision.ACCEPT else Decision.REFUSE
        top = (await parts.log.positions([RoomId(room_id)]))[RoomId(room_id)].top
        async with parts.database.writing() as tx:
            await admission.answer_request(
                tx,
                actor,
                RoomId(room_id),
                MemberId(member_id),
                decision,
                now=parts.clock.now(),
                ids=parts.ids,
                read_up_to=top,
            )
        return see_other(f"/chat/room/modify/{room_id}")

    @router.post("/{room_id}/invitations")
    async def invite(room_id: str, request: Request) -> Response:
        """Answered with the page itself: the link is nowhere else, so there is nothing to redirect to."""
        actor = await identity.actor(request)
        form = await form_of(request, "hours", "uses")
        async with parts.database.writing() as tx:
            _, token = await admission.invite(
                tx,
                actor,
                RoomId(room_id),
                max_uses=number_of("maxUses", form["uses"]) if form["uses"] else None,
                expires_in_hours=number_of("expiresInHours", form["hours"]) if form["hours"] else None,
                now=parts.clock.now(),
                ids=parts.ids,
            )
        return await page(room_id, request, link=parts.invitation_url(token))

    @router.post("/{room_id}/invitations/{invitation_id}")
    async def revoke(room_id: str, invitation_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await admission.revoke_invitation(
                tx, actor, RoomId(room_id), invitation_id, now=parts.clock.now(), ids=parts.ids
            )
        return see_other(f"/chat/room/modify/{room_id}")

    return router


def _change(form: Form) -> RoomChange:
    """Raises InvalidFields for what is no number and no visibility."""
    try:
        public = RoomPublic(form["roomPublic"])
    except ValueError as error:
        raise InvalidFields(FieldFault("roomPublic", "not_offered")) from error
    return RoomChange(
        name=form["roomName"],
        description=form["description"],
        capacity=number_of("capacity", form["capacity"].strip()),
        public=public,
        slow_mode_s=number_of("slowModeSeconds", form["slowModeSeconds"].strip() or "0"),
    )
