"""What was written and not yet acknowledged. It keeps its cid until it is answered, however often it is sent.

First in, first out, one on its way in each room: what was written first is stored first. A message that has to
wait for the rate holds back what is behind it; one that is refused for good does not.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pac.chat.frames import Error

CAPACITY = 1_000
RETRY_S = 1.0
_PASSING = frozenset({"rate_limited", "slow_mode", "unavailable", "not_subscribed"})


class SendState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    """The server asked for patience."""


@dataclass(slots=True, eq=False)
class Pending:
    room: str
    cid: str
    body: str
    state: SendState = SendState.QUEUED
    not_before: float = 0.0
    """Monotonic seconds."""


@dataclass(slots=True)
class Outbox:
    lanes: dict[str, list[Pending]] = field(default_factory=dict)

    def add(self, pending: Pending) -> None:
        self.lanes.setdefault(pending.room, []).append(pending)

    def all(self) -> list[Pending]:
        return [pending for lane in self.lanes.values() for pending in lane]

    @property
    def is_full(self) -> bool:
        return sum(map(len, self.lanes.values())) >= CAPACITY

    def next(self, room: str, now: float) -> Pending | None:
        """The one to send now in this room."""
        lane = self.lanes.get(room)
        if not lane or lane[0].state is SendState.SENDING or lane[0].not_before > now:
            return None
        return lane[0]

    def forget(self, pending: Pending) -> None:
        lane = self.lanes[pending.room]
        lane.remove(pending)
        if not lane:
            del self.lanes[pending.room]

    def refused(self, pending: Pending, error: Error, now: float) -> bool:
        """True when it waits and goes out again; False when the same again would be refused again."""
        if error.retry_after_ms is None and error.code not in _PASSING:
            return False
        wait_s = RETRY_S if error.retry_after_ms is None else error.retry_after_ms / 1_000
        pending.state = SendState.WAITING
        pending.not_before = now + wait_s
        return True

    def lost(self) -> None:
        """The connection is gone: what was on its way may be stored or not, and goes out again as it was."""
        for pending in self.all():
            pending.state = SendState.QUEUED
            pending.not_before = 0.0

    def due(self, room: str) -> float | None:
        """When something of this room has to be sent, if it waits."""
        lane = self.lanes.get(room)
        return lane[0].not_before if lane and lane[0].state is SendState.WAITING else None
