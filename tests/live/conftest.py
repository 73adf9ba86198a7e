"""A real server, people with sessions, and raw sockets to it."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Person
from tests.support.people import Persona
from tests.support.server import ServerProcess, running_server

PATIENCE_S = 10.0


class Wire:
    """A WebSocket by hand: what is sent is bytes, what comes back is frames, and nothing is answered by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self.reader, self.writer, self.head = reader, writer, head

    @property
    def status(self) -> int:
        return int(self.head.split(" ", 2)[1])

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    def frame(
        self, opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True
    ) -> None:
        first = (0x80 if fin else 0) | reserved << 4 | opcode
        size = len(payload)
        length = (
            bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65_536
            else b"\x7f" + size.to_bytes(8, "big")
        )  # fmt: skip
        if not masked:
            self.raw(bytes([first]) + length + payload)
            return
        mask = os.urandom(4)
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.raw(bytes([first, length[0] | 0x80]) + length[1:] + mask + body)

    def say(self, **frame: Any) -> None:
        self.frame(1, json.dumps(frame).encode())

    async def next(self, within_s: float = PATIENCE_S) -> tuple[int, bytes]:
        """(opcode, payload) of the next frame. Raises IncompleteReadError when the server has gone."""
        async with asyncio.timeout(within_s):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0x0F, await self.reader.readexactly(size)

    async def hear(self, op: str | None = None) -> dict[str, Any]:
        """The next text frame, or the next of this op. Pings are passed over, and so is what nothing that was
        said brings: who is there is told when its second is over, the top when its ten are."""
        while True:
            opcode, payload = await self.next()
            if opcode == 8:
                raise AssertionError(
                    f"closed with {int.from_bytes(payload[:2], 'big')}: {payload[2:].decode()}"
                )
            if opcode == 1:
                frame: dict[str, Any] = json.loads(payload)
                if frame["op"] == op or (op is None and frame["op"] not in ("presence", "top")):
                    return frame

    async def close_code(self, within_s: float = PATIENCE_S) -> int:
        """The code the server closes with; whatever comes before it is passed over. 1006: none came."""
        try:
            while True:
                opcode, payload = await self.next(within_s)
                if opcode == 8:
                    return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006


class House:
    """A server with people in it."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.people: list[Person] = []
        self.wires: list[Wire] = []

    async def person(self, name: str, nickname: str = "") -> Person:
        persona = Persona(
            username=name, nickname=nickname or name.title(), password=f"a long password of {name}"
        )
        person = await (await Person(self.server.url, persona).sign_up()).sign_in()
        self.people.append(person)
        return person

    async def upgrade(self, path: str = "/message", *, source: str = "", **headers: str | None) -> Wire:
        """Ask for a socket; the head of the answer is in `wire.head`. A header given as None is left out.
        `source`: the address it is asked from, in 127.0.0.0/8."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.server.message_port, local_addr=(source, 0) if source else None
        )
        asked = {
            "Host": "localhost",
            "Upgrade": "websocket",
            "Connection": "keep-alive, Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Protocol": "pac.v2.json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}" for name, value in asked.items() if value is not None]
        writer.write("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
        async with asyncio.timeout(PATIENCE_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        wire = Wire(reader, writer, head)
        self.wires.append(wire)
        return wire

    async def socket(self, person: Person) -> Wire:
        """Past `hello`."""
        wire = await self.upgrade()
        wire.say(op="hello", id="h", token=await person.live_token())
        assert (await wire.hear())["op"] == "welcome"
        return wire

    async def reader(self, person: Person, room: str, **cursor: Any) -> Wire:
        """Past `subscribe`, which was granted."""
        wire = await self.socket(person)
        wire.say(op="subscribe", id="s", rooms=[{"room": room, **cursor}])
        answer = await wire.hear("ok")
        assert "code" not in answer["rooms"][0], answer
        return wire


MakeHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def make_house(tmp_path: Path) -> AsyncIterator[MakeHouse]:
    """Start a server with these settings."""
    servers: list[Any] = []
    houses: list[House] = []

    async def make(**settings: object) -> House:
        running = running_server(tmp_path / f"server{len(servers)}", **settings)
        house = House(await running.__aenter__())
        servers.append(running)
        houses.append(house)
        return house

    yield make
    for house in houses:
        for wire in house.wires:
            wire.writer.close()
        for person in house.people:
            await person.__aexit__()
        assert "Traceback" not in house.server.logs(), house.server.logs()[-4_000:]
    for running in servers:
        await running.__aexit__(None, None, None)


@pytest.fixture
async def house(make_house: MakeHouse) -> House:
    return await make_house()
