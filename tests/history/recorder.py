"""Collects what happens in one run, in the order it happens, for the checker and for the run's figures."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.history.model import UNKNOWN_OUTCOMES, Ack, Event, Refused, Send


class Recorder:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.events: list[Event] = []

    def note(self, kind: Callable[..., Event], **fields: Any) -> None:
        """`kind` happened now."""
        self.events.append(kind(at=self._now(), **fields))


@dataclass(frozen=True, slots=True)
class Figures:
    """What every fault run prints (SECURITY 7.9). `unknowns`: sends that were never answered for good."""

    ops: int
    acks: int
    unknowns: int
    worst_ack_s: float

    def __str__(self) -> str:
        return f"ops={self.ops} acks={self.acks} unknowns={self.unknowns} worst_ack={self.worst_ack_s * 1_000:.0f}ms"


def figures(events: Iterable[Event]) -> Figures:
    """Counted by message, not by attempt: a resend is the same message, and its time runs from the first."""
    sent: dict[tuple[str, str, str], float] = {}
    message_of: dict[tuple[str, str], tuple[str, str, str]] = {}
    open_: set[tuple[str, str, str]] = set()
    acked: set[tuple[str, str, str]] = set()
    worst = 0.0
    for event in events:
        match event:
            case Send():
                message = (event.room, event.cid, event.body)
                message_of[event.socket, event.id] = message
                if message not in sent:
                    sent[message] = event.at
                    open_.add(message)
            case Ack():
                message = message_of[event.socket, event.id]
                if message not in acked:
                    acked.add(message)
                    worst = max(worst, event.at - sent[message])
                open_.discard(message)
            case Refused() if event.code not in UNKNOWN_OUTCOMES:
                open_.discard(message_of[event.socket, event.id])
            case _:
                pass
    return Figures(len(sent), len(acked), len(open_), worst)
