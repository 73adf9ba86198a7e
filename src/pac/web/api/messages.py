"""Logs over REST (PROTOCOL §5): by page as the original had it, or by seq."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pac.accounts.model import Actor
from pac.clock import rfc3339
from pac.messages.access import Range, read_history
from pac.messages.model import Entry, MessageType, Seq
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.web.api.rooms import OWN_PAGE
from pac.web.api.schemas import (
    BIGGEST,
    LogPageResponse,
    LogRange,
    LogRow,
    RoomList,
    list_row,
    page_index,
    paged,
)
from pac.web.identity import Identity
from pac.web.parts import WebParts

LOG_PAGE = 50

SeqQuery = Annotated[int | None, Query(ge=0, le=BIGGEST)]


def message_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1/chat/log", tags=["messages"])

    @router.get("", summary="Rooms the caller is in, whose logs can be read, 10 a page")
    async def logs(request: Request, page: int = 1) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            found = await tx.rooms.joined_by(actor.id, number=page_index(page), size=OWN_PAGE)
        rows = [
            list_row(
                row, parts.online(row.room.id), rfc3339(row.room.created_at), rfc3339(row.last_activity_at)
            )
            for row in found.rows
        ]
        return RoomList(content=rows, **paged(found.number, found.size, found.total, len(rows)))

    @router.get(
        "/{room_id}", summary="A room's log: newest first by page, or ascending by before, after and limit"
    )
    async def log(
        room_id: str,
        request: Request,
        page: int = 1,
        before: SeqQuery = None,
        after: SeqQuery = None,
        limit: Annotated[int, Query(ge=-BIGGEST, le=BIGGEST)] = LOG_PAGE,
    ) -> LogPageResponse | LogRange:
        actor = await identity.actor(request)
        if before is not None or after is not None:
            part = Range(
                before=None if before is None else Seq(before),
                after=None if after is None else Seq(after),
                limit=limit,
            )
            found = await read_history(
                parts.database, parts.log, actor, RoomId(room_id), part, parts.clock.now()
            )
            return LogRange(messages=[_row(entry, actor) for entry in found.entries], more=found.more)
        return await _by_page(parts, actor, RoomId(room_id), page_index(page))

    return router


async def _by_page(parts: WebParts, actor: Actor, room_id: RoomId, number: int) -> LogPageResponse:
    """Page `number` of the log, newest first. A log has no holes, so a page is where its numbers say."""
    now = parts.clock.now()
    async with parts.database.reading() as tx:
        await access_room(tx, actor, room_id, Action.READ_HISTORY, now)
    position = (await parts.log.positions([room_id]))[room_id]
    total = position.top - position.first + 1
    newest = position.top - number * LOG_PAGE
    rows: list[LogRow] = []
    if newest >= position.first:
        found = await parts.log.read_before(room_id, Seq(newest + 1), LOG_PAGE)
        rows = [_row(entry, actor) for entry in reversed(found.entries)]
    return LogPageResponse(content=rows, **paged(number, LOG_PAGE, total, len(rows)))


def _row(entry: Entry, reader: Actor) -> LogRow:
    own = entry.member_id == reader.id and entry.type is not MessageType.SYSTEM
    return LogRow(
        id=entry.id,
        roomId=entry.room_id,
        userId=entry.member_id,
        nickname=entry.nickname,
        message=entry.body,
        timestamp=rfc3339(entry.at),
        type=entry.type.value,
        seq=entry.seq,
        event=entry.event,
        cid=entry.cid if own else None,
    )
