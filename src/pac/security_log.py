"""Events of security: one line each, with the fields of SECURITY 10.2 and no others.

What somebody can cause at will (a wrong password, a refused frame) is sampled: so many lines a minute for one
address or member, and what was left out is counted in the next line (10.3). The counter
`pac_security_events_total` counts every one. Never in here: bodies, passwords, tokens, cookies, whole addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from prometheus_client import Counter

from pac import telemetry
from pac.clock import SystemClock

LINES_PER_MINUTE: Final = 20
"""Of one event and one who causes it."""
LINES_IN_ALL: Final = 500
"""Of one event a minute, whoever causes it: a thousand addresses do not fill the disk either."""
FIELDS: Final = (
    "outcome", "reason", "actor", "session", "address", "origin", "room", "target", "request", "node", "repeated",
)  # fmt: skip

SAMPLED: Final = frozenset(
    {
        telemetry.SIGN_IN_FAILED,
        telemetry.SIGN_IN_THROTTLED,
        telemetry.SIGN_UP_THROTTLED,
        telemetry.CROSS_SITE,
        telemetry.ORIGIN_REFUSED,
        telemetry.DENIED,
        telemetry.FRAME_REFUSED,
        telemetry.SOCKET_OPENED,
        telemetry.SOCKET_CLOSED,
    }
)

events = Counter(
    "pac_security_events", "Events of security, also those left out of the log", ["event"],
    registry=telemetry.registry,
)  # fmt: skip

_clock = SystemClock()
_context: ContextVar[dict[str, str] | None] = ContextVar("pac_security_context", default=None)


@contextmanager
def within(**fields: str) -> Iterator[None]:
    """Fields of every event noted in this block: the request's id and the address it came from."""
    token = _context.set(fields)
    try:
        yield
    finally:
        _context.reset(token)


def note(event: str, outcome: str = "ok", **fields: str) -> None:
    """`fields` are some of FIELDS; empty ones are left out."""
    events.labels(event).inc()
    line = {**(_context.get() or {}), **fields}
    assert set(line) <= set(FIELDS), sorted(set(line) - set(FIELDS))
    repeated = 0
    if event in SAMPLED:
        cause = line.get("actor") or line.get("address", "")
        left_out = _samples.take(event, cause)
        if left_out is None:
            return
        repeated = left_out
    present = {name: value for name, value in line.items() if value}
    if repeated:
        present["repeated"] = str(repeated)
    telemetry.log.info(event, outcome=outcome, **present)


class _Samples:
    """How many lines this minute has had, and how many were left out since the last one."""

    def __init__(self) -> None:
        self._minute = -1
        self._lines: dict[tuple[str, str], int] = {}
        self._in_all: dict[str, int] = {}
        self._left_out: dict[str, int] = {}

    def take(self, event: str, cause: str) -> int | None:
        """None to leave this one out; else how many were left out before it."""
        minute = int(_clock.monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._lines.clear()
            self._in_all.clear()
        lines, in_all = self._lines.get((event, cause), 0), self._in_all.get(event, 0)
        if lines >= LINES_PER_MINUTE or in_all >= LINES_IN_ALL:
            self._left_out[event] = self._left_out.get(event, 0) + 1
            return None
        self._lines[event, cause] = lines + 1
        self._in_all[event] = in_all + 1
        return self._left_out.pop(event, 0)


_samples = _Samples()
