"""Strangers who storm the door, as a process of their own: each comes, asks for a socket, says hello with a token
that is none, is refused, and comes again: so many a second in all as make a storm, and leave this process and those
who measure beside it some of the machine.

    python -m tests.support.storm PORT COUNT SECONDS

They have addresses of their own (127.0.0.0/8), so that no cap on one address keeps them out. What became of them is
one line of JSON: how often they came, and what each coming ended with.
"""

import asyncio
import contextlib
import json
import os
import resource
import sys
from collections import Counter
from pathlib import Path

import uvloop

PER_ADDRESS = 20
_ASK = (
    b"GET /message HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: pac.v2.json\r\nUser-Agent: stranger\r\n\r\n"
)
_HELLO = json.dumps({"op": "hello", "id": "1", "token": "n" * 43}).encode()
_SAID = bytes([0x81, 0x80 | len(_HELLO)]) + b"\0\0\0\0" + _HELLO
COMINGS_PER_S = 1_500


class Stranger(asyncio.Protocol):
    """One coming. `ended` is told once what became of it: a status, a close code, or "cut"."""

    def __init__(self, ended: "asyncio.Future[str]") -> None:
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._is_in = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        transport.write(_ASK)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        if not self._is_in:
            status = data.split(b" ", 2)[1].decode()
            if status != "101":
                self._end(status)
                return
            self._is_in = True
            self._transport.write(_SAID)
        elif data[0] & 0x0F == 8:
            self._end(str(int.from_bytes(data[2:4], "big")))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("cut")

    def _end(self, what: str) -> None:
        if not self._ended.done():
            self._ended.set_result(what)
        if self._transport is not None:
            self._transport.abort()


async def storm(port: int, count: int, seconds: float) -> Counter[str]:
    loop = asyncio.get_running_loop()
    became: Counter[str] = Counter()
    pause = count / COMINGS_PER_S

    async def comes_again_and_again(number: int) -> None:
        address = f"127.7.{number // PER_ADDRESS // 250}.{number // PER_ADDRESS % 250 + 1}"
        while True:
            ended: asyncio.Future[str] = loop.create_future()
            try:
                await loop.create_connection(
                    lambda ended=ended: Stranger(ended), "127.0.0.1", port, local_addr=(address, 0)
                )
                became[await ended] += 1
            except OSError:
                became["not connected"] += 1
            await asyncio.sleep(pause)

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            for number in range(count):
                tasks.create_task(comes_again_and_again(number))
    except TimeoutError:
        pass
    return became


def main() -> None:
    port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    os.nice(19)
    with contextlib.suppress(OSError):  # between sessions this counts, and not nice (sched(7), autogroup)
        Path("/proc/self/autogroup").write_text("19", encoding="ascii")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(json.dumps(uvloop.run(storm(port, count, seconds))))


if __name__ == "__main__":
    main()
