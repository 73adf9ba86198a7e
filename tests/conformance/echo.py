"""The product's whole way from bytes to messages and back, with one thing exchanged: a message is sent back.

uvicorn's protocol, Gateway.upgrade, picows' protocol as it is made there, LiveSocket, Connection, FrameReader: all the
product's. Limits are raised, here only. `python -m tests.conformance.echo` serves it to Autobahn.
"""

import argparse
import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pac.http import server as http
from pac.live import connection, frames, gateway, node
from pac.live.connection import Connection, State
from pac.live.effects import Effect
from pac.live.frames import FrameReader, Opcode, framed
from tests.fuzz.conftest import open_world

HANDS = ("on_ws_frame", "bytes_parsed", "perform", "_hang_up")
"""Of a LiveSocket: what touches bytes."""
FRAGMENTS = 1_000_000
CONTROLS_PER_S = 10_000
MESSAGE_WITHIN_S = 120.0


class Echo(Connection):
    """Sends every message back."""

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = State.OPEN

    def _take(self, payload: bytes, now: float) -> list[Effect]:
        return self._verdict(self.outbox.answer(framed(Opcode.TEXT, payload)))


class EchoOfBoth(Echo):
    """Binary messages too, which pac.v2.json has not: they pass the frame layer as text, an octet a code point."""

    __slots__ = ("_is_binary",)

    def receive(self, opcode: int, fin: bool, reserved: bool, payload: bytes, now: float) -> list[Effect]:
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_binary = opcode == Opcode.BINARY
        if opcode == Opcode.BINARY or (opcode == Opcode.CONTINUATION and self._is_binary):
            payload = payload.decode("latin-1").encode("utf-8")
        opcode = Opcode.TEXT if opcode == Opcode.BINARY else opcode
        return super().receive(opcode, fin, reserved, payload, now)

    def _take(self, payload: bytes, now: float) -> list[Effect]:
        if not self._is_binary:
            return super()._take(payload, now)
        octets = payload.decode("utf-8").encode("latin-1")
        return self._verdict(self.outbox.answer(framed(Opcode.BINARY, octets)))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_binary = False


@dataclass
class Echoes:
    """`sockets` and `protocols`: of every connection so far."""

    port: int
    sockets: list[gateway.LiveSocket]
    protocols: list[asyncio.BaseProtocol]

    def check_own(self) -> None:
        """What carried these connections is the gateway's own, not something like it (SECURITY 8.1)."""
        assert self.sockets, "nobody has connected"
        assert {type(protocol) for protocol in self.protocols} == {gateway._PiecewiseProtocol}
        for socket in self.sockets:
            assert type(socket.connection._frames) is FrameReader
            for name in HANDS:
                assert getattr(type(socket), name) is getattr(gateway.LiveSocket, name)


@asynccontextmanager
async def echoing(
    folder: Path,
    patch: pytest.MonkeyPatch,
    echo: type[Echo] = Echo,
    *,
    port: int = 0,
    frame_bytes: int = 1_048_576,
) -> AsyncIterator[Echoes]:
    """`frame_bytes`: how long a message may be; what waits for its reader may be twice that."""

    async def no_app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("no request is meant to come here")

    own = gateway.LiveSocket
    echoes = Echoes(0, [], [])

    class Noted(own):  # type: ignore[misc, valid-type]
        def on_ws_connected(self, transport: Any) -> None:
            super().on_ws_connected(transport)
            echoes.sockets.append(self)
            echoes.protocols.append(transport.underlying_transport.get_protocol())

    patch.setattr(node, "Connection", echo)
    patch.setattr(gateway, "LiveSocket", Noted)
    patch.setattr(frames, "FRAGMENTS_MAX", FRAGMENTS)
    patch.setattr(frames, "CONTROL_PER_S", CONTROLS_PER_S)
    patch.setattr(connection, "FRAME_WITHIN_S", MESSAGE_WITHIN_S)
    with capture_logs():
        async with open_world(folder, 1) as world:
            parts = world.node.parts
            limits = replace(parts.limits, frame_bytes=frame_bytes, queue_bytes=2 * frame_bytes)
            world.node.parts = replace(parts, limits=limits)
            listener = http.listen("127.0.0.1", port, "PAC_MESSAGE_PORT")
            echoes.port = listener.getsockname()[1]
            server = http.server(no_app, http.http_protocol(world.live.gateway.upgrade, ()))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            yield echoes
            server.should_exit = True
            await serving
            listener.close()


async def serve_until_told(folder: Path) -> None:
    """The port goes to standard output; a line on standard input ends it, and then it says `own`: see check_own."""
    logging.getLogger("picows").setLevel(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        async with echoing(folder, patch, EchoOfBoth, frame_bytes=2 * 2**24 + 1_024) as echoes:
            print(echoes.port, flush=True)
            await asyncio.to_thread(input)
            echoes.check_own()
            print("own", flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(serve_until_told(Path(folder)))
