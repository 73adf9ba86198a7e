"""The message service: its two routes, and the node with everything that runs beside its sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.live.activity import note_activity
from pac.live.follower import Follower
from pac.live.gateway import Gateway
from pac.live.lag import watch_lag
from pac.live.node import Node
from pac.live.parts import LiveParts
from pac.live.sweep import sweep
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action

Refusals = dict[int | str, dict[str, Any]]


class LiveService:
    """`running()` is the service's life: sockets may be opened inside it, and none is left after it."""

    def __init__(self, parts: LiveParts) -> None:
        self.node = Node(parts)
        self.gateway = Gateway(self.node)
        self.follower = Follower(self.node)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.follower.start()
        async with self.node, asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.follower.run()),
                tasks.create_task(note_activity(self.node)),
                tasks.create_task(self.node.read_marks.run()),
                tasks.create_task(sweep(self.node)),
                tasks.create_task(watch_lag(self.node)),
            ]
            yield
            for task in running:
                task.cancel()
        await self.node.read_marks.write()


def live_routes(
    service: LiveService, profile: str, actor_of: Callable[[Request], Awaitable[Actor]], refusals: Refusals
) -> APIRouter:
    """The REST of the message service (PROTOCOL §1). `actor_of` raises NotSignedIn; `refusals`
    are the answers of OpenAPI for what it and the room's rules refuse."""
    router = APIRouter(tags=["live"])
    parts = service.node.parts

    @router.get(
        "/api/v1/subscription/{room_id}/count",
        summary="How many are connected to a room",
        responses=refusals,
    )
    async def subscription_count(room_id: str, request: Request) -> int:
        actor = await actor_of(request)
        now: Instant = parts.clock.now()
        async with parts.database.reading() as tx:
            await access_room(tx, actor, RoomId(room_id), Action.KNOW, now)
        return service.node.presence.online(RoomId(room_id))

    @router.get("/api/v1/environment/profiles", summary="Which profile this server runs")
    async def profiles() -> list[str]:
        return [profile]

    return router
