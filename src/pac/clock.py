"""What time it is. Nothing else in the code asks the machine, so a test can run a week in a second."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Milliseconds since 1970-01-01T00:00:00Z. The only form of time inside; text is made at the edges."""

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Clock(Protocol):
    def now(self) -> Instant:
        """Wall-clock time; may step when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring waits; its zero means nothing."""


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        return time.monotonic()


def rfc3339(at: Instant) -> str:
    """`2026-11-23T05:06:07.089Z`: UTC with milliseconds, the one form of time on the wire (RFC 3339)."""
    seconds, ms = divmod(at, 1_000)
    return f"{_second(seconds)}.{ms:03d}Z"


@lru_cache(maxsize=1_024)
def _second(seconds: int) -> str:
    """Kept for the seconds told lately: a busy node writes the same one thousands of times."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def from_rfc3339(text: str) -> Instant:
    """The instant `rfc3339` wrote. Raises ValueError on anything that is no RFC 3339 time with an offset."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("a time as in RFC 3339 §5.6")
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time whose year has four digits in UTC too") from error
    return Instant((moment - _EPOCH) // timedelta(milliseconds=1))
