"""A PAC server of one's own to load: its own process on its own core, people signed up through REST, real sessions.

Its limits are raised by their settings and by nothing else; everything that is asked of it is asked as any client
would.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from pac.bench.generator import CannotMeasure

READY_WITHIN_S = 30.0
STOPS_WITHIN_S = 30.0
CALL_WITHIN_S = 60.0
LOOKS_EVERY_S = 0.05
AT_ONCE = 8
PASSWORD = "a long password for the bench"  # noqa: S105 - of people who live for one run

RAISED: Mapping[str, object] = {
    "LIMIT_SIGNUP_PER_HOUR": 1_000_000,
    "LIMIT_SIGNIN_FAILURES": 1_000_000,
    "LIMIT_SEND_PER_S": 1_000_000,
    "LIMIT_SEND_BURST": 1_000_000,
    "LIMIT_OPS_PER_S": 1_000_000,
    "LIMIT_OPS_BURST": 1_000_000,
}


@dataclass(frozen=True, slots=True)
class Member:
    token: str
    id: str


class PacServer:
    """`settings`: PAC_ names without the prefix, beside the raised limits."""

    def __init__(self, folder: Path, core: int | None, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.core = core
        self.port = free_port()
        self._settings = {**RAISED, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Ready when it returns. Raises CannotMeasure with the end of its log."""
        given = {
            "DATA_DIR": self.folder / "data",
            "WEB_PORT": self.port,
            "MESSAGE_PORT": self.port,
            "LOG_LEVEL": "WARNING",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
        settings = {f"PAC_{name}": str(value) for name, value in (given | self._settings).items()}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pac.cli", "serve"],
                cwd=self.folder, env=kept | settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        pause = Event()
        with httpx.Client(base_url=self.url, trust_env=False, timeout=2) as http:
            for _ in range(int(READY_WITHIN_S / LOOKS_EVERY_S)):
                try:
                    if http.get("/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    if self._process.poll() is not None:
                        break
                pause.wait(LOOKS_EVERY_S)
        self.stop()
        raise CannotMeasure(f"pac serve did not start:\n{self.log()[-2_000:]}")

    def pin(self) -> None:
        """From here on all its threads are held on its core: people are signed up quicker before."""
        if self.core is not None:
            for thread in Path(f"/proc/{self.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {self.core})

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """The same data and port, another process; who was signed in still is."""
        self.stop()
        self.start()

    def log(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    # People and rooms, through REST

    def members(self, count: int) -> list[Member]:
        """New people, signed in. Several at once: an Argon2 hash takes tens of milliseconds of a core."""
        with self._client() as http, ThreadPoolExecutor(AT_ONCE) as hands:
            return list(hands.map(lambda number: _sign_up(http, number), range(count)))

    def rooms(self, owners: Sequence[Member], count: int, capacity: int = 1_000) -> list[str]:
        """Open rooms, their owners taken in turn."""
        with self._client() as http, ThreadPoolExecutor(AT_ONCE) as hands:
            return list(
                hands.map(
                    lambda number: str(
                        _call(http, "room", owners[number % len(owners)],
                              {"roomName": f"Room {number}", "capacity": capacity})["roomId"]
                    ),
                    range(count),
                )
            )  # fmt: skip

    def join(self, places: Sequence[tuple[str, Member]]) -> None:
        with self._client() as http, ThreadPoolExecutor(AT_ONCE) as hands:
            list(hands.map(lambda place: _call(http, f"room/{place[0]}/join", place[1]), places))

    def entries(self, member: Member, room: str) -> list[dict[str, Any]]:
        """The whole log of a room, ascending, as its member reads it."""
        rows: list[dict[str, Any]] = []
        with self._client() as http:
            while True:
                after = rows[-1]["seq"] if rows else 0
                answer = http.get(
                    f"chat/log/{room}",
                    params={"after": after, "limit": 100},
                    headers={"Authorization": f"Bearer {member.token}"},
                )
                page = answer.raise_for_status().json()
                rows += page["messages"]
                if not page["more"]:
                    return rows

    def _client(self) -> httpx.Client:
        """Keeps no cookie: everybody is known by their token, and many at once use it."""
        none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        return httpx.Client(
            base_url=f"{self.url}/api/v1/", cookies=none, trust_env=False, timeout=CALL_WITHIN_S
        )


@contextmanager
def running(core: int | None = None, **settings: object) -> Iterator[PacServer]:
    """A server that is ready; afterwards it and its data are gone."""
    folder = Path(tempfile.mkdtemp(prefix="pac-bench-"))
    server = PacServer(folder, core, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sign_up(http: httpx.Client, number: int) -> Member:
    name = {"username": f"reader{number}", "password": PASSWORD}
    _call(http, "auth/join", None, {**name, "nickname": f"Reader {number}", "email": ""})
    signed_in = _call(http, "auth/login", None, name)
    return Member(signed_in["token"], signed_in["id"])


def _call(
    http: httpx.Client, path: str, member: Member | None = None, body: Mapping[str, object] | None = None
) -> Any:
    headers = {"Authorization": f"Bearer {member.token}"} if member else {}
    answer = http.post(path, json=body, headers=headers)
    if answer.status_code >= 300:
        raise CannotMeasure(f"POST /api/v1/{path} was answered {answer.status_code}: {answer.text[:300]}")
    return answer.json() if answer.content else None
