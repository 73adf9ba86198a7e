"""Questions that are asked together: while one is on its way to a store, the next ones collect.

Asked alone, a question costs what it would have cost by itself, and no timer; asked by five thousand at once, it
costs a handful of queries: in a crowd the next query waits until PACE_S after the last one began. Nobody is ever
given an answer that was read before they asked: who comes while a query is on its way waits for the next one.
Nothing is kept once it was answered, so a right that is lost is lost.

Bounded in keys and in time. A store that cannot be read is told at once to everybody who waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

from pac import telemetry
from pac.clock import Clock
from pac.errors import Overloaded, Unavailable

AT_ONCE = 500
"""Keys of one query. One who asks for more has them all in one query nevertheless."""
WAITING = 50_000
"""Keys that wait; who would have to wait behind more is refused."""
CROWD = 8
PACE_S = 0.02
"""A query that answered a crowd is followed by the next no sooner: each is a dozen trips to a thread and back."""
PATIENCE_S = 5.0
"""A question that could not be put to the store for so long is not put to it any more."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Asked(Generic[K, V]):
    __slots__ = ("answer", "due", "keys")

    def __init__(self, keys: Collection[K], due: float) -> None:
        self.keys = keys
        self.due = due
        self.answer: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()


class Questions(Generic[K, V]):
    """`read` answers a set of keys by one query, or a fixed number of them; what is not there is left out.

    `name` is what the metric pac_queries_total counts them under. `run` does the asking; its owner starts it, and
    ends it by cancelling.
    """

    def __init__(
        self,
        read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]],
        clock: Clock,
        *,
        name: str,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._read = read
        self._queries = telemetry.queries.labels(name)
        self._clock = clock
        self._at_once = at_once
        self._waiting = waiting
        self._patience_s = patience_s
        self._queue: deque[_Asked[K, V]] = deque()
        self._queued_keys = 0
        self._in_flight: list[_Asked[K, V]] = []
        self._work = asyncio.Event()
        self._begun = clock.monotonic()
        self._ended = False

    async def ask(self, *keys: K) -> Mapping[K, V]:
        """What there is under these keys, read after this call; and under others, which were asked for beside
        them. Raises Unavailable."""
        if not keys:
            return {}
        if self._ended:
            raise Unavailable("nobody asks any more")
        if self._queued_keys + len(keys) > self._waiting:
            raise Overloaded("too many wait for the store")
        asked: _Asked[K, V] = _Asked(keys, self._clock.monotonic() + self._patience_s)
        self._queue.append(asked)
        self._queued_keys += len(keys)
        self._work.set()
        return await asked.answer

    async def run(self) -> None:
        """Until cancelled; then whoever still waits is told Unavailable, and so is everyone after."""
        self._ended = False
        try:
            while True:
                # Setting the event wakes this task in the loop's next turn: what is asked in one turn is one query.
                await self._work.wait()
                self._in_flight = self._next()
                if self._in_flight:
                    self._begun = self._clock.monotonic()
                    await self._answer(self._in_flight)
                    crowd, self._in_flight = len(self._in_flight) >= CROWD, []
                    if crowd:
                        await asyncio.sleep(max(0.0, self._begun + PACE_S - self._clock.monotonic()))
                else:
                    self._work.clear()
        finally:
            self._ended = True
            self._refuse(self._in_flight, Unavailable("nobody asks any more"))
            self._refuse_all(Unavailable("nobody asks any more"))

    def _next(self) -> list[_Asked[K, V]]:
        batch: list[_Asked[K, V]] = []
        now, size = self._clock.monotonic(), 0
        while self._queue and (not batch or size + len(self._queue[0].keys) <= self._at_once):
            asked = self._queue.popleft()
            self._queued_keys -= len(asked.keys)
            if asked.due <= now:
                self._refuse([asked], Unavailable("the store did not come to it in time"))
            elif not asked.answer.done():  # else whoever asked has gone
                batch.append(asked)
                size += len(asked.keys)
        return batch

    async def _answer(self, batch: list[_Asked[K, V]]) -> None:
        self._queries.inc()
        try:
            found = await self._read({key for asked in batch for key in asked.keys})
        except Unavailable as fault:
            self._refuse(batch, fault)
            self._refuse_all(fault)
        except Exception:  # noqa: BLE001 - the edge of a batch: a fault of ours in one must not stop all after it
            telemetry.log.exception(telemetry.TASK_FAILED, task="questions")
            self._refuse(batch, Unavailable("the question failed"))
        else:
            for asked in batch:
                if not asked.answer.done():
                    asked.answer.set_result(found)

    def _refuse(self, batch: Collection[_Asked[K, V]], fault: Unavailable) -> None:
        for asked in batch:
            if not asked.answer.done():
                # One of its own for each: an exception that is raised again and again grows with every raise.
                refusal = type(fault)(fault.what, retry_after_ms=fault.retry_after_ms)
                asked.answer.set_exception(refusal)

    def _refuse_all(self, fault: Unavailable) -> None:
        waiting = list(self._queue)
        self._queue.clear()
        self._queued_keys = 0
        self._refuse(waiting, fault)
