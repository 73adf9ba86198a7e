"""The lobby, my rooms, and the form for a new room."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pac.accounts.model import Actor
from pac.errors import FieldFault, InvalidFields, Refusal, Unavailable
from pac.rooms import actions
from pac.rooms.actions import RoomFields
from pac.rooms.model import LobbySort, RoomId, RoomPublic, RoomRow
from pac.rooms.rules import Action, action_of_joining, decide, sees_badge_only
from pac.web.api.room_lists import listed, unread_of
from pac.web.api.rooms import LOBBY_PAGE
from pac.web.api.schemas import page_index
from pac.web.identity import language_of
from pac.web.pages.room_state import state_of
from pac.web.pages.rooms_pane import my_rooms
from pac.web.pages.shared import Form, PageParts, form_of, number_of, see_other, wants_json

MINE_PAGE = 50
LOBBY_ALL = 1_000
"""Rooms that the page's script searches by itself; of more, it asks the server."""


def lobby_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    def offered(row: RoomRow, actor: Actor) -> dict[str, bool]:
        """What may be done with a room, by the one decision; `isFull` where one would come in at once."""
        join = action_of_joining(row.room.public)
        asks = join is Action.ASK
        return {
            "mayJoin": not row.membership and decide(actor, row.room, None, join, parts.clock.now()) is None,
            "asks": asks,
            "isFull": row.members_count >= row.room.capacity and not asks,
        }

    def shown(row: RoomRow, actor: Actor, unread: Mapping[RoomId, int]) -> dict[str, object]:
        """A row as the template takes it."""
        status = row.membership.status_at(parts.clock.now()) if row.membership else None
        return {
            "row": row,
            "online": parts.online(row.room.id),
            "badge_only": sees_badge_only(row.room, row.membership),
            "status": status.value if status else "ALIVE",
            "unread": unread.get(row.room.id, 0),
            **offered(row, actor),
        }

    @router.get("/chat/lobby")
    async def lobby(request: Request) -> Response:
        """The page, 100 rooms at a time; its rows alone, all up to LOBBY_ALL, to whoever asks for JSON."""
        viewer = await identity.viewer(request)
        query = request.query_params.get("q", "")[:64].strip()
        sort = _sort(request.query_params.get("sort"))
        number, size = page_number(request), LOBBY_PAGE
        if wants_json(request):
            number, size = 0, LOBBY_ALL
        async with parts.database.reading() as tx:
            page = await tx.rooms.lobby(viewer.member.id, number=number, size=size, query=query, sort=sort)
        if wants_json(request):
            told = zip((await listed(parts, page)).content, page.rows, strict=True)
            rows = [row.model_dump(mode="json") | offered(one, viewer.member.actor) for row, one in told]
            return JSONResponse({"rooms": rows, "total": page.total})
        unread = await unread_of(parts, page)
        return await pages.show(
            request, "lobby.html", viewer, page=page, query=query, sort=sort, sorts=list(LobbySort),
            rows=[shown(row, viewer.member.actor, unread) for row in page.rows],
            last=number >= -(-page.total // LOBBY_PAGE) - 1,
        )  # fmt: skip

    @router.get("/chat/rooms")
    async def mine(request: Request) -> Response:
        """The page; the rows of the left pane alone to whoever asks for JSON."""
        viewer = await identity.viewer(request)
        if wants_json(request):
            rows = await my_rooms(parts, viewer)
            return JSONResponse(await state_of(parts, viewer, None, rows, language_of(request)))
        number = page_number(request)
        async with parts.database.reading() as tx:
            page = await tx.rooms.joined_by(viewer.member.id, number=number, size=MINE_PAGE)
        unread = await unread_of(parts, page)
        return await pages.show(
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
        return await pages.show(request, "room_form.html", viewer, form=form, faults={}, trouble="")

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
            return await pages.show_again(request, "room_form.html", viewer, form, refusal)
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
