"""What comes from outside waits at the door, and is worked off between the work of those who are inside.

A new connection, a request and a greeting are each one piece of work. In every turn of the event loop the door
takes up pieces for BUDGET_S at most, in the order they came; between two turns the loop does everything else
that is ready. So those inside wait for a stranger no longer than one piece takes, however many stand outside;
and where nobody inside needs the loop, turns follow each other at once, and the door has all of it.

Work that goes on after its piece (a request's task, a greeting that asks a store) is measured step by step and
owed: the door rests for as many turns as were overspent.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from pac.clock import SystemClock

BUDGET_S = 0.000_1
"""In one turn of the loop. A turn that finds nothing to do takes about a microsecond, so that a small budget costs
the strangers little; each hop of a message through the loop (frame, commit, answer, flush) waits for one turn."""
OWED_MAX_S = 0.1
"""However long somebody outside has kept the loop, others outside are let in again after so many turns."""

Work = Callable[[], None]


class Door:
    """`monotonic`: seconds, for measuring how long a piece took; the machine's without."""

    def __init__(self, monotonic: Callable[[], float] | None = None) -> None:
        self._monotonic = monotonic or SystemClock().monotonic
        self._waiting: deque[Work] = deque()
        self._owed = 0.0
        self.is_turning = False
        """Whether a turn is due: something waits or is owed, and the loop goes round without a rest."""

    def __len__(self) -> int:
        """How many pieces wait. Each connection has one here at most, so that the open files are the bound."""
        return len(self._waiting)

    def ask(self, work: Work) -> None:
        """Do this in its turn. What it raises is the event loop's to tell."""
        self._waiting.append(work)
        self._turn_soon()

    def charge(self, seconds: float) -> None:
        """The loop spent so long on somebody outside without being asked here."""
        self._owed = min(self._owed + seconds, OWED_MAX_S)
        self._turn_soon()

    def charged(self, work: Coroutine[Any, Any, None]) -> "Charged":
        """The same coroutine, each of its steps charged to the door."""
        return Charged(work, self)

    def _turn_soon(self) -> None:
        if not self.is_turning:
            self.is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self.is_turning = False
        allowance = BUDGET_S - self._owed
        self._owed = max(0.0, -allowance)
        begun = self._monotonic()
        try:
            while self._waiting and self._monotonic() - begun < allowance:
                self._waiting.popleft()()
        finally:
            if allowance > 0:
                self._owed += max(0.0, self._monotonic() - begun - allowance)
            if self._waiting or self._owed:
                self._turn_soon()


class Charged(Coroutine[Any, Any, None]):
    """A coroutine whose steps are measured."""

    __slots__ = ("_door", "_work")

    def __init__(self, work: Coroutine[Any, Any, None], door: Door) -> None:
        self._work = work
        self._door = door

    def send(self, value: Any) -> Any:
        begun = self._door._monotonic()
        try:
            return self._work.send(value)
        finally:
            self._door.charge(self._door._monotonic() - begun)

    def throw(self, *exc_info: Any) -> Any:
        return self._work.throw(*exc_info)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._work.__await__()
