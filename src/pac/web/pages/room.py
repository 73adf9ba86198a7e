"""A room: its history readable before any script runs, joined by a button, ended after a question."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pac.errors import AlreadyJoined
from pac.messages.model import Entry, MessageType
from pac.rooms import actions
from pac.rooms.events import Fact
from pac.rooms.model import RoomId
from pac.web.identity import language_of
from pac.web.pages.room_state import state_of, view_room
from pac.web.pages.rooms_pane import my_rooms
from pac.web.pages.shared import PageParts, see_other, wants_json

GROUP_WITHIN_MS = 5 * 60_000


def room_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/room", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    @router.get("/random")
    async def random_room(request: Request) -> Response:
        """For everybody, signed in or not: nothing of it touches a room."""
        viewer = await identity.viewer_or_none(request)
        return await pages.show(request, "random.html", viewer, socket_url=parts.socket_url)

    @router.get("/{room_id}")
    async def room(room_id: str, request: Request) -> Response:
        """The page; its data alone to whoever asks for JSON."""
        viewer = await identity.viewer(request)
        view = await view_room(parts, viewer.member.actor, RoomId(room_id))
        mine = await my_rooms(parts, viewer)
        state = await state_of(parts, viewer, view, mine, language_of(request))
        if wants_json(request):
            return JSONResponse(state)
        return await pages.show(
            request, "room.html", viewer, pane=mine, room=view.standing.room, view=view, may=view.may, state=state,
            rows=_rows(view.page.entries, pages.zone(request)), now=parts.clock.now(),
            online=parts.online(view.standing.room.id),
        )  # fmt: skip

    @router.post("/{room_id}/join")
    async def join(room_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        top = (await parts.log.positions([RoomId(room_id)]))[RoomId(room_id)].top
        try:
            async with parts.database.writing() as tx:
                await actions.join_room(
                    tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids, read_up_to=top
                )
        except AlreadyJoined:
            pass  # pressed twice: it is what was wanted
        return see_other(f"/chat/room/{room_id}")

    @router.post("/{room_id}/exit")
    async def leave(room_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await actions.exit_room(tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids)
        return see_other("/chat/lobby")

    return router


def _rows(entries: tuple[Entry, ...], zone: ZoneInfo) -> list[dict[str, object]]:
    """Entries as the list draws them (static/js/ui/list/rows.js): `continues` where the author, the day and the
    last five minutes are the same. A deletion shows nothing, hence parts nothing.
    """
    rows: list[dict[str, object]] = []
    first: Entry | None = None
    day: date | None = None
    for entry in entries:
        is_system = entry.type is MessageType.SYSTEM
        is_hidden = entry.event is Fact.DELETED
        today = day if is_hidden else datetime.fromtimestamp(entry.at / 1_000, zone).date()
        begins_day = today != day
        if begins_day:
            first, day = None, today
        continues = (
            not is_system
            and first is not None
            and first.member_id == entry.member_id
            and entry.at - first.at <= GROUP_WITHIN_MS
        )
        if not continues and not is_hidden:
            first = None if is_system else entry
        rows.append(
            {"entry": entry, "continues": continues, "is_system": is_system, "is_hidden": is_hidden,
             "begins_day": begins_day}
        )  # fmt: skip
    return rows
