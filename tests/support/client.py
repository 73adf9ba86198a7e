"""A client of its own making: REST by httpx, `pac.v2.json` by websockets, written from docs/PROTOCOL.md alone.

It does what PROTOCOL §3 asks of a client: after a loss it connects again, subscribes with `after` and `epoch`,
and resends what was not answered under the same cids, in the order it was first sent. What it sees it notes for
the history checker. Nothing of the server is imported, so that no mistake is made twice.
"""

import asyncio
import contextlib
import itertools
import json
import random
import socket as sockets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.protocol import State

from tests.history.model import (
    Ack,
    Disconnected,
    LogRow,
    Opened,
    Read,
    Receive,
    Refused,
    Removed,
    Restored,
    Send,
    Settled,
    Subscribed,
    Unsubscribed,
)
from tests.history.recorder import Recorder
from tests.support.people import Persona

SUBPROTOCOL = "pac.v2.json"
PATIENCE_S = 10.0
RETRY_S = (0.05, 0.4)
NOT_SIGNED_IN = 4501
PAGE = 100

Frame = dict[str, Any]

_connection_lost = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, EOFError, TimeoutError)


class Person:
    """Somebody with an account, over REST. Signed in by token, as a program is, not by cookie."""

    def __init__(self, url: str, persona: Persona, recorder: Recorder | None = None) -> None:
        self.persona = persona
        self.id = ""
        self.recorder = recorder or Recorder()
        self._http = httpx.AsyncClient(base_url=url, timeout=30.0, trust_env=False)

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.aclose()

    async def sign_up(self) -> "Person":
        persona = self.persona
        answer = await self._http.post(
            "/api/v1/auth/join",
            json={
                "username": persona.username,
                "password": persona.password,
                "nickname": persona.nickname,
                "email": persona.email,
            },
        )
        answer.raise_for_status()
        return self

    async def sign_in(self) -> "Person":
        answer = await self._http.post(
            "/api/v1/auth/login",
            json={"username": self.persona.username, "password": self.persona.password},
        )
        member = answer.raise_for_status().json()
        self.id = member["id"]
        self._bear(member["token"])
        return self

    async def sign_out(self) -> None:
        (await self._http.post("/api/v1/auth/logout")).raise_for_status()

    async def live_token(self) -> str:
        """A fresh one: it opens sockets for five minutes, and its session outlives it."""
        answer = await self._http.get("/api/v1/auth/endpoint/check")
        token = str(answer.raise_for_status().json()["token"])
        self._bear(token)
        return token

    def _bear(self, token: str) -> None:
        """From here on by token alone: one who sends a cookie is a browser, and has to say where from."""
        self._http.cookies.clear()
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def create_room(self, name: str, *, public: str = "AVAILABLE", capacity: int = 1_000) -> str:
        answer = await self._http.post(
            "/api/v1/room", json={"roomName": name, "capacity": capacity, "roomPublic": public}
        )
        return str(answer.raise_for_status().json()["roomId"])

    async def join(self, room: str) -> None:
        self.recorder.note(Restored, member=self.id, room=room)
        (await self._http.post(f"/api/v1/room/{room}/join")).raise_for_status()

    async def leave(self, room: str) -> None:
        (await self._http.post(f"/api/v1/room/{room}/exit")).raise_for_status()
        self.recorder.note(Removed, member=self.id, room=room)

    async def end(self, room: str) -> None:
        (await self._http.delete(f"/api/v1/room/{room}")).raise_for_status()

    async def room(self, room: str) -> Frame:
        answer = await self._http.get(f"/api/v1/room/{room}")
        return dict(answer.raise_for_status().json())

    async def log(self, room: str) -> list[LogRow]:
        """The whole log, from its first row."""
        rows: list[LogRow] = []
        more = True
        while more:
            answer = await self._http.get(
                f"/api/v1/chat/log/{room}", params={"after": rows[-1].seq if rows else 0, "limit": PAGE}
            )
            page = answer.raise_for_status().json()
            more = page["more"]
            rows += [
                LogRow(row["roomId"], row["seq"], row["userId"], row["message"], row["type"], row.get("cid"))
                for row in page["messages"]
            ]
        return rows


async def final_log(people: Iterable[Person], rooms: Iterable[str]) -> list[LogRow]:
    """The logs as all of these people read them. Each is told the cids of its own messages alone, so that only
    together they know them all. Fails where two of them read different things."""
    rows: dict[tuple[str, int], LogRow] = {}
    readers = list(people)
    for room in rooms:
        for reader in readers:
            for row in await reader.log(room):
                before = rows.setdefault((room, row.seq), row)
                assert replace(before, cid=None) == replace(row, cid=None), "two people read different logs"
                if row.cid is not None:
                    rows[room, row.seq] = row
    return list(rows.values())


class SendRefused(Exception):
    """The server said no, and the same again would be refused again."""

    def __init__(self, answer: Frame) -> None:
        super().__init__(f"{answer['code']}: {answer['message']}")
        self.code: str = answer["code"]
        self.answer = answer


class Closed(Exception):
    """The server closed for good: 45xx, or the client was told to stay away."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Sent:
    room: str
    cid: str
    seq: int
    dup: bool


@dataclass(slots=True, eq=False)
class Unanswered:
    """A message from when it was first sent until it is answered for good."""

    room: str
    cid: str
    body: str
    answer: "asyncio.Future[Sent]"


@dataclass(slots=True)
class RoomView:
    """What this client holds of a room."""

    cursor: int | None = None
    epoch: str | None = None
    messages: dict[int, Frame] = field(default_factory=dict)
    socket: str = ""
    """The connection it is read on."""
    ended: str | None = None
    """The code of `unsubscribed`, once it was told."""


class LiveClient:
    """One device. `async with LiveClient(...) as device` connects; `resumes=False` leaves a loss a loss.

    `receive_buffer` bounds what the kernel takes in while `pause` holds the reading, so that a reader that stopped
    is soon felt at the other end.
    """

    def __init__(
        self,
        person: Person,
        socket_url: str,
        *,
        name: str = "",
        resumes: bool = True,
        keeps: bool = True,
        receive_buffer: int | None = None,
    ) -> None:
        self.person = person
        self.name = name or person.persona.nickname
        self.rooms: dict[str, RoomView] = {}
        self.frames: list[Frame] = []
        """Everything that is neither an answer nor a message."""
        self.welcome: Frame = {}
        self.close_code: int | None = None
        self.connections = 0
        self._url = socket_url
        self._resumes = resumes
        self._keeps = keeps
        self._receive_buffer = receive_buffer
        self._recorder = person.recorder
        self._ids = itertools.count(1)
        self._cids = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._socket_name = ""
        self._asked: dict[str, asyncio.Future[Frame]] = {}
        self._afters: dict[str, dict[str, int | None]] = {}
        self._sends: dict[str, Unanswered] = {}
        self._unanswered: dict[tuple[str, str], Unanswered] = {}
        self._retries: set[asyncio.TimerHandle] = set()
        self._reading = asyncio.Event()
        self._reading.set()
        self._changed = asyncio.Event()
        self._present = asyncio.Event()
        self._present.set()
        self._task: asyncio.Task[None] | None = None
        self._over: Closed | None = None
        self._closing = False

    async def __aenter__(self) -> "LiveClient":
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Greeted when it returns. Raises Closed when the server will not have it."""
        self._task = asyncio.get_running_loop().create_task(self._live(), name=f"client {self.name}")
        await self.until(lambda: bool(self.welcome) or self._over is not None)
        if self._over is not None:
            raise self._over

    async def close(self) -> None:
        """Leave with a close frame."""
        self._closing = True
        self._reading.set()
        if self._socket is not None:
            with contextlib.suppress(*_connection_lost):
                async with asyncio.timeout(2.0):
                    await self._socket.close()
        self._end()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def vanish(self) -> None:
        """Be gone without a word, as when the power fails: no close frame, and the connection is reset."""
        self._closing = True
        self.cut()
        self._end()

    def cut(self) -> None:
        """Lose the connection now; a client that resumes comes back by itself."""
        if self._socket is not None:
            raw = self._socket.transport.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):
                    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self._socket.transport.abort()

    def away(self) -> None:
        """Lose the connection, and do not come back before `back`."""
        self._present.clear()
        self.cut()

    def back(self) -> None:
        self._present.set()

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for timer in self._retries:
            timer.cancel()
        for asked in [*self._asked.values(), *(one.answer for one in self._unanswered.values())]:
            asked.cancel()

    # What a person does

    async def subscribe(
        self, *rooms: str, after: int | None = None, epoch: str | None = None
    ) -> dict[str, Frame]:
        """The entries of the answer, by room."""
        cursors = [{"room": room, "after": after, "epoch": epoch} for room in rooms]
        return await self._subscribe(cursors)

    async def unsubscribe(self, *rooms: str) -> None:
        await self.request("unsubscribe", rooms=list(rooms))
        for room in rooms:
            self.rooms.pop(room, None)
            self._recorder.note(Unsubscribed, socket=self._socket_name, room=room)

    async def send(self, room: str, body: str, cid: str | None = None) -> Sent:
        """Stored when it returns. Raises SendRefused; it goes on trying where trying again may help."""
        return await self.submit(room, body, cid).answer

    def submit(self, room: str, body: str, cid: str | None = None) -> Unanswered:
        """Send without waiting; what cannot be written now goes out at the next resume."""
        message = Unanswered(
            room, cid or f"{self.name.encode().hex()}-{next(self._cids)}", body, self._loop().create_future()
        )
        self._unanswered[room, message.cid] = message
        self._write_send(message)
        return message

    async def history(self, room: str, **range_: int) -> Frame:
        answer = await self.request("history", room=room, **range_)
        for entry in answer.get("messages", ()):
            self._recorder.note(Read, socket=self._socket_name, room=room, **_entry(entry))
        return answer

    async def request(self, op: str, **fields: Any) -> Frame:
        """The answer of one frame, `ok` or `error`. Raises ConnectionError when the socket is lost first."""
        return await self._request(str(next(self._ids)), op, **fields)

    async def _request(self, frame: str, op: str, **fields: Any) -> Frame:
        answer = self._asked[frame] = self._loop().create_future()
        await self._write({"op": op, "id": frame, **fields})
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def write_text(self, text: str) -> None:
        """A frame as it is, right or wrong."""
        assert self._socket is not None
        await self._socket.send(text)

    def pause(self) -> None:
        """Stop reading; what comes stays where it is, and soon nothing comes."""
        self._reading.clear()

    def resume(self) -> None:
        self._reading.set()

    async def until(self, holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Wait until it holds, looking again whenever something has come."""
        async with asyncio.timeout(within_s):
            while not holds():
                self._changed.clear()
                if holds():
                    return
                await self._changed.wait()

    async def until_read(self, room: str, seq: int, within_s: float = PATIENCE_S) -> None:
        """Until everything up to `seq` is here."""
        await self.until(lambda: (self.rooms[room].cursor or 0) >= seq, within_s)

    def settled(self, room: str, top: int) -> None:
        """Note that by now this reader must hold everything up to `top`."""
        self._recorder.note(Settled, socket=self._socket_name, room=room, top=top)

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    @property
    def is_over(self) -> bool:
        return self._over is not None

    def bodies(self, room: str) -> list[str]:
        messages = self.rooms[room].messages
        return [messages[seq]["body"] for seq in sorted(messages)]

    # The connection

    @staticmethod
    def _loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    async def _live(self) -> None:
        while not self._closing:
            try:
                await self._one_connection()
            except _connection_lost as lost:
                code = lost.rcvd.code if isinstance(lost, ConnectionClosed) and lost.rcvd else None
            except httpx.HTTPStatusError as refused:
                code = NOT_SIGNED_IN if refused.response.status_code == 401 else None
            except httpx.HTTPError:
                code = None
            else:
                code = self._socket.close_code if self._socket else None
            self._lost(code)
            if not self._resumes or (code is not None and 4500 <= code < 4600):
                self._over = Closed(code)
                self._tell_changed()
                return
            await asyncio.sleep(random.uniform(*RETRY_S))

    async def _one_connection(self) -> None:
        await self._present.wait()
        token = await self.person.live_token()
        async with connect(
            self._url,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item] # a NewType of str
            compression=None,
            proxy=None,
            ping_interval=None,
            max_size=None,
            open_timeout=PATIENCE_S,
            close_timeout=1.0,
            sock=await self._raw_socket(),
        ) as socket:
            await socket.send(json.dumps({"op": "hello", "id": "hello", "client": "tests", "token": token}))
            welcome = json.loads(await socket.recv())
            if welcome["op"] != "welcome":
                raise ConnectionError(f"no welcome: {welcome}")
            self._socket = socket
            self.connections += 1
            self._socket_name = f"{self.name}#{self.connections}"
            self._recorder.note(
                Opened, socket=self._socket_name, client=self.name, member=welcome["member"]["id"]
            )
            async with asyncio.TaskGroup() as tasks:
                taking_up = tasks.create_task(self._take_up())
                await self._read(socket, welcome)
                taking_up.cancel()

    async def _raw_socket(self) -> sockets.socket:
        place = urlsplit(self._url)
        raw = sockets.socket()
        raw.setblocking(False)
        try:
            if self._receive_buffer is not None:
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, self._receive_buffer)
            await self._loop().sock_connect(raw, (place.hostname, place.port))
        except BaseException:
            raw.close()
            raise
        return raw

    async def _read(self, socket: ClientConnection, welcome: Frame) -> None:
        """Returns when the connection is closed, however it was."""
        self.welcome = welcome
        self._tell_changed()
        try:
            while True:
                await self._reading.wait()
                self._take(json.loads(await socket.recv()))
        except ConnectionClosed:
            return

    async def _take_up(self) -> None:
        """Go on where the last connection ended: subscriptions first, then what has no answer yet."""
        if self.connections == 1:
            return
        cursors = [
            {"room": room, "after": view.cursor, "epoch": view.epoch}
            for room, view in self.rooms.items()
            if view.ended is None
        ]
        with contextlib.suppress(ConnectionError, ConnectionClosed, TimeoutError):
            if cursors:
                entries = await self._subscribe(cursors)
                for cursor in cursors:
                    if entries[cursor["room"]].get("reset") and cursor["after"] is not None:
                        await self._page(cursor["room"], cursor["after"], entries[cursor["room"]]["top"])
            for message in list(self._unanswered.values()):
                self._write_send(message)

    async def _page(self, room: str, after: int, top: int) -> None:
        """Fetch what a reset left out."""
        while after < top:
            page = await self.history(room, after=after, limit=PAGE)
            for entry in page["messages"]:
                after = entry["seq"]
                if self._keeps:
                    self.rooms[room].messages[after] = entry
            self._tell_changed()

    def _lost(self, code: int | None) -> None:
        if self._socket is not None:
            self._recorder.note(Disconnected, socket=self._socket_name, code=code)
        self._socket = None
        self.close_code = code
        self._sends.clear()
        self._afters.clear()
        asked, self._asked = self._asked, {}
        for answer in asked.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection was lost"))
                answer.exception()  # whoever waits is told; where nobody does, that is no fault
        if not self._resumes:
            for message in self._unanswered.values():
                if not message.answer.done():
                    message.answer.set_exception(ConnectionError("the connection was lost"))
                    message.answer.exception()
        self._tell_changed()

    async def _write(self, frame: Frame) -> None:
        if self._socket is None:
            raise ConnectionError("not connected")
        given = {name: value for name, value in frame.items() if value is not None}
        await self._socket.send(json.dumps(given, ensure_ascii=False))

    def _write_send(self, message: Unanswered) -> None:
        """In order, at once and without waiting: a reader that stopped must still be able to send."""
        socket = self._socket
        if socket is None or message.answer.done():
            return
        if socket.protocol.state is not State.OPEN or socket.transport.is_closing():
            return
        frame = str(next(self._ids))
        self._sends[frame] = message
        self._recorder.note(
            Send, socket=self._socket_name, id=frame, room=message.room, cid=message.cid, body=message.body
        )
        text = {"op": "send", "id": frame, "room": message.room, "cid": message.cid, "body": message.body}
        socket.protocol.send_text(json.dumps(text, ensure_ascii=False).encode())
        with contextlib.suppress(OSError):
            socket.send_data()

    async def _subscribe(self, cursors: list[Frame]) -> dict[str, Frame]:
        given = [{name: value for name, value in cursor.items() if value is not None} for cursor in cursors]
        frame = str(next(self._ids))
        self._afters[frame] = {cursor["room"]: cursor["after"] for cursor in cursors}
        answer = await self._request(frame, "subscribe", rooms=given)
        return {entry["room"]: entry for entry in answer.get("rooms", ())}

    # Frames in

    def _take(self, frame: Frame) -> None:
        match frame["op"]:
            case "message":
                self._took_message(frame)
            case "ok" | "error" if frame.get("id") in self._sends:
                self._took_send_answer(self._sends.pop(frame["id"]), frame)
            case "ok" | "error" if frame.get("id") in self._asked:
                if "rooms" in frame:
                    self._took_subscriptions(frame["rooms"], self._afters.pop(frame["id"], {}))
                answer = self._asked.pop(frame["id"])
                if not answer.done():
                    answer.set_result(frame)
            case "unsubscribed":
                view = self.rooms.setdefault(frame["room"], RoomView())
                view.ended = frame["code"]
                self._recorder.note(
                    Unsubscribed, socket=self._socket_name, room=frame["room"], code=frame["code"]
                )
                self.frames.append(frame)
            case _:
                self.frames.append(frame)
        self._tell_changed()

    def _took_message(self, frame: Frame) -> None:
        self._recorder.note(Receive, socket=self._socket_name, room=frame["room"], **_entry(frame))
        view = self.rooms.setdefault(frame["room"], RoomView())
        view.cursor = frame["seq"]
        if self._keeps:
            view.messages[frame["seq"]] = frame

    def _took_subscriptions(self, entries: Iterable[Frame], afters: dict[str, int | None]) -> None:
        for entry in entries:
            if "code" in entry:
                continue
            room = entry["room"]
            view = self.rooms.setdefault(room, RoomView())
            again = view.socket == self._socket_name and view.ended is None
            view.socket, view.ended = self._socket_name, None
            view.epoch = entry["epoch"]
            reset = entry.get("reset", False)
            after = afters.get(room)
            if reset or (after is None and not again):
                view.cursor = entry["top"]
            elif after is not None:
                view.cursor = after
            self._recorder.note(
                Subscribed,
                socket=self._socket_name,
                room=room,
                after=after,
                top=entry["top"],
                epoch=entry["epoch"],
                reset=reset,
            )

    def _took_send_answer(self, message: Unanswered, frame: Frame) -> None:
        place = {"socket": self._socket_name, "id": frame["id"], "room": message.room, "cid": message.cid}
        if frame["op"] == "ok":
            self._recorder.note(Ack, **place, seq=frame["seq"], dup=frame.get("dup", False))
            self._unanswered.pop((message.room, message.cid), None)
            if not message.answer.done():
                message.answer.set_result(
                    Sent(message.room, message.cid, frame["seq"], frame.get("dup", False))
                )
            return
        self._recorder.note(Refused, **place, code=frame["code"])
        if self._resumes and "retry_after_ms" in frame:
            self._again_later(message, frame["retry_after_ms"] / 1_000)
            return
        self._unanswered.pop((message.room, message.cid), None)
        if not message.answer.done():
            message.answer.set_exception(SendRefused(frame))
            message.answer.exception()

    def _again_later(self, message: Unanswered, seconds: float) -> None:
        def again() -> None:
            self._retries.discard(timer)
            self._write_send(message)

        timer = self._loop().call_later(seconds, again)
        self._retries.add(timer)

    def _tell_changed(self) -> None:
        self._changed.set()


def _entry(frame: Frame) -> dict[str, Any]:
    return {
        "seq": frame["seq"],
        "member": frame["member"]["id"],
        "body": frame["body"],
        "type": frame["type"],
    }
