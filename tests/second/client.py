"""A client written from docs/PROTOCOL.md alone: it shares nothing with the server, nor with tests/support/client.py.

What it wants outlives connections: rooms to read and messages to say. Each new connection subscribes to the
former from where its log ends, and says the latter again under the same cid. One reader applies the frames in
the order they come; whatever has to wait (a gap, a fresh look at the room) is a task beside it.
"""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.second.picture import Frame, Picture
from tests.second.rest import Account, Problem

ANSWERED_WITHIN_S = 10.0
JITTER_S = (0.5, 30.0)
ROOMS_AT_ONCE = 512
HISTORY_AT_ONCE = 100
AGAIN_SOON_S = 0.2
FINAL_CLOSES = frozenset({1002, 1007, 1008, 1009})
"""Beside 45xx: "do not reconnect as you are"."""

Watcher = Callable[[int, str, Frame], None]
"""The number of the connection, what happened ("open", "→", "←", "close"), the frame."""


class Refused(Exception):
    """An `error` frame that is an answer for good."""

    def __init__(self, frame: Frame) -> None:
        self.code: str = frame["code"]
        self.frame = frame
        super().__init__(f"{self.code}: {frame['message']}")


class Broken(Exception):
    """The connection went before the answer came."""


@dataclass(slots=True)
class Pending:
    """A message that may or may not be stored. `answer` comes with the `ok`, or with Refused."""

    room: str
    cid: str
    body: str
    answer: asyncio.Future[Frame]
    sent_on: int = 0


class Client:
    """`jitter_s`: the page's, unless a test has no time. `watch` sees every frame."""

    def __init__(
        self,
        account: Account,
        socket_url: str,
        *,
        jitter_s: tuple[float, float] = JITTER_S,
        watch: Watcher = lambda *_: None,
    ) -> None:
        self.account = account
        self.rooms: dict[str, Picture] = {}
        self.memberships: list[Frame] = []
        self.connections = 0
        self.closed_with: list[int | None] = []
        self.welcome: Frame = {}
        self.ended_by = ""
        self._url = socket_url
        self._jitter_s = jitter_s
        self._watch = watch
        self._ids = itertools.count(1)
        self._cids = itertools.count(1)
        self._random = random.Random()
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._pending: dict[tuple[str, str], Pending] = {}
        self._sends: dict[str, Pending] = {}
        self._wanted: set[str] = set()
        self._granted: set[str] = set()
        self._filling: set[str] = set()
        self._looking: dict[str, list[Frame]] = {}
        self._drain_s: float | None = None
        self._changed = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._running = self._tasks.create_task(self._run())
        await self.until(lambda: bool(self.welcome) or bool(self.ended_by))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._running is not None
        self._running.cancel()
        await self._tasks.__aexit__(kind, error, trace)

    async def until(self, holds: Callable[[], bool], within_s: float = 30.0) -> None:
        """Looked at after every frame. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def cut(self) -> None:
        """Break the connection as a bad network does: no close frame."""
        if self._socket is not None:
            self._socket.transport.abort()

    # What one may do

    def reads(self, room: str) -> bool:
        """Subscribed, or on the way to it."""
        return room in self._wanted

    async def subscribe(self, *rooms: str) -> None:
        """Read these from their beginning, or from where the picture ends, now and after every reconnect.
        Raises Refused where one is not granted."""
        self._wanted.update(rooms)
        with suppress(Broken):
            await self._subscribe([room for room in rooms if room not in self._granted])
        await self.until(lambda: all(room in self._granted or room not in self._wanted for room in rooms))
        for room in rooms:
            if room not in self._wanted:
                raise Refused({"code": self.rooms[room].unsubscribed, "message": room})

    async def unsubscribe(self, room: str) -> None:
        self._wanted.discard(room)
        self._granted.discard(room)
        with suppress(Broken):
            await self.ask("unsubscribe", rooms=[room])

    def submit(self, room: str, body: str, cid: str = "") -> Pending:
        """Say it, now or as soon as the room is subscribed; again after every reconnect until it is answered."""
        cid = cid or f"{time.time_ns() // 1_000_000:012x}-{next(self._cids)}"
        pending = Pending(room, cid, body, asyncio.get_running_loop().create_future())
        self._pending[room, cid] = pending
        if room not in self._wanted:
            self._fail_sends(room, {"code": "not_subscribed"})
        self._say(pending)
        return pending

    async def send(self, room: str, body: str, cid: str = "") -> Frame:
        return await self.submit(room, body, cid).answer

    async def history(self, room: str, **where: int) -> Frame:
        return await self.ask("history", room=room, **where)

    async def presence(self, room: str) -> Frame:
        return await self.ask("presence", room=room)

    async def delete(self, room: str, seq: int) -> None:
        await self.ask("delete", room=room, seq=seq)

    def typing(self, room: str, on: bool = True) -> None:
        self._put({"op": "typing", "room": room, "on": on})

    def read(self, room: str, seq: int) -> None:
        self.rooms[room].is_read(seq)
        self._put({"op": "read", "room": room, "seq": seq})

    async def ask(self, op: str, **fields: object) -> Frame:
        """The answer. Raises Refused, and Broken where there is none on this connection."""
        frame_id = str(next(self._ids))
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if self._socket is None:
            raise Broken
        self._answers[frame_id] = answer
        self._put({"op": op, "id": frame_id, **fields})
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return await answer
        except TimeoutError:
            self.cut()
            raise Broken from None
        finally:
            self._answers.pop(frame_id, None)

    # The connection

    async def _run(self) -> None:
        """Connect, again and again, until a close says not to."""
        failures = 0
        while True:
            before = self.connections
            try:
                again = await self._connect()
            except (
                OSError,
                TimeoutError,
                httpx.TransportError,
                websockets.InvalidHandshake,
                websockets.ConnectionClosed,
            ):
                again = True  # it never came to a `welcome`, and nobody has said why not
            except Problem as problem:
                again = problem.status != 401
                self.ended_by = str(problem)
            if not again:
                self._changed.set()
                return
            failures = 0 if self.connections > before else failures + 1
            least, most = self._jitter_s
            wait_s = self._random.uniform(least, min(most, 2 * least * 2 ** min(failures, 10)))
            if self._drain_s is not None:
                wait_s, self._drain_s = self._drain_s, None
            await asyncio.sleep(wait_s)

    async def _connect(self) -> bool:
        """One connection from hello to its end. May one come back?"""
        async with connect(
            self._url, subprotocols=[websockets.Subprotocol("pac.v2.json")], proxy=None
        ) as socket:
            hello = {"op": "hello", "id": "hello", "client": "second", "token": await self.account.token()}
            await socket.send(json.dumps(hello))
            welcome = json.loads(await socket.recv())
            self.connections += 1
            self._watch(self.connections, "open", {})
            self._watch(self.connections, "→", hello)
            self._watch(self.connections, "←", welcome)
            self.welcome, self._socket = welcome, socket
            self._changed.set()
            beside = self._tasks.create_task(self._recover())
            try:
                async for text in socket:
                    frame = json.loads(text)
                    self._watch(self.connections, "←", frame)
                    self._hear(frame)
                    self._changed.set()
            except websockets.ConnectionClosed:
                pass
            finally:
                beside.cancel()
                self._lost(socket.close_code)
        code = socket.close_code or 1006
        if code in FINAL_CLOSES or 4500 <= code < 4600:
            self.ended_by = f"{code} {socket.close_reason}"
            return False
        return True

    def _lost(self, code: int | None) -> None:
        self._socket = None
        self._granted.clear()
        self._filling.clear()
        self._sends.clear()
        self.closed_with.append(code)
        self._watch(self.connections, "close", {"code": code})
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(Broken())
        self._changed.set()

    async def _recover(self) -> None:
        with suppress(Broken):
            await self._subscribe(sorted(self._wanted))

    def _put(self, frame: Frame) -> None:
        """Noted before it leaves. Where there is no connection it is lost, as everything without an answer is."""
        socket = self._socket
        if socket is None:
            return
        self._watch(self.connections, "→", frame)
        self._tasks.create_task(self._write(socket, json.dumps(frame)))

    async def _write(self, socket: ClientConnection, text: str) -> None:
        with suppress(websockets.ConnectionClosed):
            await socket.send(text)

    # Rooms

    async def _subscribe(self, rooms: list[str]) -> None:
        for start in range(0, len(rooms), ROOMS_AT_ONCE):
            entries = []
            for room in rooms[start : start + ROOMS_AT_ONCE]:
                picture = self.rooms.setdefault(room, Picture(room))
                entries.append({"room": room, "after": picture.last})
                if picture.epoch:
                    entries[-1]["epoch"] = picture.epoch
            answer = await self.ask("subscribe", rooms=entries)
            later = [entry for entry in answer["rooms"] if "retry_after_ms" in entry]
            if later:
                await asyncio.sleep(max(entry["retry_after_ms"] for entry in later) / 1_000)
                await self._subscribe([entry["room"] for entry in later])

    def _entered(self, entry: Frame) -> None:
        """An entry of the answer to `subscribe`, taken before the replay that follows it."""
        room = entry["room"]
        picture = self.rooms[room]
        if "code" in entry:
            if "retry_after_ms" not in entry and entry["code"] != "unavailable":
                self._wanted.discard(room)
                picture.unsubscribed = entry["code"]
                self._fail_sends(room, entry)
            return
        self._granted.add(room)
        picture.subscribed(entry)
        if picture.has_gap:
            self._fill(room)
        self._tasks.create_task(self._look(room, self.connections))
        for pending in list(self._pending.values()):
            if pending.room == room and pending.sent_on != self.connections:
                self._say(pending)

    async def _look(self, room: str, connection: int) -> None:
        """GET the room's fields, once a connection. A push that comes meanwhile may be older or newer than the
        answer: it is applied after it, and where it was older the newer one is still to come."""
        pushed = self._looking[room] = []
        while self.connections == connection and room in self._granted:
            try:
                fields = await self.account.room(room)
            except (Problem, httpx.TransportError) as error:
                if isinstance(error, Problem) and error.status < 500:
                    return  # the right went meanwhile, and the socket is being told
                await asyncio.sleep(AGAIN_SOON_S)
                continue
            for more in [fields, *pushed]:
                self.rooms[room].fields.update(more)
            break
        if self._looking.get(room) is pushed:
            del self._looking[room]
        self._changed.set()

    def _fill(self, room: str) -> None:
        if room not in self._filling:
            self._filling.add(room)
            self._tasks.create_task(self._fill_gap(room, self.connections))

    async def _fill_gap(self, room: str, connection: int) -> None:
        """Ask for what is missing, page by page, until the log is whole again."""
        picture = self.rooms[room]
        try:
            while picture.has_gap and self.connections == connection:
                page = await self.history(room, after=picture.last, limit=HISTORY_AT_ONCE)
                for entry in page["messages"]:
                    picture.holds(entry)
                self._changed.set()
        except (Broken, Refused):
            pass  # the next subscription finds the gap again
        finally:
            if self.connections == connection:
                self._filling.discard(room)

    def _say(self, pending: Pending) -> None:
        if self._socket is None or pending.room not in self._granted or pending.answer.done():
            return
        frame_id = str(next(self._ids))
        pending.sent_on = self.connections
        self._sends[frame_id] = pending
        self._put(
            {"op": "send", "id": frame_id, "room": pending.room, "cid": pending.cid, "body": pending.body}
        )

    def _answered(self, pending: Pending, frame: Frame) -> None:
        code = frame.get("code")
        if frame["op"] == "ok":
            self.rooms[pending.room].is_read(frame["seq"])
            self._settle(pending, frame)
        elif code in ("unavailable", "rate_limited", "slow_mode"):
            wait_s = frame.get("retry_after_ms", AGAIN_SOON_S * 1_000) / 1_000
            asyncio.get_running_loop().call_later(wait_s, self._say, pending)
        elif code == "not_subscribed" and pending.room in self._wanted:
            pending.sent_on = 0
        else:
            self._settle(pending, frame)

    def _settle(self, pending: Pending, frame: Frame) -> None:
        self._pending.pop((pending.room, pending.cid), None)
        if pending.answer.done():
            return
        if frame["op"] == "ok":
            pending.answer.set_result(frame)
        else:
            pending.answer.set_exception(Refused(frame))

    def _fail_sends(self, room: str, why: Frame) -> None:
        """Nothing more can be said here: whoever waits is told so."""
        for pending in [pending for pending in self._pending.values() if pending.room == room]:
            self._settle(pending, {"op": "error", "code": why["code"], "message": why.get("message", "")})

    # What one hears

    def _hear(self, frame: Frame) -> None:
        room = frame.get("room", "")
        picture = self.rooms.get(room)
        match frame["op"]:
            case "ok" | "error" | "pong":
                self._hear_answer(frame)
            case "message" if picture is not None:
                picture.holds(frame)
                if frame["type"] != "SYSTEM" and frame["member"]["id"] == self.account.id:
                    picture.is_read(frame["seq"])
            case "top" if picture is not None:
                picture.top = max(picture.top, frame["top"])
            case "presence" if picture is not None:
                picture.online = frame["online"]
            case "typing" if picture is not None:
                picture.typing(frame)
            case "read" if picture is not None:
                picture.is_read(frame["seq"])
            case "room" if picture is not None:
                fields = {name: value for name, value in frame.items() if name not in ("op", "room")}
                picture.fields.update(fields)
                self._looking.get(room, []).append(fields)
            case "membership":
                self.memberships.append(frame)
                self.rooms.setdefault(room, Picture(room)).membership(frame)
            case "unsubscribed" if picture is not None:
                picture.unsubscribed = frame["code"]
                self._wanted.discard(room)
                self._granted.discard(room)
                self._fail_sends(room, frame)
            case "drain":
                self._drain_s = frame["reconnect_in_ms"] / 1_000
            case _:
                pass  # a newer server may say more than this client knows
        if picture is not None and room in self._granted and picture.has_gap:
            self._fill(room)

    def _hear_answer(self, frame: Frame) -> None:
        if frame["op"] == "ok" and "rooms" in frame:
            for entry in frame["rooms"]:
                if isinstance(entry, dict):
                    self._entered(entry)
        frame_id = frame.get("id", "")
        if frame_id in self._sends:
            self._answered(self._sends.pop(frame_id), frame)
        answer = self._answers.get(frame_id)
        if answer is not None and not answer.done():
            if frame["op"] == "error":
                answer.set_exception(Refused(frame))
            else:
                answer.set_result(frame)
