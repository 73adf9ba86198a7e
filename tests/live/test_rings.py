"""A ring says what the log says, or nothing: in bounds, without a hole, and with what was deleted emptied."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.errors import LogUnavailable, Unavailable
from pac.live.dialect import PAC_V2
from pac.live.rings import KEPT_S, PAGE, Ring, Rings
from pac.live.subscriptions import RoomReaders
from pac.messages.model import Cid, Entry, LogPage, MessageType, Seq, emptied
from pac.rooms.events import Fact
from pac.rooms.model import RoomId
from tests.support.clock import SteppedClock

ROOM, OTHER = RoomId("8f3a"), RoomId("other")


def entry(seq: int, *, target: int | None = None, author: str = "min", room: RoomId = ROOM) -> Entry:
    said = Entry(
        room, Seq(seq), f"id{seq}", Instant(seq), MessageType.TEXT, MemberId(author), author, Cid(f"c{seq}"),
        f"안녕 {seq}",
    )  # fmt: skip
    if target is None:
        return said
    return replace(said, type=MessageType.SYSTEM, event=Fact.DELETED, target=Seq(target), body="삭제")


def entries(first: int, last: int, room: RoomId = ROOM) -> list[Entry]:
    return [entry(seq, room=room) for seq in range(first, last + 1)]


def seqs(ring: Ring, after: int) -> list[int]:
    return [one.seq for one in ring.after(Seq(after))]


class Log:
    """A log that is read, and how often it was."""

    def __init__(self) -> None:
        self.rooms: dict[RoomId, list[Entry]] = {}
        self.reads: list[tuple[RoomId, int]] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    def append(self, *added: Entry) -> None:
        for one in added:
            room = self.rooms.setdefault(one.room_id, [])
            room.append(one)
            if one.target is not None:
                room[one.target - 1] = emptied(room[one.target - 1], one.member_id)

    async def read_after(self, room_id: RoomId, after: Seq, limit: int) -> LogPage:
        self.reads.append((room_id, after))
        found = [one for one in self.rooms.get(room_id, []) if one.seq > after]
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return LogPage(tuple(found[:limit]), len(found) > limit)


class Rig:
    def __init__(self, **bounds: int) -> None:
        self.clock = SteppedClock()
        self.log = Log()
        self.read_here = {ROOM, OTHER}
        self.rings = Rings(self.log, self.clock, self.readers, **bounds)  # type: ignore[arg-type]

    def readers(self, room_id: RoomId) -> RoomReaders | None:
        return RoomReaders(room_id) if room_id in self.read_here else None

    def publish(self, *added: Entry) -> None:
        self.log.append(*added)
        self.rings.hear(added[0].room_id, added, is_read=added[0].room_id in self.read_here)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.TaskGroup]:
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.rings.run())
            yield tasks
            running.cancel()

    async def after(self, cursor: int, room: RoomId = ROOM) -> list[int]:
        ring = await self.rings.after(room, Seq(cursor))
        return [] if ring is None else seqs(ring, cursor)


async def test_what_was_handed_out_is_not_read_from_the_log_again() -> None:
    rig = Rig()
    async with rig.running():
        rig.publish(*entries(1, 30))
        assert await rig.after(10) == list(range(11, 31))
        assert rig.log.reads == []


async def test_thousands_who_wait_for_one_room_are_one_read_of_the_log() -> None:
    """As after a restart: nothing was heard yet, and no two have missed the same number."""
    rig = Rig()
    rig.log.append(*entries(1, 120))
    chance = random.Random(20261123)
    cursors = [100, *(chance.randint(100, 119) for _ in range(2_000))]
    async with rig.running() as tasks:
        rig.log.gate.clear()
        asked = [tasks.create_task(rig.after(cursor)) for cursor in cursors]
        while not rig.log.reads:
            await asyncio.sleep(0)
        late = [tasks.create_task(rig.after(cursor)) for cursor in cursors]
        await asyncio.sleep(0)
        rig.log.gate.set()
        await asyncio.wait([*asked, *late])
    assert [task.result() for task in asked] == [list(range(cursor + 1, 121)) for cursor in cursors]
    assert [task.result() for task in late] == [task.result() for task in asked]
    assert rig.log.reads == [(ROOM, 100)]


async def test_each_room_that_is_waited_for_is_read_once() -> None:
    rig = Rig()
    rooms = [RoomId(f"room {number}") for number in range(50)]
    for room in rooms:
        rig.log.append(*entries(1, 20, room))
    async with rig.running() as tasks:
        asked = [tasks.create_task(rig.after(0, room)) for room in rooms * 4]
        await asyncio.wait(asked)
    assert [task.result() for task in asked] == [list(range(1, 21))] * 200
    assert sorted(rig.log.reads) == sorted((room, 0) for room in rooms)


async def test_those_far_behind_share_their_pages_and_the_ring_stays_that_of_the_newest() -> None:
    rig = Rig(room_entries=20)
    rig.publish(*entries(1, 1_000))
    async with rig.running() as tasks:
        asked = [tasks.create_task(rig.rings.after(ROOM, Seq(cursor))) for cursor in (0, 5, 500, 990)]
        await asyncio.wait(asked)
    assert rig.log.reads == [(ROOM, 0), (ROOM, 500)]
    far, near, middle, newest = [task.result() for task in asked]
    assert far is near
    assert far is not None
    assert middle is not None
    assert newest is not None
    assert seqs(far, 5)[:2] == [6, 7]
    assert far.top == PAGE
    assert seqs(middle, 500)[0] == 501
    assert (newest.first, newest.top) == (981, 1_000)


def test_the_same_is_the_same_bytes_for_everybody() -> None:
    ring = Ring(entries(1, 30))
    frames = ring.frames(PAC_V2, Seq(10), Seq(30))
    assert frames == PAC_V2.entries(entries(11, 30))
    ring.hear([entry(31)])
    assert ring.frames(PAC_V2, Seq(10), Seq(30)) is frames
    assert ring.frames(PAC_V2, Seq(10), Seq(31)) == PAC_V2.entries(entries(11, 31))


@pytest.mark.row("delete", "event deleted")
def test_a_deletion_empties_its_target_also_in_what_was_framed_before() -> None:
    ring = Ring(entries(1, 5))
    before = ring.frames(PAC_V2, Seq(0), Seq(5))
    deletion = entry(6, target=3, author="min")
    ring.hear([deletion, entry(7, target=3, author="ada"), entry(8, target=2, author="ada")])
    held = list(ring.after(Seq(0)))
    assert [one.body for one in held[:5]] == ["안녕 1", "", "", "안녕 4", "안녕 5"]
    assert [held[2].deleted, held[1].deleted] == ["author", "moderator"], "the first to delete it"
    now = ring.frames(PAC_V2, Seq(0), Seq(5))
    assert now != before
    assert "안녕 3".encode() not in now


async def test_what_was_deleted_while_a_page_was_on_its_way_is_emptied_in_it() -> None:
    rig = Rig()
    rig.log.append(*entries(1, 20))
    async with rig.running() as tasks:
        rig.log.gate.clear()
        asked = tasks.create_task(rig.rings.after(ROOM, Seq(0)))
        while not rig.log.reads:
            await asyncio.sleep(0)
        rig.publish(entry(21, target=7))
        rig.log.gate.set()
        ring = await asked
    assert ring is not None
    assert list(ring.after(Seq(0))) == rig.log.rooms[ROOM]


async def test_where_the_log_is_known_to_go_on_the_ring_is_not_asked() -> None:
    """A broadcast got lost, and it was the last one: the log alone knows."""
    rig = Rig()
    async with rig.running():
        rig.publish(*entries(1, 20))
        rig.log.append(entry(21, target=5))
        rig.rings.know(ROOM, Seq(21))
        ring = await rig.rings.after(ROOM, Seq(0))
        assert ring is not None
        assert list(ring.after(Seq(0))) == rig.log.rooms[ROOM]
        assert await rig.after(3) == list(range(4, 22))
        assert rig.log.reads == [(ROOM, 0)]


def test_what_a_page_deletes_is_emptied_in_front_of_it_too() -> None:
    """The broadcast of it got lost."""
    ring = Ring(entries(1, 5))
    before = ring.frames(PAC_V2, Seq(0), Seq(5))
    ring.fill([entry(6, target=2)])
    assert [one.body for one in ring.after(Seq(0))][1] == ""
    assert ring.frames(PAC_V2, Seq(0), Seq(5)) != before


def test_behind_a_hole_it_begins_anew() -> None:
    ring = Ring(entries(1, 5))
    ring.hear([entry(9), entry(9), entry(10)])
    assert (ring.first, ring.top, len(ring)) == (9, 10, 2)
    assert not ring.covers(Seq(5))
    ring.fill(entries(1, 7))
    assert ring.first == 9, "a page that ends before it is of no use to it"
    ring.fill(entries(6, 8))
    assert seqs(ring, 5) == [6, 7, 8, 9, 10]


async def test_nothing_follows_the_top() -> None:
    rig = Rig()
    async with rig.running():
        assert await rig.after(0) == []
        rig.publish(*entries(1, 3))
        assert await rig.after(3) == []
        assert await rig.after(99) == []


async def test_a_log_that_cannot_be_read_is_told_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.log.append(*entries(1, 3))
    async with rig.running():
        rig.log.fault = LogUnavailable("the disk is away")
        with pytest.raises(Unavailable) as told:
            await rig.after(0)
        assert type(told.value) is LogUnavailable
        rig.log.fault = None
        assert await rig.after(0) == [1, 2, 3]


def test_it_is_bounded_in_entries_and_in_bytes_in_a_room_and_over_all() -> None:
    rig = Rig(room_entries=50, room_bytes=20_000, all_bytes=60_000)
    rig.read_here |= {RoomId(f"room {number}") for number in range(20)}
    for number in range(20):
        for seq in range(1, 101):
            rig.publish(entry(seq, room=RoomId(f"room {number}")))
            assert rig.rings.size <= 60_000
    assert 0 < len(rig.rings) <= 3
    ring = Ring(entries(1, 100))
    ring.trim(50, 1_000_000)
    assert (len(ring), ring.first, ring.top) == (50, 51, 100)
    for after in range(50, 90):
        ring.frames(PAC_V2, Seq(after), Seq(100))
    ring.trim(50, 20_000)
    assert ring.size <= 20_000
    ring.trim(50, 0)
    assert (len(ring), ring.top) == (1, 100), "the newest stays, however long it is"
    ring.clear()
    assert ring.size == 0


def test_a_room_nobody_reads_has_no_ring_and_one_that_was_read_keeps_it_for_a_moment() -> None:
    rig = Rig()
    rig.read_here.discard(OTHER)
    rig.publish(*entries(1, 3, OTHER))
    assert len(rig.rings) == 0
    rig.publish(*entries(1, 3))
    rig.read_here.clear()
    rig.rings.forget_idle()
    rig.clock.advance(seconds=KEPT_S - 1)
    rig.publish(*entries(4, 6))
    rig.rings.forget_idle()
    assert len(rig.rings) == 1
    rig.clock.advance(seconds=1)
    rig.rings.forget_idle()
    assert (len(rig.rings), rig.rings.size) == (0, 0)


class RingsAndLog(RuleBasedStateMachine):
    """Appends, deletions, broadcasts that come late, twice or never, pages that were read a while ago: whatever the
    ring answers is what the log says at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.log.rooms[ROOM] = []
        self.ring = Ring()
        self.untold: list[Entry] = []
        self.told: list[Entry] = []
        self.page: Sequence[Entry] | None = None

    @property
    def top(self) -> int:
        return len(self.log.rooms[ROOM])

    @rule(count=st.integers(1, 5))
    def say(self, count: int) -> None:
        self._append(entries(self.top + 1, self.top + count))

    @precondition(lambda self: self.top > 0)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        target = data.draw(st.integers(1, self.top))
        author = data.draw(st.sampled_from(["min", "ada"]))
        self._append([entry(self.top + 1, target=target, author=author)])

    @rule(count=st.integers(1, 4), lost=st.booleans())
    def broadcast(self, count: int, lost: bool) -> None:
        now, self.untold = self.untold[:count], self.untold[count:]
        if not lost:
            self.ring.hear(now)
            self.told += now

    @rule(count=st.integers(1, 4))
    def broadcast_again(self, count: int) -> None:
        self.ring.hear(self.told[-count:])

    @rule(back=st.integers(0, 12), limit=st.integers(1, 12))
    def read_a_page(self, back: int, limit: int) -> None:
        after = max(0, self.ring.top - back)
        self.page = self.log.rooms[ROOM][after : after + limit]

    @precondition(lambda self: self.page is not None)
    @rule()
    def page_comes(self) -> None:
        assert self.page is not None
        self.ring.fill(self.page)
        self.page = None

    @rule(count=st.integers(1, 12))
    def trim(self, count: int) -> None:
        self.ring.trim(count, 1_000_000)

    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        """As subscribe does: where the log stands is read first."""
        self.ring.known = max(self.ring.known, Seq(self.top))
        cursor = Seq(data.draw(st.integers(0, self.top)))
        if self.ring.covers(cursor):
            wanted = self.log.rooms[ROOM][cursor:]
            assert list(self.ring.after(cursor)) == wanted
            last = Seq(data.draw(st.integers(cursor + 1, self.top)))
            assert self.ring.frames(PAC_V2, cursor, last) == PAC_V2.entries(wanted[: last - cursor])

    @invariant()
    def there_is_no_hole_and_the_size_is_right(self) -> None:
        held = list(self.ring._entries)
        assert sorted(held) == list(range(self.ring.first, self.ring.top + 1)) or not held
        copy = Ring(list(self.ring.after(Seq(self.ring.first - 1))) if held else ())
        assert self.ring.size - sum(map(len, self.ring._ranges.values())) == copy.size

    def _append(self, added: list[Entry]) -> None:
        self.log.append(*added)
        self.untold += added


TestRingsAndLog = RingsAndLog.TestCase
TestRingsAndLog.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
