"""Floods over TCP at the figures that are promised (SECURITY 3.6, 3.8): closed in time, and memory stays where it is.

Each flood goes on for as long as the server takes it, in a thread of its own and by a blocking socket that never reads,
while memory is read from /proc.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import pytest
import pytest_asyncio

from tests.live.conftest import House
from tests.support.client import Person
from tests.support.server import OWN_LIMITS, ServerProcess, running_server

LOOP = "module"
MASK = b"\0\0\0\0"
PINGS = 1_000_000
FRAME_BYTES = 65_536
GONE_WITHIN_S = 5.0
RSS_BYTES = 2 * 2**20
MANY = 16_384
"""Frames as large as they may be: a gigabyte."""
TRICKLE_S = 0.02
MIB = 2**20

pytestmark = [pytest.mark.asyncio(loop_scope=LOOP), pytest.mark.timeout(120)]


@dataclass
class Castle:
    server: ServerProcess
    mallory: Person
    house: House


@pytest_asyncio.fixture(scope="module", loop_scope=LOOP)
async def castle(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Castle]:
    async with running_server(tmp_path_factory.mktemp("floods"), **OWN_LIMITS) as server:
        house = House(server)
        mallory = await house.person("mallory")
        await Flood(await greeted(house, mallory), repeat(frame(0x9, b"warm"), 1_000)).run()
        yield Castle(server, mallory, house)
        for wire in house.wires:
            wire.writer.close()
        await mallory.__aexit__()
        assert "Traceback" not in server.logs()


async def greeted(house: House, person: Person) -> socket.socket:
    """Greeted, and from here on a blocking socket of its own, with as small a receive buffer as there is."""
    wire = await house.socket(person)
    house.wires.remove(wire)
    raw = wire.writer.get_extra_info("socket").dup()
    wire.writer.transport.abort()  # our end of it alone: the duplicate keeps the connection
    raw.setblocking(True)
    raw.settimeout(2 * GONE_WITHIN_S)
    return raw  # type: ignore[no-any-return]


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    size = len(payload)
    length = (
        bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < FRAME_BYTES
        else b"\xff" + size.to_bytes(8, "big")
    )  # fmt: skip
    return bytes([(0x80 if fin else 0) | opcode]) + length + MASK + payload


class Flood:
    """Sends what it is given until that ends or the server has gone; then a byte now and then, to see it go."""

    def __init__(self, raw: socket.socket, parts: Iterator[bytes]) -> None:
        self._raw = raw
        self._parts = parts
        self.sent_bytes = 0
        self.gone_after_s = 2 * GONE_WITHIN_S

    async def run(self) -> "Flood":
        await asyncio.to_thread(self._send)
        return self

    def _send(self) -> None:
        began = time.monotonic()
        with self._raw:
            try:
                for part in self._parts:
                    self._raw.sendall(part)
                    self.sent_bytes += len(part)
                while time.monotonic() - began < 2 * GONE_WITHIN_S:
                    self._raw.sendall(b"\x8a\x80" + MASK)
                    time.sleep(TRICKLE_S)
            except OSError:
                self.gone_after_s = time.monotonic() - began


class Peak:
    """The most memory a process had between entering and leaving, over what it had before, in bytes."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._before = server.rss_bytes()
        self.grown = 0

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.grown = max(self.grown, self._server.rss_bytes() - self._before)


async def flooded(castle: Castle, *floods: Iterator[bytes]) -> None:
    """All at once: each is over within GONE_WITHIN_S, and together they cost no more memory than one may."""
    sockets = [await greeted(castle.house, castle.mallory) for _ in floods]
    with Peak(castle.server) as peak:
        gone = await asyncio.gather(
            *(Flood(raw, parts).run() for raw, parts in zip(sockets, floods, strict=True))
        )
    for flood in gone:
        print(f"\n{flood.sent_bytes:,} B taken, gone after {flood.gone_after_s:.2f} s", end="")
    print(f"; RSS +{peak.grown / MIB:.2f} MiB")
    assert max(flood.gone_after_s for flood in gone) <= GONE_WITHIN_S
    assert peak.grown < RSS_BYTES


async def counted(castle: Castle, code: int) -> float:
    return await castle.server.metric("pac_sockets_closed_total", f'code="{code}"')


@pytest.mark.req("3.8")
@pytest.mark.row("close 1008")
async def test_a_million_pings_of_one_who_never_reads_end_within_five_seconds(castle: Castle) -> None:
    """Of empty ones, of full ones, and of pongs nobody asked for."""
    before = await counted(castle, 1008)
    kinds = frame(0x9, b""), frame(0x9, b"x" * 125), frame(0xA, b"")
    await flooded(castle, *(repeat(kind * 1_000, PINGS // 1_000) for kind in kinds))
    assert await counted(castle, 1008) == before + 3


@pytest.mark.req("3.8")
async def test_ten_pings_a_second_are_answered(castle: Castle) -> None:
    wire = await castle.house.socket(castle.mallory)
    for number in range(10):
        wire.frame(0x9, b"%d" % number)
    assert [await wire.next() for _ in range(10)] == [(0xA, b"%d" % number) for number in range(10)]


@pytest.mark.req("3.6")
@pytest.mark.row("limit frame", "limit fragments", "close 1009", "close 1008")
async def test_65537_bytes_are_too_many_in_one_frame_in_two_and_in_as_many(castle: Castle) -> None:
    before = [await counted(castle, code) for code in (1009, 1008)]
    await flooded(
        castle,
        iter([frame(1, b" " * 65_537)]),
        iter([frame(1, b" " * 32_768, fin=False), frame(0, b" " * 32_769)]),
        iter([frame(1, b" ", fin=False), frame(0, b" ", fin=False) * 65_535, frame(0, b" ")]),
    )
    assert [await counted(castle, code) for code in (1009, 1008)] == [before[0] + 2, before[1] + 1]


@pytest.mark.req("3.6")
@pytest.mark.row("limit frame", "limit fragments")
async def test_65536_bytes_are_not_too_many_in_sixteen_frames(castle: Castle) -> None:
    wire = await castle.house.socket(castle.mallory)
    text = b'{"op":"ping","id":"whole"' + b" " * (FRAME_BYTES - 26) + b"}"
    cuts = range(0, FRAME_BYTES, FRAME_BYTES // 16)
    for at in cuts:
        wire.frame(0 if at else 1, text[at : at + FRAME_BYTES // 16], fin=at == cuts[-1])
    assert (await wire.hear("pong"))["id"] == "whole"


@pytest.mark.req("3.6")
async def test_what_follows_a_header_that_claims_too_much_is_not_kept(castle: Castle) -> None:
    await flooded(
        castle,
        *(
            chain([b"\x82\xff" + claimed.to_bytes(8, "big") + MASK], repeat(b"x" * FRAME_BYTES, MANY))
            for claimed in (2**63 - 1, 2**63, 2**64 - 1, FRAME_BYTES + 1)
        ),
    )


@pytest.mark.req("3.6")
async def test_a_gigabyte_of_frames_behind_one_that_was_refused_is_not_kept(castle: Castle) -> None:
    """Each as large as a frame may be, whole or as fragments: the first is answered by a close, the rest falls away."""
    await flooded(castle, *(repeat(frame(1, b"[" * FRAME_BYTES, fin=fin), MANY) for fin in (True, False)))


@pytest.mark.req("3.6")
async def test_one_who_sends_all_that_is_allowed_at_once_keeps_no_more_than_a_frame_and_a_read(
    castle: Castle,
) -> None:
    """picows doubles its buffer at every read that fills it: without a bound it is as large as the kernel's."""
    room = b'{"op":"ping"' + b" " * (FRAME_BYTES - 13) + b"}"
    wires = [await castle.house.socket(castle.mallory) for _ in range(5)]
    with Peak(castle.server) as peak:
        for wire in wires:
            for _ in range(150):
                wire.raw(frame(1, room))
        for wire in wires:
            await wire.writer.drain()
            for _ in range(150):
                assert await wire.hear("pong")
    print(f"\n5 × 150 × 64 KiB: RSS +{peak.grown / MIB:.2f} MiB")
    assert peak.grown < RSS_BYTES
