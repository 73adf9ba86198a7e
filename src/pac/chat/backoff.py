"""Whether and when to come back after a close (docs/PROTOCOL.md, close codes). 40xx: yes. 45xx: not as one is."""

from enum import StrEnum
from typing import assert_never

from pac.clock import Clock
from pac.ids import IdSource

RETRY_MIN_S = 0.5
RETRY_MAX_S = 30.0
RETRY_FIRST_S = 1.0
STABLE_AFTER_S = 30.0
"""A connection that held this long was a good one: the next loss begins with short waits again."""

_SIGN_IN = frozenset({4501, 4502})
_PROTOCOL = frozenset({1002, 1003, 1007, 1008, 1009, 1010})
"""The two do not understand each other, and the next time they would not either."""


class Turn(StrEnum):
    RETURN = "return"
    SIGN_IN = "sign in"
    STOP = "stop"


def turn_after(code: int | None) -> Turn:
    """What a close code asks for; None is a line that broke without a word."""
    if code in _SIGN_IN:
        return Turn.SIGN_IN
    if code in _PROTOCOL or (code is not None and 4_500 <= code < 5_000):
        return Turn.STOP
    return Turn.RETURN


def turn_after_refusal(status: int) -> Turn:
    """The same for an upgrade that was answered with this HTTP status instead of 101."""
    return Turn.RETURN if status in (408, 425, 429) or status >= 500 else Turn.STOP


class Backoff:
    """Full jitter: between 0.5 s and a bound that doubles from 1 s to 30 s; after `drain` what the server said."""

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._failures = 0
        self._sign_ins = 0
        self._since: float | None = None
        self._told_s: float | None = None

    def welcomed(self) -> None:
        self._since = self._clock.monotonic()
        self._sign_ins = 0

    def told(self, wait_s: float) -> None:
        """`drain`: the server spreads its clients over time by itself, so nothing is drawn on top."""
        self._told_s = min(max(wait_s, 0.0), RETRY_MAX_S)

    def next(self, turn: Turn, at_least_s: float = 0.0) -> tuple[Turn, float]:
        """The turn and how long to wait first. A sign-in that was of no use is not made a second time."""
        match turn:
            case Turn.STOP:
                return turn, 0.0
            case Turn.SIGN_IN:
                self._sign_ins += 1
                if self._sign_ins > 1:
                    return Turn.STOP, 0.0
            case Turn.RETURN:
                pass
            case _:
                assert_never(turn)
        return turn, max(self._wait_s(), at_least_s)

    def _wait_s(self) -> float:
        if self._since is not None and self._clock.monotonic() - self._since >= STABLE_AFTER_S:
            self._failures = 0
        self._since = None
        told, self._told_s = self._told_s, None
        bound = min(RETRY_MAX_S, RETRY_FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return told if told is not None else self._ids.jitter(RETRY_MIN_S, bound)
