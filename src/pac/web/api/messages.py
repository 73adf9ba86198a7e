"""Logs over REST (PROTOCOL §5): by page as the original had it, or by seq."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from pac.accounts.model import Actor
from pac.clock import rfc3339
from pac.errors import FieldFault, InvalidFields
from pac.messages.access import Range, read_history
from pac.messages.deletion import delete_message
from pac.messages.model import Entry, MessageType, Seq
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.message_schemas import LogPageResponse, LogQuery, LogRange, LogRow
from pac.web.api.room_lists import listed
from pac.web.api.room_schemas import RoomList
from pac.web.api.rooms import OWN_PAGE
from pac.web.api.schemas import UNSAFE, Done, PageQuery, Whole, page_index, paged, refusals
from pac.web.identity import Identity
from pac.web.parts import WebParts

LOG_PAGE = 50


def message_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1/chat/log", tags=["messages"])

    @router.get(
        "",
        summary="Rooms the caller is in, whose logs can be read, 10 a page",
        responses=refusals(401, 422),
    )
    async def logs(request: Request, asked: Annotated[PageQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            found = await tx.rooms.joined_by(actor.id, number=page_index(asked.page), size=OWN_PAGE)
        return await listed(parts, found)

    @router.get(
        "/{room_id}",
        summary="A room's log: newest first by page, or ascending by before, after and limit",
        response_model_exclude_none=True,  # `event` and `cid` are there where they mean something
        responses=refusals(401, 403, 404, 422),
    )
    async def log(
        room_id: str, request: Request, asked: Annotated[LogQuery, Query()]
    ) -> LogPageResponse | LogRange:
        actor = await identity.actor(request)
        if asked.before is not None or asked.after is not None:
            _one_way_to_ask(asked)
            part = Range(
                before=None if asked.before is None else Seq(asked.before),
                after=None if asked.after is None else Seq(asked.after),
                limit=asked.limit,
            )
            found = await read_history(
                parts.database, parts.log, actor, RoomId(room_id), part, parts.clock.now()
            )
            return LogRange(messages=[log_row(entry, actor) for entry in found.entries], more=found.more)
        return await _by_page(parts, actor, RoomId(room_id), page_index(asked.page))

    @router.delete(
        "/{room_id}/{seq}",
        summary="Delete a message: one's own, or any where one may",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def delete(room_id: str, seq: Annotated[Whole, Path()], request: Request) -> Done:
        actor = await identity.actor(request)
        await delete_message(
            parts.database,
            parts.log,
            actor,
            RoomId(room_id),
            Seq(seq),
            now=parts.clock.now(),
            ids=parts.ids,
        )
        return Done(state="DELETED")

    return router


def _one_way_to_ask(asked: LogQuery) -> None:
    """Raises InvalidFields for a second answer to the question which part is asked for."""
    also = [name for name in ("before", "after", "page") if name in asked.model_fields_set][1:]
    if also:
        raise InvalidFields(*(FieldFault(name, "not_offered") for name in also))


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
        rows = [log_row(entry, actor) for entry in reversed(found.entries)]
    return LogPageResponse(content=rows, **paged(number, LOG_PAGE, total, len(rows)))


def log_row(entry: Entry, reader: Actor) -> LogRow:
    own = entry.member_id == reader.id and entry.type is not MessageType.SYSTEM
    return LogRow(
        id=entry.id,
        roomId=entry.room_id,
        userId=entry.member_id,
        nickname=entry.nickname,
        message=entry.body,
        timestamp=rfc3339(entry.at),
        type=entry.type,
        seq=entry.seq,
        event=entry.event,
        target=entry.target,
        deleted=entry.deleted,
        cid=entry.cid if own else None,
    )
