"""Carries facts from the outbox to the log, each once, in order per room (messages/facts.py).

A fact is in flight alone in its room: the next one of the room is submitted when the log has the one before. So
a fact that has to be tried again is never overtaken, and no fact waits for another room's.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto

from pac import telemetry
from pac.errors import Unavailable
from pac.ids import IdSource
from pac.messages.facts import Outbox, draft_of
from pac.messages.intake import Answer, Intake
from pac.rooms.events import RoomFact
from pac.rooms.model import RoomId

PENDING_MAX = 500
BACKOFF_MIN_S = 0.1
BACKOFF_MAX_S = 5.0
POLL_S = 5.0
"""Facts that another process wrote wake nobody here."""

Wait = Callable[[float], Awaitable[object]]


class Round(Enum):
    EMPTY = auto()
    MOVED = auto()
    STUCK = auto()


class FactAppender:
    """`before_append` is awaited between reading the facts and submitting them: the live service applies the
    change feed there, so that nobody writes behind the line that says a room has ended.
    """

    def __init__(
        self,
        outbox: Outbox,
        intake: Intake,
        *,
        ids: IdSource,
        before_append: Callable[[], Awaitable[None]],
        wait: Wait = asyncio.sleep,
    ) -> None:
        self._outbox = outbox
        self._intake = intake
        self._ids = ids
        self._before_append = before_append
        self._wait = wait
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be facts: called after a commit that wrote some."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. A fact whose answer is then unknown is found again by its cid at the next start."""
        failures = 0
        while True:
            self._woken.clear()
            match await self.append_pending():
                case Round.MOVED:
                    failures = 0
                case Round.EMPTY:
                    failures = 0
                    await self._wake_or_poll()
                case Round.STUCK:
                    longest = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2**failures)
                    failures = min(failures + 1, 10)
                    await self._wait(self._ids.jitter(longest / 2, longest))

    async def append_pending(self) -> Round:
        """One round. STUCK: a store could not be reached, or some facts are not known to be in the log."""
        try:
            facts = await self._outbox.pending(PENDING_MAX)
            if not facts:
                return Round.EMPTY
            await self._before_append()
            appended = await self._appended(facts)
            if appended:
                await self._outbox.remove([fact.id for fact in appended])
        except Unavailable as fault:
            telemetry.log.warning(telemetry.STORE_UNAVAILABLE, what="outbox", why=fault.what)
            return Round.STUCK
        return Round.MOVED if len(appended) == len(facts) else Round.STUCK

    async def _appended(self, facts: Sequence[RoomFact]) -> list[RoomFact]:
        by_room: dict[RoomId, deque[RoomFact]] = {}
        for fact in facts:
            by_room.setdefault(fact.room_id, deque()).append(fact)
        appended: list[RoomFact] = []
        while by_room:
            heads = [waiting.popleft() for waiting in by_room.values()]
            answers = await self._answers(heads)
            for fact, answer in zip(heads, answers, strict=True):
                # CidConflict: it is there, in the words of an earlier version of `sentence`.
                if isinstance(answer, Unavailable):
                    del by_room[fact.room_id]
                    continue
                appended.append(fact)
                if not by_room[fact.room_id]:
                    del by_room[fact.room_id]
        return appended

    async def _answers(self, facts: Sequence[RoomFact]) -> list[Answer]:
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Answer]] = []
        for fact in facts:
            answer: asyncio.Future[Answer] = loop.create_future()
            answers.append(answer)
            self._intake.submit(draft_of(fact), _settle(answer))
        return [await answer for answer in answers]

    async def _wake_or_poll(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return


def _settle(answer: asyncio.Future[Answer]) -> Callable[[Answer], None]:
    """Nobody may be left to hear it: the appender was cancelled while the fact was in flight."""

    def settle(outcome: Answer) -> None:
        if not answer.done():
            answer.set_result(outcome)

    return settle
