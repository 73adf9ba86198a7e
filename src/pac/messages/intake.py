"""Hand a message to its room's one writer, and get its answer."""

from collections.abc import Callable
from typing import Protocol

from pac.errors import CidConflict, Unavailable
from pac.messages.model import Draft
from pac.messages.sequencer import Numbered

Answer = Numbered | CidConflict | Unavailable
"""Numbered: durable. CidConflict: refused, nothing stored. Unavailable: not known to be stored (promise 6)."""


class Intake(Protocol):
    def submit(self, draft: Draft, answer: Callable[[Answer], None]) -> None:
        """Take the draft; call `answer` once, on the event loop, within 5 s, after the message is durable.

        Drafts submitted by one caller for one room are stored in the order they were submitted. A writer that
        is full answers Overloaded at once. Answers of a batch are given before the batch is published, so
        that `ok` reaches a sender before the push of the same message (PROTOCOL §3, send).
        """

    async def settled(self) -> None:
        """Returns when nothing submitted before is still without its answer."""
