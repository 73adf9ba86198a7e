"""Every way to say no and every way to break, as one tree; texts are made at the edge, in the reader's language.

PacError
├── Refusal                 the caller's turn: nothing was changed, and the caller can do something about it
│   ├── NotSignedIn         no session, or one that has ended
│   ├── SignInAgain         a sign-in that is too old for what is asked
│   ├── WrongCredentials    name or password; never says which (SECURITY 2.4)
│   ├── InvalidFields       one or more fields of a form or a JSON body
│   ├── NameTaken           a login name or nickname somebody else has
│   ├── Hidden              not there, or not yours to know: one answer for both (SECURITY 4.3)
│   ├── Forbidden           known to you, but not allowed
│   ├── RoomIsReadOnly      you read here; you do not write
│   ├── RoomIsFull          capacity reached
│   ├── RoomHasEnded        members read, nobody writes or joins
│   ├── AlreadyJoined       joining twice
│   ├── NotJoined           leaving a room one is not in
│   ├── OwnerMayNotLeave    hand over or end the room first
│   ├── Banned              not in this room, until a time or until it is lifted
│   ├── NotAMember          a change to somebody who is not in the room
│   ├── CapacityTooSmall    fewer places than there are members
│   ├── SlowMode            one message every so often; knows when the next passes
│   ├── BadRequest          a frame or body of the wrong form
│   ├── UnknownOp           an op this server does not know
│   ├── TooLarge            a body over its limit
│   ├── NotSubscribed       sending without a live subscription of this socket
│   ├── TooManyRooms        more subscriptions than one connection may have
│   ├── CidConflict         one cid, two bodies
│   └── RateLimited         too fast; knows when it works again
└── Fault                   our turn: not the caller's doing
    ├── Unavailable         not known to be done; the same call again is safe
    │   ├── StoreUnavailable    accounts and rooms cannot be reached
    │   ├── LogUnavailable      the message log cannot be written or read
    │   └── Overloaded          a bounded queue is full
    ├── SeqTaken            another writer has this room's number: this one is fenced
    │   └── CidTaken        the number is free, but a cid of the batch is in the log: a resend
    └── CannotStart         told to the operator before any port is opened

A Refusal carries data, never prose, and knows no HTTP status and no close code: those are given in
web/problems.py and live/disconnects.py, and only there.
"""

from dataclasses import dataclass
from typing import ClassVar


class PacError(Exception):
    """Root of all our own errors."""


class Refusal(PacError):
    """The caller asked for something that is not to be had; nothing changed."""

    code: ClassVar[str]


class NotSignedIn(Refusal):
    code = "not_signed_in"


class SignInAgain(Refusal):
    code = "sign_in_again"


class WrongCredentials(Refusal):
    code = "wrong_credentials"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field: its JSON name, a code, and the numbers its text needs."""

    field: str
    code: str
    limit: int | None = None


class InvalidFields(Refusal):
    code = "invalid_fields"

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__(*faults)
        self.faults = faults


class NameTaken(Refusal):
    code = "name_taken"

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Hidden(Refusal):
    code = "not_found"


class Forbidden(Refusal):
    code = "forbidden"


class RoomIsReadOnly(Refusal):
    code = "read_only"


class RoomIsFull(Refusal):
    code = "room_full"

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.capacity = capacity


class RoomHasEnded(Refusal):
    code = "room_ended"


class AlreadyJoined(Refusal):
    code = "already_joined"


class NotJoined(Refusal):
    code = "not_joined"


class OwnerMayNotLeave(Refusal):
    code = "owner_may_not_leave"


class Banned(Refusal):
    """`until`: milliseconds UTC; None for a ban that stays until it is lifted."""

    code = "banned"

    def __init__(self, until: int | None) -> None:
        super().__init__(until)
        self.until = until


class NotAMember(Refusal):
    code = "not_a_member"


class CapacityTooSmall(Refusal):
    code = "capacity_too_small"

    def __init__(self, members: int) -> None:
        super().__init__(members)
        self.members = members


class BadRequest(Refusal):
    """`what` names the field and its fault in English, for the author of a client."""

    code = "bad_request"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class UnknownOp(Refusal):
    code = "unknown_op"


class TooLarge(Refusal):
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class NotSubscribed(Refusal):
    code = "not_subscribed"


class TooManyRooms(Refusal):
    code = "too_many_rooms"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class CidConflict(Refusal):
    code = "cid_conflict"


class RateLimited(Refusal):
    """`retry_after_ms`: the earliest time one more such call passes, from now."""

    code = "rate_limited"

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(retry_after_ms)
        self.retry_after_ms = retry_after_ms


class SlowMode(Refusal):
    """Of a warned member, or of a room that is slow for all. `retry_after_ms` as in RateLimited."""

    code = "slow_mode"

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(retry_after_ms)
        self.retry_after_ms = retry_after_ms


class Fault(PacError):
    """Something of ours failed; `code` names the kind, never the insides."""

    code: ClassVar[str] = "internal"


class Unavailable(Fault):
    code = "unavailable"

    def __init__(self, what: str = "", *, retry_after_ms: int = 1_000) -> None:
        super().__init__(what)
        self.what = what
        self.retry_after_ms = retry_after_ms


class StoreUnavailable(Unavailable):
    pass


class LogUnavailable(Unavailable):
    pass


class Overloaded(Unavailable):
    pass


class SeqTaken(Fault):
    pass


class CidTaken(SeqTaken):
    pass


class CannotStart(Fault):
    """`what` happened to which thing, and `remedy`: what the operator can do. Never a secret."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"
