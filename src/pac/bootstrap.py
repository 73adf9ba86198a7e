"""The composition root: which parts a profile is made of, and who hears of which event.

The only file that imports adapters, and it does so inside functions, so that a driver which is not used is not
loaded. Everything else is given what it needs.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy.engine import URL

from pac import security_log, telemetry
from pac.accounts.events import Audited
from pac.accounts.passwords import Passwords
from pac.accounts.sessions import SessionStore
from pac.accounts.throttle import SignInThrottle
from pac.addresses import Role, origins, ports, socket_source, socket_url
from pac.clock import Clock, SystemClock
from pac.errors import CannotStart, Unavailable
from pac.http import server as http
from pac.http.door import Door
from pac.ids import IdSource, SystemIds
from pac.limits.rules import Limits
from pac.live.app import LiveService, live_routes
from pac.live.drain import drain
from pac.live.parts import LiveParts
from pac.machine import connections_allowed, leave_alone_what_stays
from pac.messages.appender import FactAppender
from pac.messages.facts import Outbox
from pac.messages.log import MessageLog
from pac.ops import Check, Health, ops_routes
from pac.rooms.changes import ChangeFeed
from pac.rooms.events import RoomsChanged
from pac.rooms.store import RoomTransaction
from pac.settings import Settings
from pac.transactions import Database, Listeners
from pac.web.api.schemas import refusals
from pac.web.app import WebService
from pac.web.identity import cookie_name
from pac.web.parts import WebParts

if TYPE_CHECKING:
    from pac.adapters.relational.engine import SqlDatabase

EXIT_FAULT = 1
EXIT_UNTRUSTED_DISK = 3
SWEEP_EVERY_S = 600.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEVICE_KEY_FILE = "device.key"


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept, and where: chosen by the profile."""

    database: Database[RoomTransaction]
    sessions: SessionStore
    outbox: Outbox
    changes: ChangeFeed
    log: MessageLog
    ping_database: Callable[[], Awaitable[None]]


@asynccontextmanager
async def embedded_stores(
    settings: Settings,
    listeners: Listeners,
    clock: Clock,
    ids: IdSource,
    *,
    writes_log: bool,
    on_fatal: Callable[[BaseException], None],
) -> AsyncIterator[Stores]:
    """SQLite, in two files of the data folder. Raises CannotStart."""
    from pac.adapters.relational.changes import SqlChangeFeed
    from pac.adapters.relational.outbox import SqlOutbox
    from pac.adapters.sqlite.message_log import SqliteMessageLog

    async with embedded_accounts(settings, listeners) as (database, sessions):
        log = SqliteMessageLog(
            settings.data_dir, clock=clock, ids=ids, on_fatal=on_fatal, writable=writes_log
        )
        await log.open()
        try:
            yield Stores(database, sessions, SqlOutbox(database), SqlChangeFeed(database), log, database.ping)
        finally:
            await log.close()


@asynccontextmanager
async def embedded_accounts(
    settings: Settings, listeners: Listeners
) -> AsyncIterator[tuple["SqlDatabase", SessionStore]]:
    """The database and its sessions alone: what `pac admin` needs, also where no message was ever written."""
    from pac.adapters.relational.engine import SqlDatabase
    from pac.adapters.relational.sessions import SqlSessions

    await asyncio.to_thread(migrate_stores, settings)
    database = SqlDatabase(database_url(settings), listeners)
    try:
        yield database, SqlSessions(database)
    finally:
        await database.close()


async def serve(settings: Settings, role: Role) -> int:
    """Serve until told to stop; the exit code. Ports are opened last, so that nobody meets half a server."""
    clock, ids, listeners = SystemClock(), SystemIds(), Listeners()
    _warn_about_plain_http(settings)
    listeners.on(Audited, tell_audit)
    limits = settings.limits(connections_allowed(settings.limit_connections))
    door = Door(clock.monotonic)
    stopping = asyncio.Event()
    failed: list[int] = []

    def fail(code: int) -> None:
        failed.append(code)
        stopping.set()

    async with AsyncExitStack() as stack:
        sockets = [http.listen(settings.bind, port, name) for port, name in ports(settings, role)]
        for listener in sockets:
            stack.callback(listener.close)
        stores = await stack.enter_async_context(
            embedded_stores(
                settings,
                listeners,
                clock,
                ids,
                writes_log=role.has_sockets,
                on_fatal=lambda _: fail(EXIT_UNTRUSTED_DISK),
            )
        )
        live = None
        if role.has_sockets:
            live = await stack.enter_async_context(
                _live(settings, stores, limits, listeners, clock, ids, lambda: fail(EXIT_FAULT), door)
            )
        health = Health(clock, _checks(stores))
        web = _web(settings, role, stores, limits, listeners, clock, ids, live)
        app = web.app if role.has_pages else FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        if live is not None:
            app.include_router(
                live_routes(live, settings.profile.value, web.identity.actor, refusals(401, 403, 404))
            )
        app.include_router(ops_routes(health, settings.metrics_token))
        protocol = http.http_protocol(live.gateway.upgrade if live else None, settings.networks, door)
        server = http.server(web.edge(socket_source(settings, role), app), protocol)
        http.on_stop_signal(stopping.set)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=sockets))
            sweeping = tasks.create_task(_sweep(stores.sessions, clock))
            telemetry.log.info(
                telemetry.STARTED, role=role.value, url=settings.public_origin, profile=settings.profile.value
            )
            leave_alone_what_stays()
            await stopping.wait()
            health.draining()
            if live is not None and not failed:
                await drain(live.node)
            sweeping.cancel()
            server.should_exit = True
            await serving
    telemetry.log.info(telemetry.STOPPED)
    return failed[0] if failed else 0


@asynccontextmanager
async def _live(
    settings: Settings,
    stores: Stores,
    limits: Limits,
    listeners: Listeners,
    clock: Clock,
    ids: IdSource,
    fail: Callable[[], None],
    door: Door,
) -> AsyncIterator[LiveService]:
    """The message service with the one writer of the log. A part that dies takes the process down, in order."""
    from pac.adapters.local.broker import LocalBroker
    from pac.adapters.local.intake import LocalIntake
    from pac.adapters.local.limiter import LocalLimiter

    broker = LocalBroker()
    intake = LocalIntake(stores.log, broker, clock=clock, ids=ids)
    live = LiveService(
        LiveParts(
            clock=clock,
            ids=ids,
            database=stores.database,
            sessions=stores.sessions,
            changes=stores.changes,
            listeners=listeners,
            log=stores.log,
            intake=intake,
            broker=broker,
            limiter=LocalLimiter(clock),
            limits=limits,
            origins=origins(settings),
            cookie_name=cookie_name(is_https=settings.is_https),
            trusted_proxies=settings.networks,
            node=f"{socket.gethostname()}:{os.getpid()}",
            session_grace_s=settings.session_grace_s,
            timezone=settings.timezone,
            door=door,
        )
    )
    appender = FactAppender(stores.outbox, intake, ids=ids, before_append=live.follower.catch_up)
    listeners.on(RoomsChanged, lambda _: appender.wake())

    async def run(work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - the edge of a task: without it the process would only seem to live
            telemetry.log.exception(telemetry.TASK_FAILED)
            fail()

    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(run(intake.run()))
        appending = tasks.create_task(run(appender.run()))
        async with live.running():
            yield live
        appending.cancel()
        writing.cancel()


def _web(
    settings: Settings,
    role: Role,
    stores: Stores,
    limits: Limits,
    listeners: Listeners,
    clock: Clock,
    ids: IdSource,
    live: LiveService | None,
) -> WebService:
    return WebService(
        WebParts(
            clock=clock,
            ids=ids,
            database=stores.database,
            sessions=stores.sessions,
            listeners=listeners,
            log=stores.log,
            passwords=Passwords(),
            throttle=SignInThrottle(clock, limits, _device_secret(settings.data_dir)),
            limits=limits,
            password_min=settings.password_min,
            public_origin=settings.public_origin,
            socket_url=socket_url(settings, role),
            is_https=settings.is_https,
            trusted_proxies=settings.networks,
            timezone=settings.timezone,
            service_token=settings.service_token,
            dev_ui=settings.dev_ui,
            online=live.node.presence.online if live else lambda _: 0,
            is_online=live.node.subscriptions.is_online if live else lambda *_: False,
        )
    )


def tell_audit(audited: Audited) -> None:
    """A line of the audit log, told to the log of the process as well, after its commit."""
    security_log.note(
        audited.event,
        actor=audited.actor,
        room=audited.room,
        target=audited.target,
        reason=audited.reason,
    )


def _checks(stores: Stores) -> dict[str, Check]:
    async def log_answers() -> None:
        await stores.log.positions([])

    return {"database": stores.ping_database, "log": log_answers}


def _warn_about_plain_http(settings: Settings) -> None:
    """Plain HTTP is for loopback, unless somebody says otherwise (SECURITY 1.5). Raises CannotStart."""
    if settings.dev_ui and (settings.is_https or settings.bind not in LOOPBACK):
        raise CannotStart(
            "PAC_DEV_UI=1 shows parts of the product that are made up, and is for one's own machine.",
            "Unset it, or serve plain HTTP on 127.0.0.1.",
        )
    if settings.is_https or settings.bind in LOOPBACK:
        return
    if not settings.allow_http:
        raise CannotStart(
            f"PAC_BIND={settings.bind} would serve passwords without encryption to others.",
            "Put a proxy with HTTPS in front and set PAC_PUBLIC_URL=https://…, or set PAC_ALLOW_HTTP=1.",
        )
    telemetry.log.warning(telemetry.PLAIN_HTTP, bind=settings.bind)


def _device_secret(folder: Path) -> bytes:
    """What keys the cookies of browsers that are known to an account; made once."""
    path = folder / DEVICE_KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        secret = secrets.token_bytes(32)
        file.write(secret)
    return secret


async def _sweep(sessions: SessionStore, clock: Clock) -> None:
    """Forget what has run out, now and then."""
    while True:
        try:
            await sessions.forget_expired(clock.now())
        except Unavailable:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, store="sessions")
        await asyncio.sleep(SWEEP_EVERY_S)


def database_url(settings: Settings) -> URL:
    """Where the embedded profile's database is."""
    from pac.adapters.relational.sqlite_file import sqlite_url

    return sqlite_url(settings.data_dir)


def migrate_stores(settings: Settings) -> tuple[str | None, str]:
    """(form before, form now). Makes the data folder if there is none. Blocks. Raises CannotStart."""
    from pac.adapters.relational.migrations import migrate

    return migrate(database_url(settings))
