"""A clock that stands still until it is told to move."""

from pac.clock import Instant

START = Instant(1_795_500_000_000)  # 2026-11-23 in the afternoon


class SteppedClock:
    def __init__(self, now: Instant = START) -> None:
        self._now = now
        self._monotonic = 1_000.0

    def now(self) -> Instant:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, *, hours: float = 0, seconds: float = 0, ms: int = 0) -> None:
        step = round(hours * 3_600_000 + seconds * 1_000) + ms
        self._now = Instant(self._now + step)
        self._monotonic += step / 1_000
