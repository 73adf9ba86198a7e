"""However many say hello at once, so many are looked up at the same time, in the order they came."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from pac.http.door import Door
from pac.limits.rules import Limits
from pac.live.connection import Connection, State
from pac.live.greetings import AT_ONCE, Greetings
from pac.live.handshake import Admission
from pac.live.outbox import Outbox

MANY = 5 * AT_ONCE


class Rig:
    """Greetings that are judged when the test lets them be."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.door = Door()
        self.begun: list[int] = []
        self.under_way = 0
        self.most_at_once = 0
        self._tasks = tasks
        self._may_end = asyncio.Event()
        self._greetings = Greetings(self.door, self._start)

    def connection(self) -> Connection:
        connection = Connection(
            Admission("", "", "en", "192.0.2.1"), Limits(), Outbox(lambda _: None, 1_000),
            id="c", ping_every=25.0, now=0.0,
        )  # fmt: skip
        connection.state = State.GREETING
        return connection

    def hello(self, number: int, connection: Connection | None = None) -> None:
        self._greetings.judge(connection or self.connection(), lambda: self._judge(number))

    def _start(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
        self._tasks.create_task(work)

    async def _judge(self, number: int) -> None:
        self.begun.append(number)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await self._may_end.wait()
        finally:
            self.under_way -= 1

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async def end_all(self, count: int) -> None:
        self._may_end.set()
        async with asyncio.timeout(5):
            while len(self.begun) < count or self.under_way:
                await asyncio.sleep(0)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with AsyncExitStack() as stack:
        yield Rig(await stack.enter_async_context(asyncio.TaskGroup()))


@pytest.mark.req("3.3")
async def test_so_many_are_looked_up_at_once_and_no_more(rig: Rig) -> None:
    for number in range(MANY):
        rig.hello(number)
    await rig.settle()
    assert rig.begun == list(range(AT_ONCE))
    await rig.end_all(MANY)
    assert rig.begun == list(range(MANY)), "each once, in the order they came"
    assert rig.most_at_once == AT_ONCE


async def test_one_that_is_gone_is_not_looked_up_and_holds_no_place(rig: Rig) -> None:
    for number in range(AT_ONCE):
        rig.hello(number)
    for number in range(AT_ONCE, 2 * AT_ONCE):
        gone = rig.connection()
        rig.hello(number, gone)
        gone.state = State.CLOSING
    rig.hello(1_000)
    await rig.end_all(AT_ONCE + 1)
    await rig.settle()
    assert rig.begun == [*range(AT_ONCE), 1_000]
    rig.hello(1_001)
    await rig.end_all(AT_ONCE + 2)
    assert rig.begun[-1] == 1_001


async def test_one_that_fails_gives_its_place_to_the_next() -> None:
    door, failed, done = Door(), [], []

    async def guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except RuntimeError as error:
            failed.append(error)

    async with asyncio.TaskGroup() as tasks:
        greetings = Greetings(door, lambda work, _: tasks.create_task(guarded(work)) and None)
        rig = Rig(tasks)

        async def fails() -> None:
            raise RuntimeError("the store is away")

        async def succeeds() -> None:
            done.append(True)

        for _ in range(2 * AT_ONCE):
            greetings.judge(rig.connection(), fails)
        greetings.judge(rig.connection(), succeeds)
        async with asyncio.timeout(5):
            while not done:
                await asyncio.sleep(0)
    assert len(failed) == 2 * AT_ONCE
