"""A room: its history readable before any script runs, joined by a button, ended after a question."""

from fastapi import APIRouter, Request, Response

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import AlreadyJoined
from pac.messages.access import Range, read_history
from pac.messages.model import Entry, LogPage, MessageType
from pac.rooms import actions
from pac.rooms.access import Standing, access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action, action_of_joining, decide, sees_badge_only
from pac.web.pages.shared import PageParts, see_other

FIRST_VIEW = 50
GROUP_WITHIN_MS = 5 * 60_000


def room_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/room", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    @router.get("/random")
    async def random_room(request: Request) -> Response:
        """For everybody, signed in or not: nothing of it touches a room."""
        viewer = await identity.viewer_or_none(request)
        return pages.show(request, "random.html", viewer, socket_url=parts.socket_url)

    @router.get("/{room_id}")
    async def room(room_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        actor, now = viewer.member.actor, parts.clock.now()
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.KNOW, now)
            count = await tx.rooms.count_present(standing.room.id)
            may = _what_may(actor, standing, now)
            asked = await tx.admissions.request(standing.room.id, actor.id)
            requests = (
                (await tx.admissions.requests(standing.room.id, number=0, size=1)).total
                if may["change"]
                else 0
            )
        page, position = LogPage((), more=False), None
        if may["read"]:
            page = await read_history(
                parts.database, parts.log, actor, standing.room.id, Range(limit=FIRST_VIEW), now
            )
            position = (await parts.log.positions([standing.room.id]))[standing.room.id]
        return pages.show(
            request,
            "room.html",
            viewer,
            room=standing.room,
            membership=standing.membership,
            count=count,
            requests=requests,
            has_asked=asked is not None,
            asks=action_of_joining(standing.room.public) is Action.ASK,
            badge_only=sees_badge_only(standing.room, standing.membership),
            online=parts.online(standing.room.id),
            may=may,
            is_full=count >= standing.room.capacity,
            rows=_rows(page.entries),
            more=page.more,
            position=position,
            socket_url=parts.socket_url,
            body_chars=parts.limits.body_chars,
        )

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

    @router.get("/{room_id}/end")
    async def ask_to_end(room_id: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        async with parts.database.reading() as tx:
            standing = await access_room(
                tx, viewer.member.actor, RoomId(room_id), Action.END, parts.clock.now()
            )
        return pages.show(request, "room_end.html", viewer, room=standing.room)

    @router.post("/{room_id}/end")
    async def end(room_id: str, request: Request) -> Response:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await actions.end_room(tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids)
        return see_other(f"/chat/room/{room_id}")

    return router


def _what_may(actor: Actor, standing: Standing, now: Instant) -> dict[str, bool]:
    """What the template offers. The decision is asked; nothing here knows a role."""
    asked = {
        "read": Action.READ_HISTORY,
        "send": Action.SEND,
        "join": action_of_joining(standing.room.public),
        "leave": Action.LEAVE,
        "end": Action.END,
        "change": Action.CHANGE,
        "delete": Action.DELETE_ANY,
    }
    return {
        name: decide(actor, standing.room, standing.membership, action, now) is None
        for name, action in asked.items()
    }


def _rows(entries: tuple[Entry, ...]) -> list[dict[str, object]]:
    """Entries as the list draws them: `continues` where the author and the last five minutes are the same."""
    rows: list[dict[str, object]] = []
    first: Entry | None = None
    for entry in entries:
        is_system = entry.type is MessageType.SYSTEM
        continues = (
            not is_system
            and first is not None
            and first.member_id == entry.member_id
            and entry.at - first.at <= GROUP_WITHIN_MS
        )
        if not continues:
            first = None if is_system else entry
        rows.append({"entry": entry, "continues": continues, "is_system": is_system})
    return rows
