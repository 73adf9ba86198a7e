"""The door works off what waits outside in small portions, and never more of it than its budget says."""

import asyncio
from collections.abc import Coroutine

import pytest

from pac.http.door import BUDGET_S, Door


class Stopwatch:
    """Stands still but for what a piece of work is said to take."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Turns:
    """Counts the turns of the loop, as somebody inside who is there in every one of them sees them."""

    def __init__(self, watch: Stopwatch) -> None:
        self.began: list[float] = []
        self._watch = watch
        self._goes_on = True

    def start(self) -> None:
        self.began.append(self._watch())
        if self._goes_on:
            asyncio.get_running_loop().call_soon(self.start)

    def stop(self) -> None:
        self._goes_on = False

    def longest(self) -> float:
        return max(after - before for before, after in zip(self.began, self.began[1:], strict=False))


async def until_empty(door: Door) -> None:
    async with asyncio.timeout(5):
        while len(door) or door.is_turning:
            await asyncio.sleep(0)


@pytest.mark.req("3.12")
async def test_between_two_turns_of_those_inside_there_is_never_more_than_the_budget_and_one_piece() -> None:
    watch = Stopwatch()
    door, turns, done = Door(watch), Turns(watch), []
    piece_s = BUDGET_S / 3

    def piece(number: int) -> None:
        watch.now += piece_s
        done.append(number)

    for number in range(1_000):
        door.ask(lambda number=number: piece(number))
    turns.start()
    await until_empty(door)
    turns.stop()
    assert done == list(range(1_000)), "in the order they came, each once"
    assert turns.longest() <= BUDGET_S + piece_s
    assert len(turns.began) >= 1_000 / 4, "the work was spread over turns"


async def test_a_piece_that_took_long_is_made_up_for_by_turns_without_any() -> None:
    watch = Stopwatch()
    door, turns = Door(watch), Turns(watch)
    seen: list[int] = []

    def piece(takes_s: float) -> None:
        watch.now += takes_s
        seen.append(len(turns.began))

    turns.start()
    door.ask(lambda: piece(10.5 * BUDGET_S))
    door.ask(lambda: piece(0.0))
    await until_empty(door)
    turns.stop()
    assert 9 <= seen[1] - seen[0] <= 11, "nine and a half budgets were overspent"


async def test_what_goes_on_after_its_piece_is_charged_step_by_step() -> None:
    watch = Stopwatch()
    door, turns = Door(watch), Turns(watch)

    async def request() -> None:
        for _ in range(3):
            watch.now += 4 * BUDGET_S
            await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []

    def begin(work: Coroutine[None, None, None]) -> None:
        tasks.append(asyncio.get_running_loop().create_task(door.charged(work)))

    begin(request())
    turns.start()
    await tasks[0]
    seen: list[int] = []
    door.ask(lambda: seen.append(len(turns.began)))
    await until_empty(door)
    turns.stop()
    assert 11 <= seen[0] <= 15, "the next one came in when three steps of four budgets were made up for"


async def test_a_piece_that_raises_takes_nobody_else_with_it() -> None:
    door, done, told = Door(), [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    door.ask(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    door.ask(lambda: done.append("the next"))
    await until_empty(door)
    assert done == ["the next"]
    assert isinstance(told[0], ZeroDivisionError)


async def test_a_charged_coroutine_is_cancelled_and_closed_like_any_other() -> None:
    door, ended = Door(), []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    task = asyncio.get_running_loop().create_task(door.charged(waits()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
    door.charged(waits()).close()
