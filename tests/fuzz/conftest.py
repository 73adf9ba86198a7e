"""The whole message service in this process, on real SQLite, with a stepped clock and a wire one can look at."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pac import bootstrap
from pac.accounts.model import Actor
from pac.accounts.sessions import Session, session_key, token_key
from pac.clock import DAY_MS, Instant
from pac.http.door import Door
from pac.ids import SeededIds
from pac.limits.rules import Limits, Rate
from pac.live.app import LiveService
from pac.live.connection import State
from pac.live.effects import Effect, Perform
from pac.live.gateway import LiveSocket
from pac.live.handshake import Admission
from pac.messages.model import Cid, Draft, LogPage, MessageType
from pac.rooms.actions import RoomFields, create_room
from pac.rooms.model import RoomId, RoomPublic
from pac.settings import Settings
from pac.transactions import Listeners
from tests.contracts.accounts import sign_up
from tests.fuzz.mutation import WireFrame
from tests.fuzz.observer import CANARY, Observer, frames_of
from tests.live.conftest import make_house as make_house
from tests.support.clock import SteppedClock

HIDDEN = RoomPublic.__members__.get("INVISIBLE", RoomPublic.AVAILABLE)
"""As closed as rooms can be: forbidden to strangers, and not even known to them where there are such rooms."""

TIGHT = Limits(
    send=Rate("send", 0.1, 1), ops=Rate("ops", 2, 8), subscribe=Rate("subscribe", 0.1, 4), refusals_per_min=8
)
"""So that a hasty client meets every one of them."""

SECRETS = 6
"""Bodies in each room the fuzzing member may not read."""


class Pipe:
    """The loop's transport as LiveSocket uses it; what is written goes to the observer."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.is_closed = False
        self.is_paused = False
        self.said_close = False
        self.underlying_transport = self
        self.is_close_frame_sent = False  # by the parser, which is not there

    def write(self, data: bytes) -> None:
        try:
            for opcode, payload in frames_of(data):
                assert not self.said_close, f"something was sent behind a close frame: {payload!r}"
                self.said_close = opcode == 8
                self.observer.heard(opcode, payload)
        except Exception as fault:
            self.observer.faults.append(
                fault
            )  # the service catches what its tasks raise; the test looks here

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass


@dataclass(slots=True)
class Parsed:
    """A frame as picows shows it to a listener."""

    frame: WireFrame

    @property
    def payload_size(self) -> int:
        return len(self.frame.payload)

    @property
    def msg_type(self) -> int:
        return self.frame.opcode

    @property
    def fin(self) -> bool:
        return self.frame.fin

    @property
    def rsv1(self) -> bool:
        return self.frame.reserved

    rsv2 = rsv3 = False

    def get_payload_as_bytes(self) -> bytes:
        return self.frame.payload


class BareSocket(LiveSocket):
    """One whose commands do nothing, some of them at once and some later: the state machine alone, much faster."""

    def __init__(self, world: "World", admission: Admission) -> None:
        super().__init__(world.node, admission)
        self._performed = 0

    def _command(self, perform: Perform) -> list[Effect]:
        self._performed += 1
        if perform.op == "hello":
            self.connection.state = State.OPEN
        return [] if self._performed % 3 == 0 else self.connection.performed(self._home.now())

    def finish(self) -> None:
        """What was left for later is done."""
        while self.connection.busy:
            self.perform(self.connection.performed(self._home.now()))


class Line:
    """One socket of somebody: the product's LiveSocket, between a parser that is played and a pipe."""

    def __init__(self, world: "World", observer: Observer, *, bare: bool = False) -> None:
        self._world = world
        self.observer = observer
        self.pipe = Pipe(observer)
        admission = Admission("", "", "en", "192.0.2.7")
        self.socket = BareSocket(world, admission) if bare else LiveSocket(world.node, admission)
        self.socket.on_ws_connected(self.pipe)  # type: ignore[arg-type]

    @property
    def connection(self) -> Any:
        return self.socket.connection

    def feed(self, frames: list[WireFrame]) -> float:
        """What one read brings. How long the loop's thread worked on it, in seconds of its own time: a machine
        that gave the thread no turn is no stall of ours."""
        began = time.thread_time()
        for frame in frames:
            self.socket.on_ws_frame(self.pipe, Parsed(frame))  # type: ignore[arg-type]
        self.socket.bytes_parsed(whole=True)
        return time.thread_time() - began

    async def settle(self) -> None:
        if isinstance(self.socket, BareSocket):
            self.socket.finish()
        else:
            await self._world.settle()

    def tick(self) -> None:
        self.socket._tick()

    @property
    def is_over(self) -> bool:
        return self.pipe.is_closed or self.pipe.said_close

    def hang_up(self) -> None:
        self.pipe.is_closed = True
        self.socket.on_ws_disconnected(self.pipe)  # type: ignore[arg-type]


@dataclass
class World:
    """`mallory` fuzzes; what is the victim's is none of their business."""

    clock: SteppedClock
    ids: SeededIds
    live: LiveService
    stores: bootstrap.Stores
    mallory: Actor
    victim: Actor
    places: dict[str, str]
    tokens: dict[str, str]
    secrets: tuple[str, ...]
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def node(self) -> Any:
        return self.live.node

    def observer(self) -> Observer:
        return Observer({self.places["$room"], self.places["$other"]}, self.secrets)

    async def settle(self) -> None:
        """Until nothing is under way for any socket and every send has its answer."""
        while True:
            await self.node.parts.intake.settled()
            under_way = list(self.node._under_way)
            if not under_way:
                await asyncio.sleep(0)
                if not self.node._under_way:
                    return
            else:
                await asyncio.wait(under_way)

    async def say(self, author: Actor, room: str, cid: str, body: str) -> None:
        draft = Draft(RoomId(room), author.id, author.nickname, Cid(cid), MessageType.TEXT, body, None)
        self.node.parts.intake.submit(draft, lambda _: None)
        await self.node.parts.intake.settled()

    async def log_of(self, room: str) -> list[Any]:
        rows: list[Any] = []
        while True:
            page: LogPage = await self.stores.log.read_after(RoomId(room), rows[-1].seq if rows else 0, 1_000)  # type: ignore[arg-type]
            rows += page.entries
            if not page.more:
                return rows


async def token_of(actor: Actor, stores: bootstrap.Stores, clock: SteppedClock, ids: SeededIds) -> str:
    """A live token of a session that outlasts every test."""
    token, key = ids.token(), session_key(ids.token())
    far = Instant(clock.now() + 10 * DAY_MS)
    await stores.sessions.add(Session(key, actor.id, far, far, "192.0.2.0/24", ""))
    await stores.sessions.add_token(token_key(token), key, Instant(far + 300 * DAY_MS))
    return token


@asynccontextmanager
async def open_world(folder: Path, seed: int, limits: Limits = TIGHT) -> AsyncIterator[World]:
    clock, ids, listeners = SteppedClock(), SeededIds(seed), Listeners()
    settings = Settings(data_dir=folder)
    failed: list[BaseException] = []
    async with bootstrap.embedded_stores(
        settings, listeners, clock, ids, writes_log=True, on_fatal=failed.append
    ) as stores:
        mallory, victim = await sign_up(stores.database, "mallory", CANARY)
        tokens = {actor.id: await token_of(actor, stores, clock, ids) for actor in (mallory, victim)}
        rooms = {}
        async with stores.database.writing() as tx:
            for place, owner, name, public in (
                ("$room", mallory, "Plaza", RoomPublic.AVAILABLE),
                ("$other", mallory, "Lounge", HIDDEN),
                ("$strange", victim, f"Salon of {CANARY}", RoomPublic.AVAILABLE),
                ("$hidden", victim, f"Cellar of {CANARY}", HIDDEN),
                ("$unknown", victim, f"Attic of {CANARY}", HIDDEN),
            ):
                room, _ = await create_room(
                    tx, owner, RoomFields(name, public=public), now=clock.now(), ids=ids
                )
                rooms[place] = room.id
        unknown = rooms.pop("$unknown")
        async with bootstrap._live(
            settings, stores, limits, listeners, clock, ids,
            lambda: failed.append(RuntimeError("a part of the service died")), Door(),
        ) as live:  # fmt: skip
            world = World(
                clock, ids, live, stores, mallory, victim, {**rooms, "$token": tokens[mallory.id]}, tokens,
                (str(victim.id), str(unknown), tokens[victim.id]),
            )  # fmt: skip
            for number in range(SECRETS):
                for room in (rooms["$strange"], rooms["$hidden"], unknown):
                    await world.say(victim, room, f"v{number}", f"{CANARY} whispers {number}")
                await world.say(mallory, rooms["$other"], f"m{number}", f"line {number}")
            yield world
            assert failed == []


def rss_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4_096
