"""A line to the server that can go dead: nothing passes any more in either direction, and nobody is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

READ_BYTES = 65_536


class StallingLine:
    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._is_dead = False
        self._pipes: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []

    def stall(self) -> None:
        """From now on what comes is lost; the connections stay."""
        self._is_dead = True

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends += (writer, back)
        for source, sink in ((reader, back), (there, writer)):
            pipe = asyncio.create_task(self._pipe(source, sink))
            self._pipes.add(pipe)

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(READ_BYTES):
                if not self._is_dead:
                    sink.write(data)
                    await sink.drain()
            if not self._is_dead:
                sink.close()

    async def close(self) -> None:
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        for end in self._ends:
            end.transport.abort()


@asynccontextmanager
async def stalling_line(port: int) -> AsyncIterator[StallingLine]:
    """A line to this port of 127.0.0.1; `line.port` is where it begins."""
    line = StallingLine(port)
    server = await asyncio.start_server(line.take, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.close()
