"""Facts reach the log once each and in order, whatever fails on the way."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from pac.adapters.local.broker import LocalBroker
from pac.adapters.local.intake import LocalIntake
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.errors import Overloaded, StoreUnavailable
from pac.ids import SeededIds
from pac.messages.appender import BACKOFF_MAX_S, FactAppender, Round
from pac.messages.intake import Answer, Intake
from pac.messages.model import Draft, Seq
from pac.rooms.events import Fact, RoomFact
from pac.rooms.model import RoomId
from tests.contracts.entries import AT, JISU, OTHER_ROOM, ROOM
from tests.support.clock import SteppedClock


class Rows:
    """The outbox table as a list; `away` makes the database unreachable."""

    def __init__(self) -> None:
        self.facts: list[RoomFact] = []
        self.away = False
        self.away_when_removing = False
        self.told: list[str] = []

    async def pending(self, limit: int) -> Sequence[RoomFact]:
        if self.away:
            raise StoreUnavailable
        self.told.append("read")
        return self.facts[:limit]

    async def remove(self, fact_ids: Sequence[str]) -> None:
        if self.away_when_removing:
            raise StoreUnavailable
        self.facts = [fact for fact in self.facts if fact.id not in fact_ids]


class Refusing:
    """An intake in front of the real one that is full for some drafts."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.refuses: Callable[[Draft], bool] = lambda draft: False
        self.submitted: list[str] = []

    def submit(self, draft: Draft, answer: Callable[[Answer], None]) -> None:
        self.submitted.append(draft.cid)
        if self.refuses(draft):
            answer(Overloaded("full"))
        else:
            self._intake.submit(draft, answer)

    async def settled(self) -> None:
        await self._intake.settled()


def fact(name: str, kind: Fact = Fact.JOINED, room: RoomId = ROOM) -> RoomFact:
    return RoomFact(name, room, kind, JISU, "지수", AT)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
async def log(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[SqliteMessageLog]:
    log = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=lambda fault: None)
    await log.open()
    yield log
    await log.close()


@pytest.fixture
async def intake(log: SqliteMessageLog, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[Refusing]:
    local = LocalIntake(log, LocalBroker(), clock=clock, ids=ids)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(local.run())
        yield Refusing(local)
        running.cancel()


async def nothing_to_apply() -> None:
    return None


@pytest.fixture
def appender(rows: Rows, intake: Refusing, ids: SeededIds) -> FactAppender:
    return FactAppender(rows, intake, ids=ids, before_append=nothing_to_apply)


async def lines(log: SqliteMessageLog, room: RoomId = ROOM) -> list[str]:
    return [entry.cid.removeprefix("§") for entry in (await log.read_after(room, Seq(0), 1_000)).entries]


async def test_facts_become_lines_in_their_order_and_leave_the_outbox(
    appender: FactAppender, rows: Rows, log: SqliteMessageLog
) -> None:
    rows.facts = [fact("1"), fact("2", Fact.LEFT), fact("3", room=OTHER_ROOM), fact("4", Fact.ENDED)]
    assert await appender.append_pending() is Round.MOVED
    assert rows.facts == []
    assert await lines(log) == ["1", "2", "4"]
    assert await lines(log, OTHER_ROOM) == ["3"]
    assert await appender.append_pending() is Round.EMPTY


@pytest.mark.req("7.5")
async def test_a_crash_after_the_append_does_not_double_the_line(
    appender: FactAppender, rows: Rows, log: SqliteMessageLog
) -> None:
    rows.facts = [fact("1"), fact("2")]
    rows.away_when_removing = True
    assert await appender.append_pending() is Round.STUCK
    assert len(rows.facts) == 2
    rows.away_when_removing = False
    assert await appender.append_pending() is Round.MOVED
    assert await lines(log) == ["1", "2"]


async def test_a_fact_that_failed_is_not_overtaken_in_its_room(
    appender: FactAppender, rows: Rows, log: SqliteMessageLog, intake: Refusing
) -> None:
    rows.facts = [fact("1"), fact("2"), fact("3"), fact("other", room=OTHER_ROOM)]
    intake.refuses = lambda draft: draft.cid == "§2"
    assert await appender.append_pending() is Round.STUCK
    assert [fact.id for fact in rows.facts] == ["2", "3"]
    assert "§3" not in intake.submitted
    assert await lines(log, OTHER_ROOM) == ["other"]
    intake.refuses = lambda draft: False
    assert await appender.append_pending() is Round.MOVED
    assert await lines(log) == ["1", "2", "3"]


async def test_a_line_in_the_words_of_another_version_counts_as_there(
    appender: FactAppender, rows: Rows, log: SqliteMessageLog
) -> None:
    rows.facts = [fact("1")]
    await appender.append_pending()
    rows.facts = [RoomFact("1", ROOM, Fact.JOINED, JISU, "다른 이름", AT)]
    assert await appender.append_pending() is Round.MOVED
    assert rows.facts == []
    assert await lines(log) == ["1"]


async def test_the_change_feed_is_applied_after_the_facts_are_read_and_before_they_are_sent(
    rows: Rows, intake: Refusing, ids: SeededIds
) -> None:
    async def apply() -> None:
        rows.told.append("applied")
        assert intake.submitted == []

    rows.facts = [fact("1", Fact.ENDED)]
    appender = FactAppender(rows, intake, ids=ids, before_append=apply)
    await appender.append_pending()
    assert rows.told == ["read", "applied"]
    assert intake.submitted == ["§1"]


async def test_when_the_change_feed_cannot_be_read_no_line_is_written(
    rows: Rows, intake: Refusing, ids: SeededIds
) -> None:
    async def fail() -> None:
        raise StoreUnavailable

    rows.facts = [fact("1", Fact.ENDED)]
    appender = FactAppender(rows, intake, ids=ids, before_append=fail)
    assert await appender.append_pending() is Round.STUCK
    assert intake.submitted == []
    assert len(rows.facts) == 1


async def test_it_backs_off_while_the_store_is_away_and_goes_on_by_itself(
    rows: Rows, intake: Refusing, log: SqliteMessageLog, ids: SeededIds
) -> None:
    waits: list[float] = []
    done = asyncio.Event()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 12:
            rows.away = False
        await asyncio.sleep(0)

    async def apply() -> None:
        done.set()

    rows.facts = [fact("1")]
    rows.away = True
    appender = FactAppender(rows, intake, ids=ids, before_append=apply, wait=wait)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(appender.run())
        await done.wait()
        while rows.facts:
            await intake.settled()
            await asyncio.sleep(0)
        running.cancel()
    assert len(waits) == 12
    assert waits[0] <= 0.1
    assert all(earlier < later * 2.01 for earlier, later in itertools.pairwise(waits))
    assert BACKOFF_MAX_S / 2 <= waits[-1] <= BACKOFF_MAX_S
    assert await lines(log) == ["1"]


async def test_it_sleeps_until_it_is_woken(
    rows: Rows, appender: FactAppender, log: SqliteMessageLog, intake: Refusing
) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(appender.run())
        while not rows.told:
            await asyncio.sleep(0)
        for name in ("1", "2", "3"):
            rows.facts.append(fact(name))
            appender.wake()
            while rows.facts:
                await intake.settled()
                await asyncio.sleep(0)
        running.cancel()
    assert await lines(log) == ["1", "2", "3"]
