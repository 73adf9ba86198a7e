"""What cannot be taken back: ending a room, and handing it over. The room's name is typed once (UI.md §6), so that
neither happens by a slip of the hand; programs ask by REST, and mean it.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from pac import names
from pac.accounts.access import Identified
from pac.accounts.model import MemberId
from pac.errors import FieldFault, InvalidFields, Refusal, Unavailable
from pac.language import translate
from pac.rooms import actions
from pac.rooms.access import Standing, access_member_to_appoint, access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.web.identity import language_of
from pac.web.pages.shared import PageParts, form_of, see_other

TEMPLATE = "room_sure.html"


def last_word_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/room", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    async def standing_of(viewer: Identified, room_id: str, action: Action) -> Standing:
        async with parts.database.reading() as tx:
            return await access_room(tx, viewer.member.actor, RoomId(room_id), action, parts.clock.now())

    async def carry_out(
        request: Request,
        viewer: Identified,
        standing: Standing,
        values: dict[str, Any],
        member_id: MemberId | None,
    ) -> Response:
        form = await form_of(request, "name")
        room, now, ids = standing.room, parts.clock.now(), parts.ids
        try:
            if names.key(form["name"].strip()) != names.key(room.name):
                raise InvalidFields(FieldFault("name", "other_name"))
            async with parts.database.writing() as tx:
                if member_id is None:
                    await actions.end_room(tx, viewer.member.actor, room.id, now=now, ids=ids)
                else:
                    await actions.hand_over(tx, viewer.member.actor, room.id, member_id, now=now, ids=ids)
        except (Refusal, Unavailable) as refusal:
            return await pages.show_again(request, TEMPLATE, viewer, form, refusal, **values)
        return see_other(f"/chat/room/{room.id}")

    def words(request: Request, standing: Standing, nickname: str | None) -> dict[str, Any]:
        language, room = language_of(request), standing.room
        if nickname is None:
            return {
                "room": room,
                "act": translate(language, "End the room"),
                "question": translate(language, "End “{room}”?", room=room.name),
                "meaning": translate(
                    language,
                    "Nobody will write or join any more. Its members can go on reading. This cannot be taken back.",
                ),
            }
        return {
            "room": room,
            "act": translate(language, "Hand the room over"),
            "question": translate(
                language, "Hand the room over to {name}? You stay as an operator.", name=nickname
            ),
            "meaning": translate(language, "Only the new owner can hand it back."),
        }

    @router.get("/{room_id}/end")
    async def ask_to_end(room_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        standing = await standing_of(viewer, room_id, Action.END)
        blank: dict[str, Any] = {"form": {}, "faults": {}, "trouble": "", "action": request.url.path}
        return await pages.show(request, TEMPLATE, viewer, **words(request, standing, None), **blank)

    @router.post("/{room_id}/end")
    async def end(room_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        standing = await standing_of(viewer, room_id, Action.END)
        values = words(request, standing, None) | {"action": request.url.path}
        return await carry_out(request, viewer, standing, values, None)

    async def new_owner(viewer: Identified, room_id: str, member_id: str) -> tuple[Standing, str]:
        async with parts.database.reading() as tx:
            standing, target = await access_member_to_appoint(
                tx, viewer.member.actor, RoomId(room_id), MemberId(member_id), parts.clock.now()
            )
        return standing, target.nickname

    @router.get("/{room_id}/members/{member_id}/owner")
    async def ask_to_hand_over(room_id: str, member_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        standing, nickname = await new_owner(viewer, room_id, member_id)
        blank: dict[str, Any] = {"form": {}, "faults": {}, "trouble": "", "action": request.url.path}
        return await pages.show(request, TEMPLATE, viewer, **words(request, standing, nickname), **blank)

    @router.post("/{room_id}/members/{member_id}/owner")
    async def hand_over(room_id: str, member_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        standing, nickname = await new_owner(viewer, room_id, member_id)
        values = words(request, standing, nickname) | {"action": request.url.path}
        return await carry_out(request, viewer, standing, values, MemberId(member_id))

    return router
