"""The frames of `pac.v2.json` as a client needs them (docs/PROTOCOL.md). What is not known is passed over."""

from typing import Literal

import msgspec
from msgspec import Struct

SUBPROTOCOL = "pac.v2.json"
CLIENT = "pac-chat"


class Person(Struct, frozen=True):
    id: str = ""
    nickname: str = ""


class Limits(Struct, frozen=True):
    frame: int = 65_536
    """Bytes of one frame."""
    body: int = 4_000
    """Code points of one message."""


class Entry(Struct, frozen=True):
    """One entry of a room's log, pushed or from `history`."""

    seq: int
    ts: str = ""
    type: str = "TEXT"
    member: Person = Person()
    body: str = ""
    event: str | None = None


class RoomTold(Struct, frozen=True):
    """What `subscribe` is answered for one room: where its log stands, or, with a `code`, why not."""

    room: str
    epoch: str = ""
    top: int = 0
    online: int = 0
    members: int = 0
    role: str | None = None
    reset: bool = False
    code: str | None = None
    message: str = ""
    retry_after_ms: int | None = None


class Welcome(Struct, frozen=True, tag_field="op", tag="welcome"):
    member: Person
    limits: Limits = Limits()


class Ok(Struct, frozen=True, tag_field="op", tag="ok"):
    id: str = ""
    seq: int = 0
    rooms: tuple[RoomTold | str, ...] = ()
    """Of `subscribe`; `unsubscribe` may answer with plain ids."""
    messages: tuple[Entry, ...] = ()
    more: bool = False


class Error(Struct, frozen=True, tag_field="op", tag="error"):
    code: str
    message: str = ""
    id: str = ""
    retry_after_ms: int | None = None


class Message(Entry, frozen=True, tag_field="op", tag="message", kw_only=True):
    room: str


class Top(Struct, frozen=True, tag_field="op", tag="top"):
    room: str
    top: int
    epoch: str = ""


class Membership(Struct, frozen=True, tag_field="op", tag="membership"):
    room: str
    change: str
    role: str | None = None
    status: str | None = None
    until: str | None = None


class Unsubscribed(Struct, frozen=True, tag_field="op", tag="unsubscribed"):
    room: str
    code: str


class Drain(Struct, frozen=True, tag_field="op", tag="drain"):
    reconnect_in_ms: int = 0


Heard = Welcome | Ok | Error | Message | Top | Membership | Unsubscribed | Drain

_decoder = msgspec.json.Decoder(Heard)
_encoder = msgspec.json.Encoder()


def heard(text: str | bytes) -> Heard | None:
    """The frame, or None for one this client has no use for: an op it does not know, a form it cannot read."""
    try:
        frame: Heard = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return frame


class Hello(Struct, frozen=True, tag_field="op", tag="hello"):
    id: str
    token: str
    client: str = CLIENT


class Cursor(Struct, frozen=True, omit_defaults=True):
    """Where a room is to be taken up: after this seq, in the log of this epoch."""

    room: str
    after: int | None = None
    epoch: str | None = None


class Subscribe(Struct, frozen=True, tag_field="op", tag="subscribe"):
    id: str
    rooms: tuple[Cursor, ...]


class Send(Struct, frozen=True, tag_field="op", tag="send"):
    id: str
    room: str
    cid: str
    body: str
    type: Literal["TEXT"] = "TEXT"


class History(Struct, frozen=True, omit_defaults=True, tag_field="op", tag="history"):
    id: str
    room: str
    before: int | None = None
    after: int | None = None
    limit: int | None = None


def written(frame: Hello | Subscribe | Send | History) -> str:
    return _encoder.encode(frame).decode()
