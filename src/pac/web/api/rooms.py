"""Rooms over REST (PROTOCOL §5): make, find, change, hand over, end, join, leave."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pac.accounts.model import MemberId
from pac.language import translate
from pac.rooms import actions
from pac.rooms.access import access_room, may
from pac.rooms.actions import RoomChange, RoomFields
from pac.rooms.model import RoomId
from pac.rooms.rules import Action, sees_badge_only
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.room_lists import listed
from pac.web.api.room_schemas import (
    Asking,
    LobbyQuery,
    Owner,
    OwnerRequest,
    RoomBadge,
    RoomCreateRequest,
    RoomCreateResponse,
    RoomList,
    RoomMember,
    RoomModifyRequest,
    RoomResponse,
    summary,
)
from pac.web.api.schemas import UNSAFE, Done, PageQuery, Saved, page_index, refusals
from pac.web.identity import Identity, language_of
from pac.web.parts import WebParts

LOBBY_PAGE = 100
OWN_PAGE = 10
PARTICIPANTS = 200


def room_routes(parts: WebParts, identity: Identity) -> APIRouter:
    router = APIRouter(prefix="/api/v1/room", tags=["rooms"])

    @router.post("", summary="Make a room", responses=refusals(*UNSAFE, 401))
    async def create(asked: RoomCreateRequest, request: Request) -> RoomCreateResponse:
        actor, now = await identity.actor(request), parts.clock.now()
        fields = RoomFields(
            asked.roomName, asked.description, asked.imageUrl, asked.capacity, asked.roomPublic
        )
        async with parts.database.writing() as tx:
            room, owner = await actions.create_room(tx, actor, fields, now=now, ids=parts.ids)
        return RoomCreateResponse(roomId=room.id, participates=[RoomMember.of(owner, now)])

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
        return await listed(parts, found)

    @router.get("/own/list", summary="Rooms the caller owns, 10 a page", responses=refusals(401, 422))
    async def own(request: Request, asked: Annotated[PageQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            found = await tx.rooms.owned_by(actor.id, number=page_index(asked.page), size=OWN_PAGE)
        return await listed(parts, found)

    @router.get(
        "/joined/list",
        summary="Rooms the caller is in, last activity first, 10 a page",
        responses=refusals(401, 422),
    )
    async def joined(request: Request, asked: Annotated[PageQuery, Query()]) -> RoomList:
        actor = await identity.actor(request)
        async with parts.database.reading() as tx:
            found = await tx.rooms.joined_by(actor.id, number=page_index(asked.page), size=OWN_PAGE)
        return await listed(parts, found)

    @router.get(
        "/{room_id}",
        summary="A room, with its first 200 members for those who may read it",
        responses=refusals(401, 403, 404),
    )
    async def room(room_id: str, request: Request) -> RoomResponse | RoomBadge:
        actor, now = await identity.actor(request), parts.clock.now()
        async with parts.database.reading() as tx:
            standing = await access_room(tx, actor, RoomId(room_id), Action.KNOW, now)
            found = standing.room
            count = await tx.rooms.count_present(found.id)
            reads = may(actor, standing, Action.SUBSCRIBE, now)
            members = await tx.rooms.memberships(found.id, limit=PARTICIPANTS) if reads else []
            owner = await tx.accounts.by_id(found.owner_id)
        if sees_badge_only(found, standing.membership):
            return RoomBadge(
                roomId=found.id,
                name=found.name,
                roomPublic=found.public,
                roomStatus=found.status,
                roomMembersCount=count,
            )
        return RoomResponse(
            **summary(found, count),
            slowModeSeconds=found.slow_mode_s,
            participates=[RoomMember.of(member, now) for member in members],
            owner=Owner(id=owner.id, nickname=owner.nickname) if owner else None,
        )

    @router.put(
        "/{room_id}",
        summary="Change a room; status ENDED ends it",
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def modify(room_id: str, asked: RoomModifyRequest, request: Request) -> Saved:
        actor, now = await identity.actor(request), parts.clock.now()
        change = RoomChange(
            asked.name,
            asked.description,
            asked.imageUrl,
            asked.capacity,
            asked.public,
            asked.slowModeSeconds,
        )
        async with parts.database.writing() as tx:
            await actions.modify_room(
                tx, actor, RoomId(room_id), change, asked.status, now=now, ids=parts.ids
            )
        return Saved(message=translate(language_of(request), "The room was changed."))

    @router.put(
        "/{room_id}/owner",
        summary="Hand the room over to one of its members",
        responses=refusals(*UNSAFE, 401, 404, 409),
    )
    async def hand_over(room_id: str, asked: OwnerRequest, request: Request) -> Saved:
        actor, now = await identity.actor(request), parts.clock.now()
        async with parts.database.writing() as tx:
            to = MemberId(asked.ownerMemberId)
            await actions.hand_over(tx, actor, RoomId(room_id), to, now=now, ids=parts.ids)
        return Saved(message=translate(language_of(request), "The room has a new owner."))

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
        summary="Become one of the room, or ask to be let in",
        dependencies=[NO_FIELDS],
        responses={**refusals(*UNSAFE, 401, 404, 409), 202: {"model": Asking}},
    )
    async def join(room_id: str, request: Request, response: Response) -> Done | Asking:
        actor = await identity.actor(request)
        top = (await parts.log.positions([RoomId(room_id)]))[RoomId(room_id)].top
        async with parts.database.writing() as tx:
            membership = await actions.join_room(
                tx, actor, RoomId(room_id), now=parts.clock.now(), ids=parts.ids, read_up_to=top
            )
        if membership is None:
            response.status_code = 202
            return Asking(state="ASKED")
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
