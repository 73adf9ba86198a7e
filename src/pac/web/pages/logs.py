"""Logs to read and to search: by words, and up to a day. They work without JavaScript."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from pac.clock import Instant
from pac.language import translate
from pac.messages.model import Seq
from pac.messages.search import Found, find, first_since
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.web.identity import language_of
from pac.web.pages.lobby import page_number
from pac.web.pages.shared import PageParts

ROOMS_PAGE = 10
LOG_PAGE = 50


def log_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/chat/log", include_in_schema=False)
    parts, identity = pages.parts, pages.identity

    @router.get("")
    async def logs(request: Request) -> Response:
        viewer = await identity.viewer(request)
        number = page_number(request)
        async with parts.database.reading() as tx:
            page = await tx.rooms.joined_by(viewer.member.id, number=number, size=ROOMS_PAGE)
        return await pages.show(
            request,
            "logs.html",
            viewer,
            page=page,
            rows=page.rows,
            last=number >= -(-page.total // ROOMS_PAGE) - 1,
        )

    @router.get("/{room_id}")
    async def log(room_id: str, request: Request) -> Response:
        """`page` is where to read on from: entries before that seq, so that nothing shifts as the log grows."""
        viewer = await identity.viewer(request)
        async with parts.database.reading() as tx:
            standing = await access_room(
                tx, viewer.member.actor, RoomId(room_id), Action.READ_HISTORY, parts.clock.now()
            )
        room = standing.room
        query = request.query_params.get("q", "")[:100].strip()
        day = request.query_params.get("at", "")[:10]
        given = request.query_params.get("page", "")
        before = Seq(int(given)) if given.isascii() and given.isdigit() and len(given) < 16 else None
        fault, found = "", Found((), None)
        try:
            if day and before is None:
                before = await first_since(parts.log, room.id, _end_of(day, pages.zone(request)))
        except ValueError:
            fault = translate(language_of(request), "This is no date. Choose one like 2026-01-31.")
        else:
            found = await find(parts.log, room.id, query, before, LOG_PAGE)
        return await pages.show(
            request,
            "log.html",
            viewer,
            room=room,
            query=query,
            day="" if fault else day,
            fault=fault,
            rows=found.entries,
            older=found.older,
            now=parts.clock.now(),
        )

    return router


def _end_of(day: str, zone: ZoneInfo) -> Instant:
    """The first moment after that day, as the reader counts days. Raises ValueError."""
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
        return Instant(round(datetime.combine(after, time(), zone).timestamp() * 1_000))
    except OverflowError as error:
        raise ValueError(day) from error
