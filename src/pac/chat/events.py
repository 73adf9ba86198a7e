"""What the wire has to tell: facts for a person, without words."""

from dataclasses import dataclass

from pac.chat.backoff import Turn
from pac.chat.frames import Entry, Membership, RoomTold
from pac.chat.outbox import Pending


@dataclass(frozen=True, slots=True)
class Greeted:
    """The connection stands."""

    nickname: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; what comes next, and after how many seconds."""

    code: int | None
    turn: Turn
    wait_s: float


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The session was gone, and there is no other: the password has changed, or the account is locked."""

    message: str


@dataclass(frozen=True, slots=True)
class Draining:
    wait_s: float


@dataclass(frozen=True, slots=True)
class RoomOpened:
    told: RoomTold
    is_again: bool
    """Taken up after a loss, not opened by the person."""


@dataclass(frozen=True, slots=True)
class RoomRefused:
    room: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LogReplaced:
    """The log is another one now (restored from a backup): what was shown is void."""

    room: str


@dataclass(frozen=True, slots=True)
class Entries:
    """In order, following what was told before."""

    room: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class OlderEntries:
    room: str
    entries: tuple[Entry, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class OlderRefused:
    room: str
    message: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """Durable at this seq. Its entry comes, or has come, with the others."""

    pending: Pending
    seq: int


@dataclass(frozen=True, slots=True)
class Delayed:
    """Not refused: it goes out again in so many seconds."""

    pending: Pending
    wait_s: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """Refused for good. `message` is the server's word for it; `code` says it where there is none."""

    pending: Pending
    code: str
    message: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """`unsubscribed`: this room is no longer followed."""

    room: str
    code: str


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    membership: Membership


Event = (
    Greeted
    | Lost
    | SignInRefused
    | Draining
    | RoomOpened
    | RoomRefused
    | LogReplaced
    | Entries
    | OlderEntries
    | OlderRefused
    | Delivered
    | Delayed
    | NotSent
    | RoomClosed
    | MembershipChanged
)
