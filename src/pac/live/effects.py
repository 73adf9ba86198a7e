"""What a connection wants done to its socket: it decides (connection.py), the gateway does."""

from dataclasses import dataclass
from enum import Enum, auto

from msgspec import Struct

from pac.live.disconnects import Disconnect


@dataclass(frozen=True, slots=True)
class Perform:
    """Run the command of this op; afterwards call `performed`, unless it answered without waiting."""

    op: str
    request: Struct


@dataclass(frozen=True, slots=True)
class Hangup:
    """Send this last frame and drop the transport once the peer has closed, or shortly after."""

    code: Disconnect
    frame: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Both sides have said close: end the TCP connection."""


class Reading(Enum):
    PAUSE = auto()
    RESUME = auto()


Effect = Perform | Hangup | Drop | Reading
