"""What nodes tell each other: entries, after they are in the log. Losing it costs delay, never a message.

A reader that misses a batch sees the hole by seq, or by `top` when it was the last, and reads the log. So a
broker may drop, and may deliver twice; it may not reorder within a room, invent, or deliver what is not yet
durable.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from pac.messages.model import Entry
from pac.rooms.model import RoomId

Receive = Callable[[RoomId, Sequence[Entry]], None]


class Broker(Protocol):
    def publish(self, entries: Sequence[Entry]) -> None:
        """Send durable entries to every node that listens to their rooms. Never waits, never raises."""

    def listen(self, receive: Receive) -> None:
        """Call `receive` with each room's entries, in order, on the event loop."""
