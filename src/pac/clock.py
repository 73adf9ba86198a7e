"""What time it is. Nothing else in the code asks the machine, so a test can run a week in a second."""

import time
from datetime import UTC, datetime
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Milliseconds since 1970-01-01T00:00:00Z. The only form of time inside; text is made at the edges."""

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


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
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def from_rfc3339(text: str) -> Instant:
    """The instant `rfc3339` wrote. Raises ValueError on anything that is no RFC 3339 time with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset")
    return Instant(round(moment.timestamp() * 1_000))
