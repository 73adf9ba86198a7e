"""Rooms over REST (PROTOCOL §5)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pac.clock import rfc3339
from pac.errors import Forbidden
from pac.rooms import actions
from pac.rooms.access import access_room, allowed
from pac.rooms.actions import RoomFields
from pac.rooms.model import Page, RoomId
from pac.rooms.rules import Action
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.schemas import (
    UNSAFE,
    Done,
    LobbyQuery,
    Owner,
    PageQuery,
    RoomCreateRequest,
    RoomCreateResponse,
    RoomList,
    RoomMember,
    RoomResponse,
    list_row,
    page_index,
    paged,
    refusals,
    summary,
)
from pac.web.identity import Identity
from pac.web.parts import WebParts

LOBBY_PAGE = 100
OWN_PAGE = 10
PARTICIPANTS = 200


def room_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1/room", tags=["rooms"])

    def listed(page: Page) -> RoomList:
        rows = [
            list_row(
                row, parts.online(row.room.id), rfc3339(row.room.created_at), rfc3339(row.last_activity_at)
            )
            for row in page.rows
        ]
        return RoomList(content=rows, **paged(page.number, page.size, page.total, len(rows)))

    @router.post("", summary="Make a room", responses=refusals(*UNSAFE, 401))
    async def create(asked: RoomCreateRequest, request: Request) -> RoomCreateResponse:
        actor = await identity.actor(request)
        fields = RoomFields(
            asked.roomName, asked.description, asked.imageUrl, asked.capacity, asked.roomPublic
        )
        async with parts.database.writing() as tx:
            room, owner = await actions.create_room(tx, actor, fields, now=parts.clock.now(), ids=parts.ids)
        return RoomCreateResponse(
            roomId=room.id, participates=[RoomMember.of(owner, rfc3339(owner.joined_at))]
        )

    @router.get("/list", summary="The lobby, 100 a page", responses=refusals(401, 422))
    async def lobby(request: Request, asked: Annotated[LobbyQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            found = await tx.rooms.lobby(
                actor.id,
                number=page_index(asked.page),
                size=LOBBY_PAGE,
                query=asked.q.strip(),
                sort=asked.sort,
            )
        return listed(found)

    @router.get("/own/list", summary="Rooms the caller owns, 10 a page", responses=refusals(401, 422))
    async def own(request: Request, asked: Annotated[PageQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            return listed(await tx.rooms.owned_by(actor.id, number=page_index(asked.page), size=OWN_PAGE))

    @router.get(
        "/joined/list",
        summary="Rooms the caller is in, last activity first, 10 a page",
        responses=refusals(401, 422),
    )
    async def joined(request: Request, asked: Annotated[PageQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            return listed(await tx.rooms.joined_by(actor.id, number=page_index(asked.page), size=OWN_PAGE))

    @router.get(
        "/{room_id}",
        summary="A room, with its first 200 members for those who may read it",
        responses=refusals(401, 404),
    )
    async def room(room_id: str, request: Request) -> RoomResponse:
        actor = await identity.actor(request)
        now = parts.clock.now()
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.KNOW, now)
            count = await tx.rooms.count_present(standing.room.id)
            try:
                allowed(actor, standing, Action.SUBSCRIBE, now)
                members = await tx.rooms.memberships(standing.room.id, limit=PARTICIPANTS)
            except Forbidden:
                members = []
            owner = await tx.accounts.by_id(standing.room.owner_id)
        return RoomResponse(
            **summary(standing.room, count, rfc3339(standing.room.created_at)),
            participates=[RoomMember.of(member, rfc3339(member.joined_at)) for member in members],
            owner=Owner(id=owner.id, nickname=owner.nickname) if owner else None,
        )

    @router.delete(
        "/{room_id}",
        summary="End a room: members go on reading, nobody writes",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def end(room_id: str, request: Request) -> Done:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await actions.end_room(tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids)
        return Done(state="ENDED")

    @router.post(
        "/{room_id}/join",
        summary="Become one of the room",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def join(room_id: str, request: Request) -> Done:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await actions.join_room(tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids)
        return Done(state="JOINED")

    @router.post(
        "/{room_id}/exit",
        summary="Leave the room",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def leave(room_id: str, request: Request) -> Done:
        actor = await identity.actor(request)
        async with parts.database.writing() as tx:
            await actions.exit_room(tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids)
        return Done(state="EXITED")

    return router
