"""The peers that PAC is measured beside do what they are measured for: a message reaches its room once, and no other.

They need Go, Node and a C compiler, and are no part of PAC. So these tests are collected only when they are asked for:

    bench/peers/build && PAC_BENCH_PEERS=1 make test ARGS=tests/bench/test_peers.py
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

RUN = Path(__file__).resolve().parents[2] / "bench" / "peers" / "run"
PLAIN = ["ws", "websockets", "fastapi", "floor"]
CENTRIFUGE = ["centrifuge", "centrifuge-delay", "centrifuge-lean"]
NOT_BUILT = 3
PATIENCE_S = 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # and ACCEPT: the example of RFC 6455, 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

__test__ = os.environ.get("PAC_BENCH_PEERS") == "1"


class Plain:
    """A socket in /room/<name>: a text said is heard by the whole room, the speaker included."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    @classmethod
    @contextlib.asynccontextmanager
    async def join(cls, port: int, room: str) -> AsyncIterator["Plain"]:
        async with connect(f"ws://127.0.0.1:{port}/room/{room}", compression=None) as wire:
            yield cls(wire)

    async def say(self, text: str) -> None:
        await self.wire.send(text)

    async def hear(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            text = await self.wire.recv()
        assert isinstance(text, str)
        return text


class Centrifuge:
    """The same in Centrifuge's JSON protocol: commands with ids, and lines of replies and pushes in a frame."""

    def __init__(self, wire: ClientConnection, room: str) -> None:
        self.wire, self.room = wire, room
        self.lines: list[str] = []
        self.asked = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def join(cls, port: int, room: str) -> AsyncIterator["Centrifuge"]:
        async with connect(f"ws://127.0.0.1:{port}/connection/websocket", compression=None) as wire:
            member = cls(wire, room)
            await member.ask(connect={})
            await member.ask(subscribe={"channel": room})
            for name in ("connect", "subscribe"):
                reply = await member.line()
                assert name in reply, reply
            yield member

    async def ask(self, **command: object) -> None:
        self.asked += 1
        await self.wire.send(json.dumps({"id": self.asked, **command}))

    async def line(self) -> dict[str, dict]:
        if not self.lines:
            async with asyncio.timeout(PATIENCE_S):
                frame = await self.wire.recv()
            assert isinstance(frame, str)
            self.lines = frame.splitlines()
        return json.loads(self.lines.pop(0))

    async def say(self, text: str) -> None:
        await self.ask(publish={"channel": self.room, "data": {"text": text}})

    async def hear(self) -> str:
        while "push" not in (line := await self.line()):
            assert "error" not in line, line
        assert line["push"]["channel"] == self.room
        return line["push"]["pub"]["data"]["text"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(name: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    port = free_port()
    core = str(min(os.sched_getaffinity(0)))
    process = await asyncio.create_subprocess_exec(
        RUN, name, "--port", str(port), "--core", core, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await process.stdout.readline()
        if line == b"" and await process.wait() == NOT_BUILT:
            pytest.skip(f"{name} is not built: bench/peers/build")
        assert line == b"ready\n"
        yield process, port
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


@pytest.mark.parametrize("name", [*PLAIN, *CENTRIFUGE])
async def test_a_message_is_heard_once_by_everybody_in_its_room_and_by_nobody_else(name: str) -> None:
    dialect = Centrifuge if name in CENTRIFUGE else Plain
    async with contextlib.AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(running(name))
        ada = await stack.enter_async_context(dialect.join(port, "plaza"))
        await ada.say("Ada is here")
        assert await ada.hear() == "Ada is here"
        ben = await stack.enter_async_context(dialect.join(port, "plaza"))
        await ben.say("Ben is here")
        assert await ben.hear() == "Ben is here"
        eve = await stack.enter_async_context(dialect.join(port, "garden"))
        await eve.say("Eve is here")

        await ada.say("안녕")
        assert await ben.hear() == "안녕"
        await ben.say("goodbye")
        assert [await ada.hear() for _ in range(3)] == ["Ben is here", "안녕", "goodbye"]
        assert await ben.hear() == "goodbye"
        await eve.say("nobody here?")
        assert [await eve.hear() for _ in range(2)] == ["Eve is here", "nobody here?"]


@pytest.mark.parametrize("name", [*PLAIN, *CENTRIFUGE])
async def test_those_who_stay_hear_on_when_others_leave(name: str) -> None:
    dialect = Centrifuge if name in CENTRIFUGE else Plain
    async with contextlib.AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(running(name))
        members = [await stack.enter_async_context(dialect.join(port, "plaza")) for _ in range(4)]
        for member in members:
            await member.say("here")
            assert await member.hear() == "here"
        ada, ben, _, dan = members
        await ben.wire.close()
        await ada.wire.close()
        await dan.say("still here?")
        for member in members[2:]:
            while await member.hear() != "still here?":
                pass


@pytest.mark.parametrize("name", [*PLAIN, *CENTRIFUGE])
async def test_the_process_that_was_started_is_the_server_on_its_one_core(name: str) -> None:
    async with running(name) as (process, _):
        threads = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
        assert all(len(os.sched_getaffinity(thread)) == 1 for thread in threads)
        assert Path(f"/proc/{process.pid}/exe").resolve().name not in {"bash", "taskset"}
        assert "VmRSS:" in Path(f"/proc/{process.pid}/status").read_text()


@pytest.mark.parametrize("name", [*PLAIN, *CENTRIFUGE])
async def test_a_peer_ends_when_told_although_somebody_does_not_answer(name: str) -> None:
    async with running(name) as (process, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = "connection/websocket" if name in CENTRIFUGE else "room/plaza"
        writer.write(
            f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b"\r\n\r\n")
            process.terminate()
            assert await process.wait() in {0, -signal.SIGTERM}
        writer.close()


@pytest.mark.parametrize("name", PLAIN)
async def test_a_text_of_any_length_comes_back_unchanged(name: str) -> None:
    async with running(name) as (_, port), Plain.join(port, "plaza") as ada:
        for length in (1, 125, 126, 65_535, 65_536):
            text = "가"[: length % 2] + "x" * (length - 3 * (length % 2))
            await ada.say(text)
            assert await ada.hear() == text


async def test_the_floor_answers_pings_and_reads_a_frame_that_comes_byte_by_byte() -> None:
    async with running("floor") as (_, port):
        async with Plain.join(port, "plaza") as ada, asyncio.timeout(PATIENCE_S):
            await (await ada.wire.ping(b"still there?"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = (
            f"GET /room/plaza HTTP/1.1\r\nsec-websocket-key: {KEY}\r\n\r\n".encode()
            + b"\x81\x82abcd"
            + bytes(letter ^ mask for letter, mask in zip(b"hi", b"ab", strict=True))
        )
        for place in range(len(said)):
            writer.write(said[place : place + 1])
            await writer.drain()
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.readuntil(b"\r\n\r\n")
            assert f"Sec-WebSocket-Accept: {ACCEPT}\r\n".encode() in answer
            assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.close()


def unmasked(frame: bytes) -> bytes:
    return frame[:1] + bytes([frame[1] & 0x7F]) + frame[6:]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (unmasked(b"\x81\x82\0\0\0\0hi"), 1002),
        (b"\xc1\x82\0\0\0\0hi", 1002),
        (b"\x01\x82\0\0\0\0hi", 1002),
        (b"\x82\x82\0\0\0\0hi", 1003),
        (b"\x81\xff" + struct.pack("!Q", 65_537), 1009),
    ],
    ids=["not masked", "a reserved bit", "a fragment", "binary", "too long"],
)
async def test_the_floor_ends_a_socket_that_says_what_it_does_not_know(frame: bytes, code: int) -> None:
    async with running("floor") as (_, port), Plain.join(port, "plaza") as ada:
        ada.wire.transport.write(frame)
        with pytest.raises(ConnectionClosed):
            await ada.hear()
        assert ada.wire.close_code == code


async def test_the_floor_lets_a_reader_go_who_stops_reading_and_the_others_hear_everything() -> None:
    async with running("floor") as (process, port), Plain.join(port, "plaza") as ada:
        stuck_reader, stuck = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        stuck.write(f"GET /room/plaza HTTP/1.1\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE_S):
            await stuck_reader.readuntil(b"\r\n\r\n")
        long = "x" * 60_000
        for number in range(400):
            await ada.say(f"{number} {long}")
            assert (await ada.hear()).startswith(f"{number} ")
        rss = next(
            line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "VmRSS" in line
        )
        assert int(rss.split()[1]) < 8 * 1024
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            async with asyncio.timeout(PATIENCE_S):
                await stuck_reader.readexactly(400 * 60_000)
        stuck.close()
