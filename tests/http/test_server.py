"""What a connection asks waits for its turn at the door, whole; and after an upgrade nothing of HTTP is left."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from pac.http import server as http
from pac.http.door import Door
from pac.http.server import BoundedProtocol

GET = b"GET /seat-%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = b"GET /message HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class HeldDoor(Door):
    """Works only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Callable[[], None]] = []
        self.is_held = False

    def ask(self, work: Callable[[], None]) -> None:
        if self.is_held:
            self.held.append(work)
        else:
            super().ask(work)

    def let_go(self) -> None:
        self.is_held = False
        for work in self.held:
            super().ask(work)
        self.held.clear()


class Socket(asyncio.Protocol):
    """Takes a connection over, as the gateway does."""

    def __init__(self) -> None:
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


class Rig:
    def __init__(self, address: Any, door: HeldDoor, sockets: list[Socket]) -> None:
        self.address = address
        self.door = door
        self.sockets = sockets
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.address)
        self._writers.append(writer)
        return reader, writer

    async def until_held(self, count: int = 1) -> None:
        async with asyncio.timeout(5):
            while len(self.door.held) < count:
                await asyncio.sleep(0)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = scope["path"].encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    sockets: list[Socket] = []

    def upgrade(
        transport: asyncio.Transport, method: str, path: str, headers: Sequence[tuple[str, str]], address: str
    ) -> None:
        sockets.append(Socket())
        transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        transport.set_protocol(sockets[-1])

    door = HeldDoor()
    listener = http.listen("127.0.0.1", 0, "PAC_WEB_PORT")
    server = http.server(app, http.http_protocol(upgrade, (), door))
    serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    rig = Rig(listener.getsockname(), door, sockets)
    yield rig
    rig.close()
    server.should_exit = True
    await serving


async def test_what_comes_in_pieces_while_it_waits_is_heard_as_one(rig: Rig) -> None:
    reader, writer = await rig.connect()
    writer.write(GET % 1)
    await reader.readuntil(b"/seat-1")
    rig.door.is_held = True
    request = GET % 2
    writer.write(request[:9])
    await rig.until_held()
    writer.write(request[9:])
    await asyncio.sleep(0.05)
    assert len(rig.door.held) == 1, "one place at the door a connection"
    rig.door.let_go()
    async with asyncio.timeout(5):
        assert (await reader.readuntil(b"/seat-2")).startswith(b"HTTP/1.1 200")


@pytest.mark.req("3.12")
@pytest.mark.row("status 503")
async def test_who_has_waited_too_long_is_told_to_come_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = await rig.connect()
    writer.write(GET % 1)
    await reader.readuntil(b"/seat-1")
    rig.door.is_held = True
    writer.write(GET % 2)
    await rig.until_held()
    monkeypatch.setattr(http, "PATIENCE_S", -1.0)
    rig.door.let_go()
    async with asyncio.timeout(5):
        head = (await reader.read()).lower()
    assert head.startswith(b"http/1.1 503")
    assert b"retry-after: 5" in head


async def test_who_hangs_up_its_side_while_it_waits_is_still_answered(rig: Rig) -> None:
    reader, writer = await rig.connect()
    writer.write(GET % 1)
    await reader.readuntil(b"/seat-1")
    rig.door.is_held = True
    writer.write(b"no request at all\r\n\r\n")
    writer.write_eof()
    await rig.until_held()
    await asyncio.sleep(0.05)
    rig.door.let_go()
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 400")


async def test_a_client_that_never_stops_talking_is_not_read_while_it_waits(rig: Rig) -> None:
    reader, writer = await rig.connect()
    writer.write(GET % 1)
    await reader.readuntil(b"/seat-1")
    rig.door.is_held = True
    async with asyncio.timeout(20):
        while writer.transport.get_write_buffer_size() == 0:  # the kernel takes no more: nobody reads
            assert not writer.is_closing()
            writer.write(b"x" * 65_536)
            await asyncio.sleep(0.001)
    heard = rig.door.held[0].__self__  # type: ignore[attr-defined]
    assert heard._heard_bytes <= http.HEARD_BYTES + 262_144, "one read more than the bound at most"


async def test_after_an_upgrade_nothing_of_http_is_left(rig: Rig) -> None:
    reader, writer = await rig.connect()
    gc.collect()
    gc.disable()
    try:
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0)
        left = [it for it in gc.get_objects() if isinstance(it, BoundedProtocol)]
        assert not left, "kept alive, or left to the garbage collector"
    finally:
        gc.enable()
    writer.write(b"frames")
    async with asyncio.timeout(5):
        while rig.sockets[0].data != b"frames":
            await asyncio.sleep(0)
