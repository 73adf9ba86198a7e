"""Many ask one store at once: few queries, no answer that is older than its question, nobody forgotten."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

import pytest

from pac.errors import Overloaded, StoreUnavailable, Unavailable
from pac.questions import Questions
from tests.support.clock import SteppedClock

PATIENCE_S = 5.0


class Store:
    """Answers when it is let go, with what it holds at that moment."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {"ada": 1, "ben": 2, "cho": 3}
        self.asked: list[set[str]] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, keys: Collection[str]) -> Mapping[str, int]:
        self.asked.append(set(keys))
        found = {key: self.held[key] for key in keys if key in self.held}
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return found


class Rig:
    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.store = Store()
        self.questions: Questions[str, int] = Questions(
            self.store.read, self.clock, name="test", at_once=3, waiting=10, patience_s=PATIENCE_S
        )

    async def hold(self, tasks: asyncio.TaskGroup) -> asyncio.Task[Mapping[str, int]]:
        """A first question, which is on its way until the gate is opened."""
        self.store.gate.clear()
        first = tasks.create_task(self.questions.ask("ada"))
        while not self.store.asked:
            await asyncio.sleep(0)
        return first


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(rig.questions.run())
        yield rig
        running.cancel()


async def waiting(tasks: asyncio.TaskGroup, rig: Rig, *keys: str) -> list[asyncio.Task[Mapping[str, int]]]:
    """One asks for each of these, and none has an answer yet."""
    asked = [tasks.create_task(rig.questions.ask(key)) for key in keys]
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in asked)
    return asked


async def test_one_who_asks_alone_costs_one_query_and_no_time(rig: Rig) -> None:
    assert await rig.questions.ask("ada") == {"ada": 1}
    assert await rig.questions.ask("nobody") == {}
    assert await rig.questions.ask() == {}
    assert rig.store.asked == [{"ada"}, {"nobody"}]


async def test_those_who_come_while_a_query_is_on_its_way_are_the_next_one(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        first = await rig.hold(tasks)
        others = await waiting(tasks, rig, "ben", "cho", "ben")
        rig.store.gate.set()
    assert rig.store.asked == [{"ada"}, {"ben", "cho"}]
    assert first.result()["ada"] == 1
    assert [task.result()[key] for task, key in zip(others, ("ben", "cho", "ben"), strict=True)] == [2, 3, 2]


@pytest.mark.req("2.16")
async def test_nobody_is_given_what_was_read_before_they_asked(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        first = await rig.hold(tasks)
        del rig.store.held["ada"]
        (late,) = await waiting(tasks, rig, "ada")
        rig.store.gate.set()
    assert (first.result(), late.result()) == ({"ada": 1}, {})


async def test_a_query_is_bounded_and_one_question_is_never_cut_in_two(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        await rig.hold(tasks)
        for keys in (("a", "b"), ("c",), ("d",), ("e", "f", "g", "h", "i")):
            tasks.create_task(rig.questions.ask(*keys))
        await asyncio.sleep(0)
        rig.store.gate.set()
    assert rig.store.asked == [{"ada"}, {"a", "b", "c"}, {"d"}, {"e", "f", "g", "h", "i"}]


async def test_who_would_wait_behind_too_many_is_refused_at_once(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        await rig.hold(tasks)
        others = await waiting(tasks, rig, *(f"guest{number}" for number in range(10)))
        with pytest.raises(Overloaded):
            await rig.questions.ask("one more")
        rig.store.gate.set()
    assert [task.result() for task in others] == [{}] * 10


async def test_a_store_that_is_away_is_told_to_all_who_wait_and_asked_again_by_the_next(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        rig.store.gate.clear()
        asked = [tasks.create_task(told(rig, key)) for key in ("ada", "ben", "cho", "dan", "eve")]
        while not rig.store.asked:
            await asyncio.sleep(0)
        rig.store.fault = StoreUnavailable("database", retry_after_ms=2_000)
        rig.store.gate.set()
    faults = [task.result() for task in asked]
    assert [(type(fault), fault.retry_after_ms) for fault in faults] == [(StoreUnavailable, 2_000)] * 5
    assert len(rig.store.asked) == 1
    rig.store.fault = None
    assert await rig.questions.ask("ada") == {"ada": 1}


async def test_a_fault_of_ours_in_one_batch_does_not_stop_the_next(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.store.fault = RuntimeError("a fault of ours")
    assert type(await told(rig, "ada")) is Unavailable
    rig.store.fault = None
    assert await rig.questions.ask("ada") == {"ada": 1}


async def test_a_question_that_waited_too_long_is_answered_and_not_put(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        await rig.hold(tasks)
        late = tasks.create_task(told(rig, "ben"))
        await asyncio.sleep(0)
        rig.clock.advance(seconds=PATIENCE_S)
        in_time = tasks.create_task(rig.questions.ask("cho"))
        await asyncio.sleep(0)
        rig.store.gate.set()
    assert type(late.result()) is Unavailable
    assert in_time.result() == {"cho": 3}
    assert rig.store.asked == [{"ada"}, {"cho"}]


async def test_one_who_has_gone_is_not_asked_for(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        await rig.hold(tasks)
        gone, stays = await waiting(tasks, rig, "ben", "cho")
        gone.cancel()
        await asyncio.sleep(0)
        rig.store.gate.set()
    assert rig.store.asked == [{"ada"}, {"cho"}]
    assert stays.result() == {"cho": 3}


async def test_whoever_waits_when_it_ends_is_told_and_so_is_everyone_after() -> None:
    rig = Rig()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(rig.questions.run())
        rig.store.gate.clear()
        asked = [tasks.create_task(told(rig, key)) for key in ("ada", "ben", "cho", "dan")]
        while not rig.store.asked:
            await asyncio.sleep(0)
        running.cancel()
    assert [type(task.result()) for task in asked] == [Unavailable] * 4
    assert type(await told(rig, "ada")) is Unavailable


async def told(rig: Rig, key: str) -> Unavailable:
    """What it is refused with."""
    with pytest.raises(Unavailable) as refused:
        await rig.questions.ask(key)
    return refused.value
