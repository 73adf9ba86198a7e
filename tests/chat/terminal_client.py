"""`pac chat` as a process of its own, in its plain mode: what a script or a person at a pipe has."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.people import Persona
from tests.support.server import ServerProcess

PATIENCE_S = 30.0


class TerminalClient:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.out: list[str] = []
        """Lines of standard output: the conversation."""
        self.err: list[str] = []
        self.raw = b""
        """Everything it wrote, as it wrote it."""
        self._process = process
        self._changed = asyncio.Event()

    async def read(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        while read := await stream.readline():
            self.raw += read
            lines.append(read.decode().rstrip("\n"))
            self._changed.set()

    def enter(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    async def until_shown(self, text: str, times: int = 1) -> None:
        await self._until(lambda: sum(text in line for line in self.out) >= times, text)

    async def until_noted(self, text: str) -> None:
        await self._until(lambda: any(text in line for line in self.err), text)

    async def end(self) -> int:
        """Close its input; the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await asyncio.wait_for(self._process.wait(), 2 * PATIENCE_S)

    async def ended(self) -> int:
        """Wait until it ends by itself; the exit code."""
        return await asyncio.wait_for(self._process.wait(), PATIENCE_S)

    def said_by(self, nickname: str) -> list[str]:
        """What of this person was shown, in the order it was."""
        mark = f"] {nickname}: "
        return [line.split(mark, 1)[1] for line in self.out if mark in line]

    async def _until(self, holds, text: str) -> None:  # type: ignore[no-untyped-def]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            shown = "\n".join(self.out[-20:] + self.err[-20:])
            raise AssertionError(f"{text!r} never came. Last were:\n{shown}") from None


@asynccontextmanager
async def terminal_client(
    server: ServerProcess, persona: Persona, *arguments: str, password: str | None = None
) -> AsyncIterator[TerminalClient]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pac.cli", "chat", server.url, "--user", persona.username, "--lang", "en", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("PAC_")},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    client = TerminalClient(process)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.read(process.stdout, client.out))
        tasks.create_task(client.read(process.stderr, client.err))
        try:
            client.enter(persona.password if password is None else password)
            yield client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
