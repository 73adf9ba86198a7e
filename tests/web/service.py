"""The real web service on real SQLite in a folder of its own, and people with browsers who use it."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
from fastapi.routing import iter_route_contexts
from sqlalchemy import event

from pac.accounts.actions import SignUpFields
from pac.accounts.model import MemberId
from pac.accounts.passwords import MEMORY_FLOOR_KIB, TIME_FLOOR, Passwords
from pac.accounts.throttle import SignInThrottle
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import FILE, sqlite_url
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.ids import SeededIds
from pac.limits.rules import Limits
from pac.messages.model import Cid, DeletedBy, Entry, MessageType, Seq
from pac.rooms.model import RoomId
from pac.transactions import Listeners
from pac.web.app import WebService
from pac.web.parts import WebParts
from tests.support.clock import SteppedClock

SERVICE_TOKEN = "the token of another service"
PASSWORD = "correct horse battery"
ORIGIN = "http://localhost:3120"
HTTPS_ORIGIN = "https://chat.example.org"
PROXY = "198.51.100.7"
SOCKETS = "ws://localhost:3120"

ROOMY = Limits(signup_per_hour=10_000, signin_failures=10_000)


@dataclass
class Person:
    """A member with a browser that is signed in."""

    id: MemberId
    username: str
    nickname: str
    browser: httpx.AsyncClient
    token: str


@dataclass
class House:
    """One running service, and who is in it."""

    folder: Path
    clock: SteppedClock
    ids: SeededIds
    parts: WebParts
    service: WebService
    app: Any
    database: SqlDatabase
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def guest(
        self, address: str = "192.0.2.1", headers: dict[str, str] | None = None
    ) -> httpx.AsyncClient:
        """A browser that is not signed in. `headers` replaces what it says by itself."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 40_000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url=self.parts.public_origin,
            headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
            if headers is None
            else headers,
        )
        return await self._open.enter_async_context(client)

    async def member(self, name: str, *, admin: bool = False, address: str = "192.0.2.1") -> Person:
        fields = SignUpFields(name, PASSWORD, name.title())
        accounts = self.service.accounts
        added = await accounts._add(accounts._checked(fields), _role(admin=admin))
        browser = await self.guest(address)
        answer = await browser.post("/api/v1/auth/login", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return Person(added.id, name, added.nickname, browser, answer.json()["token"])

    async def room(self, owner: Person, name: str = "Plaza", **fields: Any) -> RoomId:
        answer = await owner.browser.post("/api/v1/room", json={"roomName": name, **fields})
        assert answer.status_code == 200, answer.text
        return RoomId(answer.json()["roomId"])

    async def say(self, room: RoomId, author: Person, *bodies: str, deleted: DeletedBy | None = None) -> None:
        """Messages in the log, as the writer of the log would put them there."""
        top = (await self.parts.log.positions([room]))[room].top
        now = self.clock.now()
        await self.parts.log.append(
            [
                Entry(
                    room,
                    Seq(top + number),
                    self.ids.uuid7(now),
                    now,
                    MessageType.TEXT,
                    author.id,
                    author.nickname,
                    Cid(f"c{top + number}"),
                    body,
                    deleted=deleted,
                )
                for number, body in enumerate(bodies, 1)
            ]
        )

    @contextmanager
    def counted_queries(self) -> Iterator[list[str]]:
        """The statements the database is asked while the block runs."""
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        engines = [self.database._readers.sync_engine, self.database._writer.sync_engine]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    def writes(self) -> int:
        """How often the database was written to: the change counter of SQLite's file format (§1.3.7)."""
        with (self.folder / FILE).open("rb") as file:
            return int.from_bytes(file.read(28)[24:], "big")

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, to see whether something was changed."""
        with sqlite3.connect(self.folder / FILE) as connection:
            tables = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            ]
            dump = {
                table: sorted(map(tuple, connection.execute(f"SELECT * FROM {table}"))) for table in tables
            }
        connection.close()
        return dump

    def routes(self) -> list[tuple[str, str]]:
        """(method, path) of every route, in the order of the path."""
        found = set()
        for context in iter_route_contexts(self.service.app.routes):
            found |= {(method, context.path) for method in context.methods or ()}
        return sorted(found, key=lambda route: (route[1], route[0]))


def _role(*, admin: bool) -> Any:
    from pac.accounts.model import AppRole

    return AppRole.ROLE_ADMIN if admin else AppRole.ROLE_USER


@asynccontextmanager
async def open_house(
    folder: Path,
    clock: SteppedClock,
    ids: SeededIds,
    *,
    limits: Limits = ROOMY,
    origin: str = ORIGIN,
    passwords: Passwords | None = None,
) -> AsyncIterator[House]:
    listeners = Listeners()
    migrate(sqlite_url(folder))
    database = SqlDatabase(sqlite_url(folder), listeners)
    log = SqliteMessageLog(folder, clock=clock, ids=ids, on_fatal=lambda _: None)
    await log.open()
    passwords = passwords or Passwords(memory_kib=MEMORY_FLOOR_KIB, time_cost=TIME_FLOOR, lanes=1)
    parts = WebParts(
        clock=clock,
        ids=ids,
        database=database,
        sessions=SqlSessions(database),
        listeners=listeners,
        log=log,
        passwords=passwords,
        throttle=SignInThrottle(clock, limits, b"a secret of thirty-two bytes, ok"),
        limits=limits,
        password_min=8,
        public_origin=origin,
        socket_url="",
        is_https=origin.startswith("https:"),
        trusted_proxies=(ip_network(f"{PROXY}/32"),),
        timezone="Asia/Seoul",
        dev_ui=False,
        service_token=SERVICE_TOKEN,
        online=lambda _: 0,
        is_online=lambda *_: False,
    )
    service = WebService(parts)
    house = House(folder, clock, ids, parts, service, service.edge(SOCKETS), database)
    try:
        yield house
    finally:
        await house._open.aclose()
        passwords.close()
        await log.close()
        await database.close()
