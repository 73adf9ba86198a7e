"""Those who come without being good for anything: passers-by, and abusers of every kind the service knows.

Each of ABUSES does one thing once and sees that the answer is the one it has to get.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

from tests.fuzz.mutation import Mutator
from tests.live.conftest import House, Wire
from tests.support.client import Person

TEXT, CONTINUATION, BINARY, PING = 0x1, 0x0, 0x2, 0x9
LATE_S = 15.0
"""What is cut off after ten seconds has to be gone by then."""


class Strangers:
    """`mallory` has an account, and a room nobody else is in; `places` are what the fuzzer is given of it."""

    def __init__(self, house: House, mallory: Person, places: dict[str, str], chance: random.Random) -> None:
        self._house = house
        self._mallory = mallory
        self._chance = chance
        self._room = places["$room"]
        self._mutator = Mutator(chance.randrange(2**32), places)

    @property
    def abuses(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "silence": self.silence,
            "slow sender": self.slow_sender,
            "slow header": self.slow_header,
            "ping flood": self.ping_flood,
            "fragment flood": self.fragment_flood,
            "too big a frame": self.too_big,
            "not UTF-8": self.not_utf8,
            "bad frames": self.bad_frames,
            "too hasty": self.too_hasty,
            "mutated frames": self.mutated,
            "no reader": self.no_reader,
        }

    @property
    def visits(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "look in": self.look_in,
            "false token": self.false_token,
            "other origin": self.other_origin,
            "guest": self.guest,
            "gone at once": self.gone_at_once,
        }

    async def _leave(self, wire: Wire) -> None:
        wire.writer.close()
        self._house.wires.remove(wire)
        with contextlib.suppress(ConnectionError):
            await wire.writer.wait_closed()

    async def _closed_with(self, wire: Wire, *codes: int, within_s: float = 10.0) -> None:
        code = await wire.close_code(within_s)
        await self._leave(wire)
        assert code in codes, f"closed with {code} instead of {codes}"

    async def _socket(self) -> Wire:
        return await self._house.socket(self._mallory)

    # Passers-by

    async def look_in(self) -> None:
        """Opens a socket, says nothing, goes."""
        await self._leave(await self._house.upgrade())

    async def gone_at_once(self) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self._house.server.message_port)
        writer.write(b"GET /mess")
        writer.transport.abort()

    async def false_token(self) -> None:
        wire = await self._house.upgrade()
        wire.say(op="hello", id="h", token="no token of anybody")
        await self._closed_with(wire, 4501)

    async def other_origin(self) -> None:
        wire = await self._house.upgrade(Origin="https://elsewhere.example")
        assert wire.status == 403, wire.head
        await self._leave(wire)

    async def guest(self) -> None:
        wire = await self._house.upgrade("/simplemessage", Sec_WebSocket_Protocol=None)
        assert wire.status in (101, 429), wire.head
        await self._leave(wire)

    # Abusers

    async def silence(self) -> None:
        await self._closed_with(await self._house.upgrade(), 4001, within_s=LATE_S)

    async def slow_sender(self) -> None:
        wire = await self._socket()
        wire.raw(b"\x81\xfe\x01\x00mask")
        dripping = asyncio.create_task(_drip(wire))
        try:
            await self._closed_with(wire, 1008, within_s=LATE_S)
        finally:
            dripping.cancel()

    async def slow_header(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._house.server.message_port)
        writer.write(b"GET /message HTTP/1.1\r\nHost: loc")
        async with asyncio.timeout(LATE_S):
            assert b"408" in await reader.read()
        writer.close()

    async def ping_flood(self) -> None:
        wire = await self._socket()
        for _ in range(200):
            wire.frame(PING, b"x")
        await self._closed_with(wire, 1008)

    async def fragment_flood(self) -> None:
        wire = await self._socket()
        wire.frame(TEXT, b"{", fin=False)
        for _ in range(200):
            wire.frame(CONTINUATION, b" ", fin=False)
        await self._closed_with(wire, 1008)

    async def too_big(self) -> None:
        wire = await self._socket()
        wire.frame(TEXT, b" " * 65_537)
        await self._closed_with(wire, 1009)

    async def not_utf8(self) -> None:
        wire = await self._socket()
        wire.frame(TEXT, b'{"op":"ping","x":"\xff"}')
        await self._closed_with(wire, 1007)

    async def bad_frames(self) -> None:
        wire = await self._socket()
        for _ in range(10):
            wire.say(op="shout")
        await self._closed_with(wire, 4500)

    async def too_hasty(self) -> None:
        wire = await self._socket()
        for _ in range(600):
            wire.say(op="ping")
        await self._closed_with(wire, 4012)

    async def mutated(self) -> None:
        """A hundred of the fuzzer's steps; whatever becomes of the socket."""
        wire = await self._socket()
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                for frame in self._mutator.step():
                    wire.frame(
                        frame.opcode, frame.payload, fin=frame.fin, reserved=4 if frame.reserved else 0
                    )
                await wire.writer.drain()
        await self._leave(wire)

    async def no_reader(self) -> None:
        """Asks for page after page, reads none, and vanishes."""
        wire = await self._socket()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(ConnectionError):
            for number in range(150):
                wire.say(op="history", id=f"{number}", room=self._room, limit=100)
            await asyncio.sleep(self._chance.uniform(1, 5))
            wire.writer.transport.abort()
        self._house.wires.remove(wire)


async def _drip(wire: Wire) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            wire.raw(b"x")
            await asyncio.sleep(1.0)
