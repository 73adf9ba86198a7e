"""The full mode at a terminal of its own: what a person types and sees."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.client import LiveClient, Person
from tests.support.people import ADA, JIEUN
from tests.support.server import ServerProcess, running_server

pytest.importorskip("prompt_toolkit")
pytestmark = pytest.mark.timeout(120)

PATIENCE_S = 30.0
_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")


class Terminal:
    """Reads as fast as it is written to, and answers the one question a terminal is asked: where the cursor is."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self.raw = b""
        self.process = process
        self._descriptor = descriptor
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def seen(self) -> str:
        """Everything ever shown, without what only moves and colours."""
        return _SEQUENCE.sub("", self.raw.decode("utf-8", "replace"))

    async def until_seen(self, text: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while text not in self.seen():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} was never seen:\n{self.seen()[-2_000:]}") from None

    def _read(self) -> None:
        try:
            read = os.read(self._descriptor, 65_536)
        except OSError:  # its other end is closed
            read = b""
        if not read:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        if b"\x1b[6n" in read:
            os.write(self._descriptor, b"\x1b[1;1R")
        self.raw += read
        self._changed.set()


@contextmanager
def terminal(server: ServerProcess, *arguments: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "pac.cli", "chat", server.url, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=environment | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)


async def test_a_person_signs_in_opens_a_room_talks_through_an_outage_and_leaves(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path) as server,
        Person(server.url, ADA) as ada,
        Person(server.url, JIEUN) as jieun,
    ):
        await (await ada.sign_up()).sign_in()
        await (await jieun.sign_up()).sign_in()
        room = await ada.create_room("광장")
        await jieun.join(room)
        with terminal(server, "--lang", "ko") as screen:
            await screen.until_seen("Login name")
            screen.type("ada\r")
            await screen.until_seen("Password")
            screen.type(f"{ADA.password}\r")
            await screen.until_seen("1. 광장")
            screen.type("/open 1\r")
            await screen.until_seen("광장>")
            screen.type("안녕하세요\r")
            await screen.until_seen("Ada: 안녕하세요")
            async with LiveClient(jieun, server.socket_url) as device:
                await device.subscribe(room)
                await device.send(room, "evil\x1b]0;owned\x07\x1b[2J\u202e done")
            await screen.until_seen("지은: evil]0;owned[2J done")
            assert b"\x1b]0;owned" not in screen.raw
            assert "\u202e" not in screen.seen()
            server.kill9()
            await screen.until_seen("연결이 끊")
            screen.type("written in the dark\r")
            await screen.until_seen("… written in the dark (대기 중)")
            screen.type("/quit\r")
            await screen.until_seen("아직 보내지 못한 메시지가 1개")
            await server.restart()
            await screen.until_seen("Ada: written in the dark")
            async with asyncio.timeout(PATIENCE_S):
                while screen.process.poll() is None:
                    screen.type("\x04")  # one that falls into the moment of a line being printed is lost
                    await asyncio.sleep(0.2)
            assert screen.process.returncode == 0
            assert ADA.password not in screen.seen()
        async with Person(server.url, ADA) as again:
            await again.sign_in()
            assert [row.body for row in await again.log(room) if row.type == "TEXT"][::2] == [
                "안녕하세요",
                "written in the dark",
            ]
