"""The lobby, my rooms, and the form for a new room."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from pac.accounts.model import Actor
from pac.errors import FieldFault, InvalidFields, Refusal, Unavailable
from pac.rooms import actions
from pac.rooms.actions import RoomFields
from pac.rooms.model import LobbySort, RoomId, RoomPublic, RoomRow
from pac.rooms.rules import Action, action_of_joining, decide, sees_badge_only
from pac.web.api.room_lists import unread_of
from pac.web.api.rooms import LOBBY_PAGE
from pac.web.api.schemas import page_index
from pac.web.pages.shared import Form, PageParts, form_of, number_of, see_other

MINE_PAGE = 50


def lobby_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    def shown(row: RoomRow, actor: Actor, unread: Mapping[RoomId, int]) -> dict[str, object]:
        """A row as the template takes it: what may be done is decided here, by the one decision."""
        now = parts.clock.now()
        join = action_of_joining(row.room.public)
        status = row.membership.status_at(now) if row.membership else None
        full = row.members_count >= row.room.capacity
        return {
            "row": row,
            "online": parts.online(row.room.id),
            "may_join": decide(actor, row.room, row.membership, join, now) is None,
            "may_read": decide(actor, row.room, row.membership, Action.SUBSCRIBE, now) is None,
            "asks": join is Action.ASK,
            "badge_only": sees_badge_only(row.room, row.membership),
            "status": status.value if status else "ALIVE",
            "unread": unread.get(row.room.id, 0),
            "is_full": full and join is not Action.ASK,
        }

    @router.get("/chat/lobby")
    async def lobby(request: Request) -> Response:
        viewer = await identity.viewer(request)
        query = request.query_params.get("q", "")[:64].strip()
        sort = _sort(request.query_params.get("sort"))
        number = page_number(request)
        async with parts.database.reading() as tx:
            page = await tx.rooms.lobby(
                viewer.member.id, number=number, size=LOBBY_PAGE, query=query, sort=sort
            )
        unread = await unread_of(parts, page)
        return pages.show(
            request, "lobby.html", viewer, page=page, query=query, sort=sort, sorts=list(LobbySort),
            rows=[shown(row, viewer.member.actor, unread) for row in page.rows],
            last=number >= -(-page.total // LOBBY_PAGE) - 1,
        )  # fmt: skip

    @router.get("/chat/rooms")
    async def mine(request: Request) -> Response:
        viewer = await identity.viewer(request)
        number = page_number(request)
        async with parts.database.reading() as tx:
            page = await tx.rooms.joined_by(viewer.member.id, number=number, size=MINE_PAGE)
        unread = await unread_of(parts, page)
        return pages.show(
            request, "rooms.html", viewer, page=page,
            rows=[shown(row, viewer.member.actor, unread) for row in page.rows],
            last=number >= -(-page.total // MINE_PAGE) - 1,
        )  # fmt: skip

    @router.get("/chat/room/create")
    async def create_form(request: Request) -> Response:
        viewer = await identity.viewer(request)
        form = {
            "roomName": request.query_params.get("q", "")[:64],
            "description": "",
            "capacity": "100",
            "roomPublic": "AVAILABLE",
        }
        return pages.show(request, "room_form.html", viewer, form=form, faults={}, trouble="")

    @router.post("/chat/room/create")
    async def create(request: Request) -> Response:
        viewer = await identity.viewer(request)
        form = await form_of(request, "roomName", "description", "capacity", "roomPublic")
        try:
            fields = _fields(form)
            async with parts.database.writing() as tx:
                room, _ = await actions.create_room(
                    tx, viewer.member.actor, fields, now=parts.clock.now(), ids=parts.ids
                )
        except (Refusal, Unavailable) as refusal:
            return pages.show_again(request, "room_form.html", viewer, form, refusal)
        return see_other(f"/chat/room/{room.id}")

    return router


def _fields(form: Form) -> RoomFields:
    """Every fault of the form at once. Raises InvalidFields."""
    faults: list[FieldFault] = []
    capacity, public = 100, RoomPublic.AVAILABLE
    try:
        capacity = number_of("capacity", form["capacity"].strip())
    except InvalidFields as refusal:
        faults += refusal.faults
    try:
        public = RoomPublic(form["roomPublic"])
    except ValueError:
        faults.append(FieldFault("roomPublic", "not_offered"))
    fields = RoomFields(form["roomName"], form["description"], None, capacity, public)
    try:
        fields = fields.checked()
    except InvalidFields as refusal:
        faults += refusal.faults
    if faults:
        raise InvalidFields(*faults)
    return fields


def _sort(text: str | None) -> LobbySort:
    try:
        return LobbySort(text or LobbySort.ACTIVITY)
    except ValueError:
        return LobbySort.ACTIVITY


def page_number(request: Request) -> int:
    """Which page is asked for, from 0; the first where `page` is no number."""
    text = request.query_params.get("page", "")
    return page_index(int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1)
