"""LocalIntake keeps the contract, is bounded, and says what it does not know."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pac import telemetry
from pac.adapters.local.broker import LocalBroker
from pac.adapters.local.intake import LOOKS_FOR_S, PACED_UP_TO, TRIES, WAIT_S, Bounds, LocalIntake
from pac.adapters.sqlite.message_log import SqliteMessageLog
from pac.errors import CidConflict, LogUnavailable, Overloaded, SeqTaken, Unavailable
from pac.ids import SeededIds
from pac.messages.intake import Answer
from pac.messages.log import MessageLog
from pac.messages.model import CidKey, Entry, Known, LogPage, Position, Seq
from pac.messages.sequencer import Numbered
from pac.rooms.model import RoomId
from tests.contracts.entries import ROOM, draft, entry
from tests.contracts.intake import IntakeContract, answer_to
from tests.support.clock import SteppedClock


class Tripwire:
    """A log between the intake and the real one: `before` and `after` an append may wait or raise."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log
        self.batches: list[int] = []
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None
        self.reading: Callable[[], Awaitable[None]] | None = None

    async def append(self, entries: Sequence[Entry]) -> None:
        self.batches.append(len(entries))
        if self.before:
            await self.before()
        await self._log.append(entries)
        if self.after:
            await self.after()

    async def known(self, keys: Collection[CidKey]) -> Mapping[CidKey, Known]:
        if self.reading:
            await self.reading()
        return await self._log.known(keys)

    async def positions(self, rooms: Collection[RoomId]) -> Mapping[RoomId, Position]:
        return await self._log.positions(rooms)

    async def read_after(self, room_id: RoomId, after: Seq, limit: int) -> LogPage:
        return await self._log.read_after(room_id, after, limit)

    async def read_before(self, room_id: RoomId, before: Seq | None, limit: int) -> LogPage:
        return await self._log.read_before(room_id, before, limit)

    async def last_activity(self, rooms: Collection[RoomId]) -> Mapping[RoomId, int]:
        return await self._log.last_activity(rooms)


class Held:
    """Holds whoever calls until let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.let_go.wait()


async def unavailable() -> None:
    raise LogUnavailable("the disk is full")


async def never(_: float) -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def log(tmp_path: Path, clock: SteppedClock, ids: SeededIds) -> AsyncIterator[Tripwire]:
    def fatal(fault: BaseException) -> None:
        raise AssertionError from fault

    under = SqliteMessageLog(tmp_path, clock=clock, ids=ids, on_fatal=fatal)
    await under.open()
    yield Tripwire(under)
    await under.close()


@pytest.fixture
def broker() -> LocalBroker:
    return LocalBroker()


@asynccontextmanager
async def running(intake: LocalIntake) -> AsyncIterator[LocalIntake]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(intake.run())
        yield intake
        task.cancel()


@pytest.fixture
def made(log: Tripwire, broker: LocalBroker, clock: SteppedClock, ids: SeededIds) -> LocalIntake:
    bounds = Bounds(queue_messages=3_000, queue_bytes=4_000_000, batch_messages=1_000)
    return LocalIntake(log, broker, clock=clock, ids=ids, bounds=bounds, wait=never)


@pytest.fixture
async def intake(made: LocalIntake) -> AsyncIterator[LocalIntake]:
    async with running(made):
        yield made


class TestLocalIntake(IntakeContract):
    pass


async def bodies(log: Tripwire) -> list[str]:
    return [entry.body for entry in (await log.read_after(ROOM, Seq(0), 10_000)).entries]


async def test_what_comes_during_a_commit_is_the_next_one(intake: LocalIntake, log: Tripwire) -> None:
    held = log.before = Held()
    intake.submit(draft("first"), lambda answer: None)
    await held.reached.wait()
    for number in range(1_500):
        intake.submit(draft(str(number)), lambda answer: None)
    log.before = None
    held.let_go.set()
    await intake.settled()
    assert log.batches == [1, 1_000, 500]


async def test_what_comes_in_one_turn_of_the_loop_is_one_commit(intake: LocalIntake, log: Tripwire) -> None:
    await answer_to(intake, draft("first"))
    for number in range(20):
        asyncio.get_running_loop().call_soon(intake.submit, draft(str(number)), lambda answer: None)
    await asyncio.sleep(0)
    await intake.settled()
    assert log.batches == [1, 20]


async def test_long_messages_make_smaller_commits(
    log: Tripwire, broker: LocalBroker, clock: SteppedClock, ids: SeededIds
) -> None:
    intake = LocalIntake(log, broker, clock=clock, ids=ids, bounds=Bounds(batch_bytes=50_000), wait=never)
    for number in range(6):
        intake.submit(draft(str(number), "x" * 4_000), lambda answer: None)
    async with running(intake):
        await intake.settled()
    assert log.batches == [3, 3]


async def test_a_full_queue_is_an_answer_at_once(made: LocalIntake) -> None:
    answers: list[Answer] = []
    for number in range(3_000):
        made.submit(draft(str(number), "x"), answers.append)
    assert answers == []
    made.submit(draft("one more"), answers.append)
    assert isinstance(answers[0], Overloaded)
    assert answers[0].retry_after_ms > 0
    async with running(made):
        await made.settled()
        assert sum(isinstance(answer, Numbered) for answer in answers) == 3_000
        assert isinstance(await answer_to(made, draft("room again")), Numbered)


async def test_a_queue_is_full_by_bytes_too(made: LocalIntake) -> None:
    answers: list[Answer] = []
    for number in range(1_000):
        made.submit(draft(str(number), "한" * 4_000), answers.append)
    assert 700 < len(answers) < 1_000
    assert all(isinstance(answer, Overloaded) for answer in answers)
    async with running(made):
        await made.settled()
    assert len(answers) == 1_000


@pytest.mark.req("7.2")
@pytest.mark.row("error unavailable")
async def test_an_outage_answers_unavailable_and_ends_without_a_restart(
    intake: LocalIntake, log: Tripwire, broker: LocalBroker
) -> None:
    told: list[int] = []
    broker.listen(lambda room, batch: told.extend(entry.seq for entry in batch))
    assert isinstance(await answer_to(intake, draft("a", "하나")), Numbered)
    log.before = unavailable
    for cid in ("b", "c"):
        answer = await answer_to(intake, draft(cid, "둘"))
        assert isinstance(answer, Unavailable)
        assert answer.retry_after_ms > 0
    log.before = None
    assert await answer_to(intake, draft("b", "둘")) == Numbered(Seq(2), entry(0).at)
    assert (await bodies(log), told) == (["하나", "둘"], [1, 2])


@pytest.mark.req("7.2", "7.5")
async def test_a_commit_whose_answer_was_lost_is_found_by_the_resend(
    intake: LocalIntake, log: Tripwire
) -> None:
    log.after = unavailable
    assert isinstance(await answer_to(intake, draft("a")), Unavailable)
    log.after = None
    assert await answer_to(intake, draft("a")) == Numbered(Seq(1), entry(0).at, duplicate=True)
    assert isinstance(await answer_to(intake, draft("b")), Numbered)
    assert len(await bodies(log)) == 2


async def test_a_log_that_cannot_be_read_stores_nothing(intake: LocalIntake, log: Tripwire) -> None:
    log.reading = unavailable
    assert isinstance(await answer_to(intake, draft("a")), Unavailable)
    assert log.batches == []


async def test_another_writer_is_read_and_followed(intake: LocalIntake, log: Tripwire) -> None:
    await answer_to(intake, draft("a"))

    async def be_faster() -> None:
        log.before = None
        await log._log.append([entry(2, cid="theirs", body="그들의 말")])

    log.before = be_faster
    answer = await answer_to(intake, draft("b", "우리 말"))
    assert isinstance(answer, Numbered)
    assert answer.seq == 3
    assert await bodies(log) == ["안녕", "그들의 말", "우리 말"]


@pytest.mark.req("7.5")
async def test_the_same_message_stored_by_another_writer_is_a_duplicate(
    intake: LocalIntake, log: Tripwire
) -> None:
    await answer_to(intake, draft("a"))

    async def be_faster() -> None:
        log.before = None
        await log._log.append([entry(2, cid="b", body="같은 말")])

    log.before = be_faster
    assert await answer_to(intake, draft("b", "같은 말")) == Numbered(Seq(2), entry(2).at, duplicate=True)


@pytest.mark.req("7.5")
async def test_a_resend_long_after_the_last_is_found_by_the_log_itself(
    intake: LocalIntake, log: Tripwire, clock: SteppedClock
) -> None:
    looked_up: list[str] = []

    async def note() -> None:
        looked_up.append("cids")

    first = await answer_to(intake, draft("a", "안녕"))
    assert isinstance(first, Numbered)
    clock.advance(seconds=LOOKS_FOR_S)
    log.reading = note
    assert isinstance(await answer_to(intake, draft("b")), Numbered)
    assert not looked_up, "nobody resends: there is no reason to look"
    assert await answer_to(intake, draft("a", "안녕")) == Numbered(first.seq, first.at, duplicate=True)
    assert isinstance(await answer_to(intake, draft("a", "다른 말")), CidConflict)
    assert len(looked_up) == 2
    assert isinstance(await answer_to(intake, draft("c")), Numbered)
    assert len(looked_up) == 3, "one resend may not be the last"
    assert await bodies(log) == ["안녕", draft("b").body, draft("c").body]


async def test_a_writer_that_is_always_late_gives_up(intake: LocalIntake, log: Tripwire) -> None:
    async def taken() -> None:
        raise SeqTaken

    log.before = taken
    assert isinstance(await answer_to(intake, draft("a")), Unavailable)
    assert len(log.batches) == TRIES
    log.before = None
    assert isinstance(await answer_to(intake, draft("a")), Numbered)


@pytest.mark.req("7.2")
@pytest.mark.row("promise 6", "error unavailable")
async def test_a_draft_answered_unavailable_in_the_queue_is_never_stored(
    intake: LocalIntake, log: Tripwire, clock: SteppedClock
) -> None:
    held = log.before = Held()
    first, late, young = (list[Answer]() for _ in range(3))
    intake.submit(draft("first", "첫째"), first.append)
    await held.reached.wait()
    intake.submit(draft("late", "늦은 말"), late.append)
    clock.advance(seconds=1)
    intake.submit(draft("young", "젊은 말"), young.append)
    clock.advance(seconds=WAIT_S - 1)
    intake.expire()
    assert isinstance(first[0], Unavailable)  # in flight: nobody knows
    assert isinstance(late[0], Unavailable)
    assert young == []
    log.before = None
    held.let_go.set()
    await intake.settled()
    assert isinstance(young[0], Numbered)
    assert await bodies(log) == ["첫째", "젊은 말"]
    assert (len(first), len(late)) == (1, 1)


@pytest.mark.req("7.2")
async def test_a_draft_that_expires_while_the_log_is_read_is_never_stored(
    intake: LocalIntake, log: Tripwire, clock: SteppedClock
) -> None:
    held = log.reading = Held()
    answers: list[Answer] = []
    intake.submit(draft("late", "늦은 말"), answers.append)
    await held.reached.wait()
    clock.advance(seconds=WAIT_S)
    intake.expire()
    assert isinstance(answers[0], Unavailable)
    held.let_go.set()
    await answer_to(intake, draft("next", "다음 말"))
    assert await bodies(log) == ["다음 말"]


async def test_nothing_expires_before_its_time(made: LocalIntake, clock: SteppedClock) -> None:
    answers: list[Answer] = []
    made.submit(draft("a"), answers.append)
    clock.advance(seconds=WAIT_S - 0.001)
    made.expire()
    assert answers == []
    clock.advance(ms=1)
    made.expire()
    assert isinstance(answers[0], Unavailable)
    await made.settled()


@pytest.mark.row("promise 6")
async def test_what_has_waited_is_looked_for_as_time_goes_by(
    log: Tripwire, broker: LocalBroker, clock: SteppedClock, ids: SeededIds
) -> None:
    async def pass_time(seconds: float) -> None:
        clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    intake = LocalIntake(log, broker, clock=clock, ids=ids, wait=pass_time)
    log.before = Held()
    begun = clock.monotonic()
    async with running(intake):
        assert isinstance(await answer_to(intake, draft("a")), Unavailable)
    assert clock.monotonic() - begun <= 5


@pytest.mark.req("7.2")
async def test_a_writer_that_is_stopped_answers_everyone_and_everyone_after(
    made: LocalIntake, log: Tripwire
) -> None:
    answers: list[Answer] = []
    async with running(made):
        held = log.before = Held()
        made.submit(draft("in flight"), answers.append)
        await held.reached.wait()
        made.submit(draft("waiting"), answers.append)
    made.submit(draft("after"), answers.append)
    assert len(answers) == 3
    assert all(isinstance(answer, Unavailable) for answer in answers)
    await made.settled()


async def test_an_answer_that_raises_stops_neither_the_writer_nor_the_log(
    intake: LocalIntake, log: Tripwire
) -> None:
    def broken(_: Answer) -> None:
        raise RuntimeError("broken")

    intake.submit(draft("a"), broken)
    await intake.settled()
    assert isinstance(await answer_to(intake, draft("b")), Numbered)
    assert len(await bodies(log)) == 2


async def test_appends_are_counted(intake: LocalIntake) -> None:
    def counted() -> float:
        return telemetry.registry.get_sample_value("pac_messages_appended_total") or 0.0

    before = counted()
    for cid in ("a", "b", "a"):
        await answer_to(intake, draft(cid))
    assert counted() - before == 2


@dataclass
class Heard:
    """Answers, in the order they came."""

    answers: list[Answer] = field(default_factory=list)
    all_here: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 2

    def __call__(self, answer: Answer) -> None:
        self.answers.append(answer)
        if len(self.answers) == self.wanted:
            self.all_here.set()


async def some_turns_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_log_that_wrote_a_moment_ago_has_more_written_at_once(
    intake: LocalIntake, log: Tripwire
) -> None:
    await answer_to(intake, draft("a"))
    heard = Heard()
    intake.submit(draft("b"), heard)
    await some_turns_of_the_loop()
    assert log.batches == [1], "its pace has not passed"
    intake.submit(draft("c"), heard)
    await heard.all_here.wait()
    assert log.batches == [1, 2]


async def test_a_quiet_log_writes_at_once(intake: LocalIntake, log: Tripwire, clock: SteppedClock) -> None:
    clock.advance(seconds=LOOKS_FOR_S)
    await answer_to(intake, draft("a"))
    clock.advance(ms=3)
    heard = Heard()
    intake.submit(draft("b"), heard)
    await some_turns_of_the_loop()
    assert log.batches == [1, 1]
    intake.submit(draft("c"), heard)
    await heard.all_here.wait()
    assert log.batches == [1, 1, 1]


async def test_many_do_not_wait_for_the_pace(intake: LocalIntake, log: Tripwire, clock: SteppedClock) -> None:
    clock.advance(seconds=LOOKS_FOR_S)
    await answer_to(intake, draft("a"))
    heard = Heard(wanted=PACED_UP_TO)
    for number in range(PACED_UP_TO):
        intake.submit(draft(f"b{number}"), heard)
    await some_turns_of_the_loop()
    assert log.batches == [1, PACED_UP_TO]
    await heard.all_here.wait()
