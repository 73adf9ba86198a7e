"""What a node does when sessions run out, and when their store is away (SECURITY 2.13, 2.17). Time is stepped."""

from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path

import pytest

from pac.accounts.model import AppRole, Member, MemberId
from pac.accounts.sessions import ABSOLUTE_MS, IDLE_MS, Session, SessionKey, session_key, token_key
from pac.adapters.local.broker import LocalBroker
from pac.adapters.local.intake import LocalIntake
from pac.adapters.local.limiter import LocalLimiter
from pac.adapters.relational.changes import SqlChangeFeed
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.clock import Instant
from pac.errors import StoreUnavailable
from pac.ids import SeededIds
from pac.limits.rules import Limits
from pac.live.commands.hello import hello
from pac.live.connection import Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect, Hangup
from pac.live.follower import Follower
from pac.live.handshake import Admission
from pac.live.node import Node
from pac.live.outbox import Outbox
from pac.live.parts import LiveParts
from pac.live.protocol import Hello
from pac.transactions import Listeners
from tests.support.clock import SteppedClock

GRACE_S = 30


class Sessions(SqlSessions):
    """The real store, which can be unplugged."""

    away = False

    async def find(self, key: SessionKey) -> Session | None:
        if self.away:
            raise StoreUnavailable("sessions")
        return await super().find(key)

    async def find_many(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, Session]:
        if self.away:
            raise StoreUnavailable("sessions")
        return await super().find_many(keys)

    async def ended_after(self, cursor: int):  # type: ignore[no-untyped-def]
        if self.away:
            raise StoreUnavailable("sessions")
        return await super().ended_after(cursor)


class Socket:
    """Carries out effects on nothing, and remembers how it was closed."""

    def __init__(self, node: Node, session_id: str) -> None:
        self.node = node
        self.code: Disconnect | None = None
        self.connection = Connection(
            Admission(session_id, "", "en", "192.0.2.1"),
            Limits(),
            Outbox(lambda _: None, 1_000_000),
            id=session_id,
            ping_every=25,
            now=node.now(),
        )
        node.sockets.opened(self)

    def perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Hangup):
                self.code = effect.code
                self.node.closed(self.connection)

    async def greet(self, token: str = "") -> "Socket":
        self.connection.state = State.GREETING
        self.perform(await hello(self.node, self.connection, Hello(id="1", token=token)))
        return self


class Rig:
    def __init__(self, node: Node, follower: Follower, sessions: Sessions, clock: SteppedClock) -> None:
        self.node, self.follower, self.sessions, self.clock = node, follower, sessions, clock

    async def turn(self) -> None:
        """One turn of the follower."""
        try:
            await self.follower.catch_up()
            await self.follower._recheck_sessions()
        except StoreUnavailable:
            self.follower._blind()


@pytest.fixture
async def rig(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[Rig]:
    migrate(sqlite_url(tmp_path))
    listeners = Listeners()
    database = SqlDatabase(sqlite_url(tmp_path), listeners)
    sessions = Sessions(database)
    log = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=lambda _: None)
    await log.open()
    broker = LocalBroker()
    node = Node(
        LiveParts(
            clock=clock, ids=ids, database=database, sessions=sessions, changes=SqlChangeFeed(database),
            listeners=listeners, log=log, intake=LocalIntake(log, broker, clock=clock, ids=ids), broker=broker,
            limiter=LocalLimiter(clock), limits=Limits(), origins=frozenset(), cookie_name="PAC_SESSIONID",
            trusted_proxies=(), node="n1", session_grace_s=GRACE_S,
        )
    )  # fmt: skip
    async with database.writing() as tx:
        member = Member(MemberId("ada"), "ada", "Ada", AppRole.ROLE_USER, clock.now())
        await tx.accounts.add(member, None)
    now = clock.now()
    await sessions.add(Session(session_key("s1"), MemberId("ada"), now, now, "192.0.2.0/24", ""))
    follower = Follower(node)
    await follower.start()
    async with node:
        yield Rig(node, follower, sessions, clock)
    await log.close()
    await database.close()


@pytest.mark.req("2.13")
@pytest.mark.row("close 4502", "close 4501", "identity judged")
@pytest.mark.parametrize("used", [False, True], ids=["idle", "absolute"])
async def test_a_socket_lives_to_the_end_of_its_session_and_no_longer(rig: Rig, used: bool) -> None:
    socket = await Socket(rig.node, "s1").greet()
    assert socket.connection.is_live
    if used:
        end = ABSOLUTE_MS
        start = rig.clock.now()
        while rig.clock.now() + IDLE_MS - 1_000 < start + ABSOLUTE_MS:
            rig.clock.advance(ms=IDLE_MS - 1_000)
            await rig.sessions.touch(session_key("s1"), rig.clock.now())
            await rig.turn()
        rig.clock.advance(ms=start + end - rig.clock.now() - 1_000)
    else:
        rig.clock.advance(ms=IDLE_MS - 1_000)
    await rig.turn()
    assert socket.code is None, "a second before"
    rig.clock.advance(seconds=2)
    await rig.turn()
    assert socket.code is Disconnect.SESSION_ENDED
    assert (await Socket(rig.node, "s1").greet()).code is Disconnect.NOT_SIGNED_IN


@pytest.mark.row("identity outlives")
async def test_a_socket_outlives_the_token_it_came_with(rig: Rig) -> None:
    minute_ms = 60_000
    until = Instant(rig.clock.now() + 5 * minute_ms)
    await rig.sessions.add_token(token_key("t1"), session_key("s1"), until)
    socket = await Socket(rig.node, "").greet("t1")
    assert socket.connection.is_live
    rig.clock.advance(ms=6 * minute_ms)
    await rig.turn()
    assert socket.code is None
    assert (await Socket(rig.node, "").greet("t1")).code is Disconnect.NOT_SIGNED_IN
    await rig.sessions.end(session_key("s1"), rig.clock.now())
    await rig.turn()
    assert socket.code is Disconnect.SESSION_ENDED


@pytest.mark.row("close 4503", "rule locked", "rule deleted")
@pytest.mark.parametrize("verb", ["lock", "delete"])
async def test_a_lock_is_told_as_such_though_it_ends_the_session_too(rig: Rig, verb: str) -> None:
    socket = await Socket(rig.node, "s1").greet()
    now = rig.clock.now()
    async with rig.node.parts.database.writing() as tx:
        if verb == "lock":
            await tx.accounts.set_locked(MemberId("ada"), True, now)
        else:
            await tx.accounts.set_deleted(MemberId("ada"), now)
    await rig.sessions.end(session_key("s1"), now)
    await rig.turn()
    assert socket.code is Disconnect.MEMBER_LOCKED


@pytest.mark.row("close 4502", "promise 5")
@pytest.mark.parametrize(("store", "read"), [("changes", "after"), ("database", "reading")])
async def test_a_sign_out_is_heard_of_while_nothing_else_can_be_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, store: str, read: str
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable(store)

    socket = await Socket(rig.node, "s1").greet()
    await rig.sessions.end(session_key("s1"), rig.clock.now())
    monkeypatch.setattr(getattr(rig.node.parts, store), read, away)
    await rig.turn()
    assert socket.code is Disconnect.SESSION_ENDED


@pytest.mark.req("2.17")
@pytest.mark.row("promise 5 grace", "close 4011")
async def test_without_the_session_store_sockets_live_for_the_grace_and_new_ones_are_refused(
    rig: Rig,
) -> None:
    socket = await Socket(rig.node, "s1").greet()
    rig.sessions.away = True
    await rig.turn()
    assert (await Socket(rig.node, "s1").greet()).code is Disconnect.OVERLOADED
    rig.clock.advance(seconds=GRACE_S - 1)
    await rig.turn()
    assert socket.code is None
    rig.clock.advance(seconds=1)
    await rig.turn()
    assert socket.code is Disconnect.OVERLOADED


@pytest.mark.req("2.17", "2.15")
@pytest.mark.row("promise 5 grace")
async def test_a_revocation_made_while_the_store_was_away_holds_when_it_returns(rig: Rig) -> None:
    socket = await Socket(rig.node, "s1").greet()
    rig.sessions.away = True
    await rig.turn()
    await rig.sessions.end(session_key("s1"), rig.clock.now())
    rig.clock.advance(seconds=GRACE_S / 2)
    await rig.turn()
    assert socket.code is None
    rig.sessions.away = False
    await rig.turn()
    assert socket.code is Disconnect.SESSION_ENDED


async def test_nothing_of_a_closed_socket_stays(rig: Rig) -> None:
    socket = await Socket(rig.node, "s1").greet()
    assert rig.node.sockets.of_session(session_key("s1")) == [socket]
    rig.node.closed(socket.connection)
    assert len(rig.node.sockets) == 0
    assert rig.node.sockets.of_session(session_key("s1")) == []
    assert rig.node.sockets.members() == []
