"""What a connection wants done to its socket: it decides (connection.py), the gateway does."""

from enum import Enum, auto

from msgspec import Struct

from pac.live.disconnects import Disconnect


class Perform(Struct, frozen=True):
    """Run the command of this op; afterwards call `performed`, unless it answered without waiting."""

    op: str
    request: Struct


class Hangup(Struct, frozen=True):
    """Send this last frame and drop the transport once the peer has closed, or shortly after."""

    code: Disconnect
    frame: bytes


class Drop(Struct, frozen=True):
    """Both sides have said close: end the TCP connection."""


class Reading(Enum):
    PAUSE = auto()
    RESUME = auto()


Effect = Perform | Hangup | Drop | Reading
