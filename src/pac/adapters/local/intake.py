"""Intake for one process: this process is every room's one writer.

One batch is in flight, and the next collects meanwhile: a quiet log commits every message at once and by itself, a
busy one as many together as came since the last commit began, which is PACE_S ago or more (decision 013). Bounded in
messages and in bytes; what does not fit is answered at once.

Whether a cid is stored already is asked when there is reason to: at the start, and for a while after a resend or a
fault. At other times the log's own fence is the one that looks, since it looks anyway; a batch it refuses for a cid
is looked up and planned again, and nothing of it was stored.

An answer is given within 5 s (PROTOCOL promise 6). Unavailable means "not known to be stored": of a draft still
in the queue it also means that it never will be; of one whose batch is in flight nobody knows yet, and the same
cid finds out.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pac import telemetry
from pac.clock import Clock
from pac.errors import CidConflict, CidTaken, LogUnavailable, Overloaded, SeqTaken, Unavailable
from pac.ids import IdSource
from pac.messages.broker import Broker
from pac.messages.intake import Answer
from pac.messages.log import MessageLog
from pac.messages.model import Draft
from pac.messages.sequencer import Conflict, Plan, Sequencer

WAIT_S = 4.5
"""With the tick below, an answer is given within 4.75 s."""
TICK_S = 0.25
TRIES = 3
PACE_S = 0.002
"""From the beginning of one commit to that of the next. Two threads and the disk are woken for each, whatever it
holds; a log that wrote a moment ago is asked for little by having more written at once."""
PACED_UP_TO = 256
"""So many waiting do not wait for the pace."""
LOOKS_FOR_S = 5.0
"""How long cids are looked up after a resend was seen: those who lost their line resend at about the same time."""

_OVERHEAD_BYTES = 400  # of a draft beside its body: ids, cid, nickname and the objects that hold them


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much waits for the writer, and how much of it is one commit."""

    queue_messages: int = 20_000
    queue_bytes: int = 32 * 1024 * 1024
    batch_messages: int = 1_000
    batch_bytes: int = 4 * 1024 * 1024


class _Waiting:
    """A draft and who waits for it. `answer` is None once it was called."""

    __slots__ = ("answer", "draft", "due", "size")

    def __init__(self, draft: Draft, answer: Callable[[Answer], None], due: float) -> None:
        self.draft = draft
        self.answer: Callable[[Answer], None] | None = answer
        self.due = due
        self.size = _OVERHEAD_BYTES + 4 * len(draft.body)

    def tell(self, answer: Answer) -> None:
        tell, self.answer = self.answer, None
        if tell is not None:
            tell(answer)


class LocalIntake:
    """`run` does the work; its owner starts it, and ends it by cancelling."""

    def __init__(
        self,
        log: MessageLog,
        broker: Broker,
        *,
        clock: Clock,
        ids: IdSource,
        bounds: Bounds | None = None,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._log = log
        self._broker = broker
        self._clock = clock
        self._wait = wait
        self._bounds = bounds or Bounds()
        self._sequencer = Sequencer(ids.uuid7)
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._in_flight: Sequence[_Waiting] = ()
        self._work = asyncio.Event()
        self._enough = asyncio.Event()
        self._begun = clock.monotonic() - PACE_S
        self._answered = asyncio.Event()
        self._ended = False
        self._failing = False
        self._looks_until = clock.monotonic() + LOOKS_FOR_S

    def submit(self, draft: Draft, answer: Callable[[Answer], None]) -> None:
        waiting = _Waiting(draft, answer, self._clock.monotonic() + WAIT_S)
        if self._ended:
            waiting.tell(Unavailable("the writer has ended"))
        elif (
            len(self._queue) >= self._bounds.queue_messages
            or self._queued_bytes + waiting.size > self._bounds.queue_bytes
        ):
            waiting.tell(Overloaded("too many messages wait for the log"))
        else:
            self._queue.append(waiting)
            self._queued_bytes += waiting.size
            self._work.set()
            if len(self._queue) >= PACED_UP_TO:
                self._enough.set()

    async def settled(self) -> None:
        before = [*self._in_flight, *self._queue]
        while any(waiting.answer is not None for waiting in before):
            await self._answered.wait()

    async def run(self) -> None:
        """Until cancelled; then whoever still waits is answered Unavailable, and so is everyone after."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write(), name="pac-intake")
                tasks.create_task(self._watch(), name="pac-intake-watch")
        finally:
            self._ended = True
            self._refuse([*self._in_flight, *self._queue], Unavailable("the writer has ended"))
            self._queue.clear()
            self._queued_bytes = 0

    def expire(self) -> None:
        """Answer Unavailable for what has waited too long. What is in the queue is then never stored."""
        now = self._clock.monotonic()
        late = [waiting for waiting in self._in_flight if waiting.due <= now]
        while self._queue and self._queue[0].due <= now:
            late.append(self._next())
        if late:
            self._refuse(late, Unavailable("no answer from the log in time"))

    async def _watch(self) -> None:
        while True:
            await self._wait(TICK_S)
            self.expire()

    async def _write(self) -> None:
        while True:
            # Setting the event wakes this task in the loop's next turn, so what arrives in one turn is one batch.
            await self._work.wait()
            if not self._queue:
                self._work.clear()
                continue
            await self._pace()
            self._in_flight = self._batch()
            try:
                await self._store(self._in_flight)
            except Exception:  # noqa: BLE001 - the edge of a batch: a fault of ours in one must not stop all after it
                telemetry.log.exception(telemetry.TASK_FAILED, task="intake")
                self._give_up(self._in_flight, Unavailable("the batch failed"))
            self._in_flight = ()
            self._tell_progress()

    async def _pace(self) -> None:
        wait = self._begun + PACE_S - self._clock.monotonic()
        if wait > 0 and len(self._queue) < PACED_UP_TO:
            self._enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._enough.wait()
        self._begun = self._clock.monotonic()

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        try:
            for _ in range(TRIES):
                if await self._stored(batch):
                    self._recovered()
                    return
        except LogUnavailable as fault:
            self._failed(fault)
            self._give_up(batch, Unavailable(fault.what, retry_after_ms=fault.retry_after_ms))
            return
        self._give_up(batch, Unavailable("other writers were faster, again and again"))

    async def _stored(self, batch: Sequence[_Waiting]) -> bool:
        """One turn; False if another writer has a number of ours. Raises LogUnavailable."""
        drafts = [waiting.draft for waiting in batch if waiting.answer is not None]
        looks = self._clock.monotonic() < self._looks_until
        known = await self._log.known({draft.key for draft in drafts}) if looks else {}
        if known:
            self._expect_resends()
        if unread := self._sequencer.unread_rooms(drafts):
            self._sequencer.learn(await self._log.positions(unread))
        # Those answered Unavailable while the log was read are not stored any more.
        asked = [waiting for waiting in batch if waiting.answer is not None]
        plan = self._sequencer.plan([waiting.draft for waiting in asked], known, self._clock.now())
        if plan.entries:
            begun = self._clock.monotonic()
            try:
                await self._log.append(plan.entries)
            except SeqTaken as fault:
                if not isinstance(fault, CidTaken):
                    telemetry.log.warning(telemetry.LOG_FENCED, why=str(fault))
                self._expect_resends()
                self._forget(asked)
                return False
            telemetry.append_seconds.observe(self._clock.monotonic() - begun)
            telemetry.append_batch_messages.observe(len(plan.entries))
            telemetry.messages_appended.inc(len(plan.entries))
            self._sequencer.committed(plan)
        self._answer(asked, plan)
        if plan.entries:
            self._broker.publish(plan.entries)
        return True

    def _answer(self, asked: Sequence[_Waiting], plan: Plan) -> None:
        for waiting, outcome in zip(asked, plan.answers, strict=True):
            waiting.tell(CidConflict() if isinstance(outcome, Conflict) else outcome)

    def _expect_resends(self) -> None:
        self._looks_until = self._clock.monotonic() + LOOKS_FOR_S

    def _give_up(self, batch: Sequence[_Waiting], answer: Unavailable) -> None:
        """The outcome may be unknown: what the sequencer holds of these rooms is read again."""
        self._expect_resends()
        self._forget(batch)
        self._refuse(batch, answer)

    def _forget(self, batch: Sequence[_Waiting]) -> None:
        self._sequencer.forget({waiting.draft.room_id for waiting in batch})

    def _refuse(self, batch: Sequence[_Waiting], answer: Unavailable) -> None:
        for waiting in batch:
            waiting.tell(answer)
        self._tell_progress()

    def _tell_progress(self) -> None:
        self._answered.set()
        self._answered = asyncio.Event()

    def _batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < self._bounds.batch_messages:
            size += self._queue[0].size
            if batch and size > self._bounds.batch_bytes:
                break
            batch.append(self._next())
        return batch

    def _next(self) -> _Waiting:
        waiting = self._queue.popleft()
        self._queued_bytes -= waiting.size
        return waiting

    def _failed(self, fault: LogUnavailable) -> None:
        """One line when it begins and one when it ends, not one a batch."""
        if not self._failing:
            telemetry.log.error(telemetry.LOG_APPEND_FAILED, why=fault.what)
        self._failing = True

    def _recovered(self) -> None:
        if self._failing:
            telemetry.log.info(telemetry.LOG_RECOVERED)
        self._failing = False
