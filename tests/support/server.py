"""A real server for tests: `pac serve` as a process of its own, which can be killed, stopped and started again.

Its settings are the ones given and no others: nothing of the environment's PAC_ variables, no `.env`. Limits are
wide unless a test sets them, so that a test meets only the one it is about.
"""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from pac.settings import Settings

READY_WITHIN_S = 30.0
STOPS_WITHIN_S = 20.0
LOG_TAIL = 6_000

WIDE_LIMITS = {
    "LIMIT_SIGNUP_PER_HOUR": 100_000,
    "LIMIT_SIGNIN_FAILURES": 100_000,
    "LIMIT_SEND_PER_S": 100_000,
    "LIMIT_SEND_BURST": 100_000,
    "LIMIT_OPS_PER_S": 100_000,
    "LIMIT_OPS_BURST": 100_000,
    "LIMIT_SUBSCRIBE_PER_S": 100_000,
    "LIMIT_SUBSCRIBE_BURST": 100_000,
    "LIMIT_CONNECTIONS_PER_MEMBER": 1_000,
    "LIMIT_UNGREETED_PER_ADDRESS": 10_000,
    "LIMIT_REFUSALS_PER_MIN": 100_000,
}

OWN_LIMITS = {
    name: Settings.model_fields[name.lower()].default
    for name in WIDE_LIMITS
    if name != "LIMIT_SIGNUP_PER_HOUR"
}
"""The product's own, for tests of the figures the protocol promises."""

SERVING = Path(__file__).with_name("serving.py")
SOAKED = Path(__file__).with_name("soaked.py")


class ServerDied(AssertionError):
    """It ended, or never became ready; the message ends with what it logged."""


class ServerProcess:
    """`settings`: PAC_ names without the prefix. Its data and its log stay in `folder` over every restart.
    `program`: what is started; SERVING hashes passwords at the floor, SOAKED keeps few pages in memory."""

    def __init__(self, folder: Path, *, program: Path = SERVING, **settings: object) -> None:
        self.folder = folder
        self._program = program
        self.web_port, self.message_port = _free_ports(2)
        self._settings = {**WIDE_LIMITS, **settings}
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.message_port}/message"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Ready when it returns. Raises ServerDied with the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(self._program), "serve"],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await self._until_ready()

    def kill9(self) -> None:
        """As when the machine's owner pulls the process out from under everybody."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def stop(self) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._process.wait, STOPS_WITHIN_S)

    async def restart(self) -> None:
        """Start it again on the same data and ports, after `kill9` or `stop`."""
        assert self._process is None or self._process.poll() is not None, "it still runs"
        await self.start()

    def end(self) -> None:
        """Whatever became of it: afterwards there is no such process."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def logs(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def rss_bytes(self) -> int:
        """How much memory it has now (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1_024

    def cpu_s(self) -> float:
        """Processor time it has used in all, user and system, in seconds (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def metric(self, name: str, label: str = "") -> float:
        """The value of a metric now, `label` as in `code="4008"`; 0 while it was never counted."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            text = (await http.get("/metrics")).raise_for_status().text
        wanted = f"{name}{{{label}}}" if label else name
        values = [float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{wanted} ")]
        return values[0] if values else 0.0

    def environment(self) -> dict[str, str]:
        """What its commands run with: the settings given and no others."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
        given = {
            "DATA_DIR": self.data,
            "WEB_PORT": self.web_port,
            "MESSAGE_PORT": self.message_port,
            **self._settings,
        }
        return {**kept, **{f"PAC_{name}": str(value) for name, value in given.items()}}

    async def _until_ready(self) -> None:
        assert self._process is not None
        until = time.monotonic() + READY_WITHIN_S
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            while time.monotonic() < until:
                if self._process.poll() is not None:
                    raise ServerDied(f"pac serve ended with {self._process.returncode}:\n{self._tail()}")
                try:
                    if (await http.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)
        self.end()
        raise ServerDied(f"pac serve was not ready in {READY_WITHIN_S} s:\n{self._tail()}")

    def _tail(self) -> str:
        return self.logs()[-LOG_TAIL:]


@asynccontextmanager
async def running_server(
    folder: Path, *, program: Path = SERVING, **settings: object
) -> AsyncIterator[ServerProcess]:
    """A server that is ready; afterwards it is gone, and where the test failed its log is shown."""
    server = ServerProcess(folder, program=program, **settings)
    try:
        await server.start()
        yield server
    except ServerDied:
        raise
    except BaseException:
        print(f"--- the server's log ---\n{server.logs()[-LOG_TAIL:]}")
        raise
    finally:
        server.end()


def _free_ports(count: int) -> list[int]:
    """Ports nobody has now. Held all at once, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
