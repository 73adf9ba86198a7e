"""Where an invitation's link leads: what the room is, and a button to come in."""

from fastapi import APIRouter, Request, Response

from pac.errors import AlreadyJoined
from pac.rooms import admission
from pac.web.api.admissions import accept_invitation
from pac.web.pages.shared import PageParts, see_other


def invitation_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/invite", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    @router.get("/{token}")
    async def preview(token: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        now = parts.clock.now()
        async with parts.database.reading() as tx:
            standing, _ = await admission.preview(tx, viewer.member.actor, token, now)
            count = await tx.rooms.count_present(standing.room.id)
        if standing.membership is not None and standing.membership.is_present:
            return see_other(f"/chat/room/{standing.room.id}")
        return await pages.show(request, "invite.html", viewer, room=standing.room, count=count, token=token)

    @router.post("/{token}")
    async def accept(token: str, request: Request) -> Response:
        try:
            room_id = await accept_invitation(parts, identity, token, request)
        except AlreadyJoined:
            return see_other(f"/invite/{token}")
        return see_other(f"/chat/room/{room_id}")

    return router
