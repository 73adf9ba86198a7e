"""Everybody live gets the same bytes; everybody else reads the log until it is live (decision 003)."""

import asyncio
import json
from collections.abc import Callable

import pytest

from pac.accounts.model import Actor, AppRole, MemberId
from pac.clock import Instant
from pac.limits.rules import Limits
from pac.live.broadcaster import PACE_S, Broadcaster
from pac.live.connection import Connection, State
from pac.live.handshake import Admission
from pac.live.outbox import Outbox
from pac.live.replay import Replay
from pac.live.rings import Rings
from pac.live.subscriptions import Progress, Subscription, Subscriptions
from pac.messages.model import Cid, Entry, Epoch, LogPage, MessageType, Seq
from pac.rooms.access import Standing
from pac.rooms.model import Room, RoomId, RoomPublic, RoomStatus
from tests.support.clock import SteppedClock

ROOM = RoomId("8f3a")
ADA = MemberId("ada")
STANDING = Standing(
    Room(ROOM, "광장", "", None, 100, RoomPublic.AVAILABLE, RoomStatus.ALIVE, ADA, Instant(0)), None
)


def entry(seq: int, author: str = "min", body: str = "") -> Entry:
    return Entry(
        ROOM,
        Seq(seq),
        f"id{seq}",
        Instant(seq),
        MessageType.TEXT,
        MemberId(author),
        author,
        Cid(f"c{seq}"),
        body or f"{seq}",
    )


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Reader:
    """A socket with what it was sent."""

    def __init__(self, node: "Rig", limit: int = 1_000_000) -> None:
        self.written: list[bytes] = []
        self.connection = Connection(
            Admission("", "", "en", ""),
            Limits(),
            Outbox(self.written.append, limit),
            id="c",
            ping_every=25,
            now=0,
        )
        self.connection.state = State.OPEN
        self.connection.actor = Actor(ADA, "Ada", AppRole.ROLE_USER)
        self.subscription: Subscription = node.subscriptions.register(self.connection, ROOM)
        self.connection.subscriptions[ROOM] = self.subscription
        node.subscriptions.grant(self.subscription, STANDING, ADA)
        node.broadcaster.know(
            self.subscription.readers, Epoch("e1"), Seq(node.log.entries[-1].seq if node.log.entries else 0)
        )

    def at(self, cursor: int) -> "Reader":
        self.subscription.cursor = Seq(cursor)
        return self

    def seqs(self) -> list[int]:
        """The seqs of the messages it was sent, in order; other frames are left out."""
        found, data = [], b"".join(self.written)
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            frame = json.loads(data[start : start + size])
            if frame["op"] == "message":
                found.append(frame["seq"])
            data = data[start + size :]
        return found


class Log:
    """The log as far as a replay reads it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def read_after(self, room_id: RoomId, after: Seq, limit: int) -> LogPage:
        found = [entry for entry in self.entries if entry.seq > after]
        return LogPage(tuple(found[:limit]), len(found) > limit)


class Rig:
    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.timers: list[Timer] = []
        self.subscriptions = Subscriptions()
        self.behind: list[Subscription] = []
        self.log = Log()
        self.rings = Rings(self.log, self.clock, self.subscriptions.readers)  # type: ignore[arg-type]
        self.broadcaster = Broadcaster(
            self.subscriptions,
            self.rings,
            self.clock,
            self.call_later,
            catch_up=self.behind.append,
            overflowed=self.overflowed,
        )
        self.replay = Replay(self.rings, self.broadcaster)

    async def catch_up(self, reader: Reader) -> None:
        """One replay, as far as it goes."""
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(self.rings.run())
            await self.replay.run(reader.connection)
            asking.cancel()

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.clock.monotonic() + seconds, call)
        self.timers.append(timer)
        return timer

    def overflowed(self, subscription: Subscription) -> None:
        for source, cursor in subscription.connection.outbox.drop_entries(self.clock.monotonic()).items():
            self.broadcaster.detach(source, Seq(cursor))  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        due = [
            timer
            for timer in self.timers
            if not timer.cancelled and timer.at <= self.clock.monotonic() + 1e-9
        ]
        for timer in due:
            timer.cancelled = True
            timer.call()

    def publish(self, *seqs: int) -> None:
        entries = [entry(seq) for seq in seqs]
        self.log.entries += [one for one in entries if one not in self.log.entries]
        self.broadcaster.receive(ROOM, entries)


def test_a_quiet_room_is_flushed_at_once_and_a_busy_one_is_collected() -> None:
    rig = Rig()
    ada = Reader(rig).at(0)
    rig.broadcaster.attach(ada.subscription)
    rig.publish(1)
    assert ada.seqs() == [1]
    rig.publish(2)
    rig.publish(3)
    assert ada.seqs() == [1]
    rig.pass_time(PACE_S)
    assert ada.seqs() == [1, 2, 3]
    assert len(ada.written) == 2, "two entries, one write"


@pytest.mark.row("hear message")
def test_every_live_reader_is_handed_the_same_bytes() -> None:
    rig = Rig()
    ada, grace = Reader(rig).at(0), Reader(rig).at(0)
    rig.broadcaster.attach(ada.subscription)
    rig.broadcaster.attach(grace.subscription)
    rig.publish(1)
    assert ada.written[0] is grace.written[0]


@pytest.mark.row("promise 3")
def test_entries_that_were_told_before_are_skipped() -> None:
    rig = Rig()
    rig.log.entries = [entry(1), entry(2)]
    ada = Reader(rig).at(2)
    rig.broadcaster.attach(ada.subscription)
    rig.publish(1, 2, 3)
    rig.publish(3)
    rig.pass_time(PACE_S)
    assert ada.seqs() == [3]


@pytest.mark.row("promise 3")
async def test_a_hole_makes_readers_read_the_log() -> None:
    rig = Rig()
    ada = Reader(rig).at(0)
    rig.broadcaster.attach(ada.subscription)
    rig.publish(1)
    rig.log.entries += [entry(2), entry(3)]
    rig.publish(4)
    assert rig.behind == [ada.subscription]
    await rig.catch_up(ada)
    rig.pass_time(PACE_S)
    await rig.catch_up(ada)
    assert ada.seqs() == [1, 2, 3, 4]
    assert ada.subscription.progress is Progress.LIVE


@pytest.mark.row("subscribe replay", "promise 3")
async def test_a_subscriber_gets_its_replay_and_then_what_is_new_without_hole_or_repeat() -> None:
    rig = Rig()
    grace = Reader(rig).at(0)
    rig.broadcaster.attach(grace.subscription)
    rig.publish(*range(1, 251))
    ada = Reader(rig).at(40)
    await rig.catch_up(ada)
    rig.publish(251)
    rig.pass_time(PACE_S)
    assert ada.seqs() == list(range(41, 252))
    assert grace.seqs() == list(range(1, 252))


async def test_a_subscriber_that_read_ahead_of_the_broadcast_gets_nothing_twice() -> None:
    rig = Rig()
    grace = Reader(rig).at(0)
    rig.broadcaster.attach(grace.subscription)
    rig.publish(1)
    rig.log.entries += [entry(2), entry(3)]  # durable, not yet told
    ada = Reader(rig).at(0)
    await rig.catch_up(ada)
    assert ada.seqs() == [1, 2, 3]
    rig.publish(2, 3)
    rig.pass_time(PACE_S)
    rig.publish(4)
    rig.pass_time(PACE_S)
    assert ada.seqs() == [1, 2, 3, 4]
    assert grace.seqs() == [1, 2, 3, 4]


@pytest.mark.req("3.11")
@pytest.mark.row("promise 3 slow")
async def test_a_slow_reader_is_sent_everything_from_the_log_once_it_reads_again() -> None:
    rig = Rig()
    slow, grace = Reader(rig, limit=2_000).at(0), Reader(rig).at(0)
    rig.broadcaster.attach(slow.subscription)
    rig.broadcaster.attach(grace.subscription)
    rig.publish(1)
    slow.connection.outbox.pause()
    for seq in range(2, 102):
        rig.publish(seq)
        rig.pass_time(PACE_S)
        assert slow.connection.outbox.queued_bytes <= 2_000
    assert slow.subscription.progress is Progress.BEHIND
    slow.connection.outbox.resume()
    await rig.catch_up(slow)
    rig.publish(102)
    rig.pass_time(PACE_S)
    assert slow.seqs() == list(range(1, 103))
    assert grace.seqs() == list(range(1, 103))


@pytest.mark.row("send ok first")
async def test_a_replay_waits_before_an_own_message_whose_ok_is_not_out() -> None:
    rig = Rig()
    rig.log.entries = [entry(1), entry(2, author="ada"), entry(3)]
    ada = Reader(rig).at(0)
    ada.connection.in_flight.add((ROOM, Cid("c2")))
    await rig.catch_up(ada)
    assert ada.seqs() == [1]
    ada.connection.in_flight.clear()
    await rig.catch_up(ada)
    assert ada.seqs() == [1, 2, 3]


@pytest.mark.row("hear top")
def test_the_top_is_told_ten_seconds_after_the_last_message_and_then_every_minute() -> None:
    rig = Rig()
    ada = Reader(rig).at(0)
    rig.broadcaster.attach(ada.subscription)
    rig.publish(1)
    rig.pass_time(9.9)
    assert len(ada.written) == 1
    rig.pass_time(0.2)
    assert json.loads(ada.written[-1][2:]) == {"op": "top", "room": ROOM, "epoch": "e1", "top": 1}
    rig.pass_time(59)
    assert len(ada.written) == 2
    rig.pass_time(1.1)
    assert len(ada.written) == 3


def test_a_room_nobody_reads_takes_no_memory() -> None:
    rig = Rig()
    ada = Reader(rig).at(0)
    rig.broadcaster.attach(ada.subscription)
    rig.publish(1)
    rig.subscriptions.remove(ada.subscription, ADA)
    rig.publish(2)
    rig.pass_time(60)
    assert ada.seqs() == [1]
    assert rig.subscriptions.readers(ROOM) is None
    assert rig.broadcaster._rooms == {}
    assert rig.subscriptions.online(ROOM) == 0
