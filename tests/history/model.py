"""What clients of one run saw and did, and what the logs held in the end: the words the checker judges by.

`at` is in seconds of one monotonic clock. A Send is noted before its bytes leave and everything else after its
bytes have come, so that "noted before" means "happened before". A socket is one connection: whoever connects
again has another one.
"""

from dataclasses import dataclass

SYSTEM = "SYSTEM"
UNKNOWN_OUTCOMES = frozenset({"unavailable"})
"""Refusals that leave open whether the message is stored (PROTOCOL §3, error codes)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket of this member is greeted."""

    at: float
    socket: str
    client: str
    member: str


@dataclass(frozen=True, slots=True)
class Send:
    """`id` is the frame's, so that an answer finds its attempt; `cid` is the message's."""

    at: float
    socket: str
    id: str
    room: str
    cid: str
    body: str


@dataclass(frozen=True, slots=True)
class Ack:
    at: float
    socket: str
    id: str
    room: str
    cid: str
    seq: int
    dup: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    at: float
    socket: str
    id: str
    room: str
    cid: str
    code: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Granted: what follows starts at `after` + 1; without `after`, or with `reset`, at `top` + 1."""

    at: float
    socket: str
    room: str
    after: int | None
    top: int
    epoch: str
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    at: float
    socket: str
    room: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Receive:
    """An entry that was pushed."""

    at: float
    socket: str
    room: str
    seq: int
    member: str
    body: str
    type: str = "TEXT"
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """An entry that came by asking for history: in any order, but the same as for everybody."""

    at: float
    socket: str
    room: str
    seq: int
    member: str
    body: str
    type: str = "TEXT"
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Deletion:
    """Somebody asks for this entry to be emptied; from now on it may be seen empty."""

    at: float
    room: str
    seq: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The room fell silent at `top`, and this reader was given its time: it must hold everything."""

    at: float
    socket: str
    room: str
    top: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    at: float
    socket: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """The member lost its right to the room; `at` is when the call that took it was answered."""

    at: float
    member: str
    room: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The member has the right again; `at` is when the call that gave it was made."""

    at: float
    member: str
    room: str


Event = (
    Opened
    | Send
    | Ack
    | Refused
    | Subscribed
    | Unsubscribed
    | Receive
    | Read
    | Deletion
    | Settled
    | Disconnected
    | Removed
    | Restored
)


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the final log. `cid` is known where the row was read by its author."""

    room: str
    seq: int
    member: str
    body: str
    type: str = "TEXT"
    cid: str | None = None
    is_deleted: bool = False
