"""Every frame of `pac.v2.json`, in both directions (docs/PROTOCOL.md).

A frame from a client is decoded once, as the Struct its op names. Where that fails it is decoded again, first for
its op and id, so that whatever is wrong with the rest can be answered. Only one of the two readings is ever acted
upon, so one frame is never two different ops (SECURITY 5.5). No field is untyped, and unknown fields are skipped.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from pac.clock import rfc3339
from pac.errors import BadRequest
from pac.messages.model import Entry, MessageType

SUBPROTOCOL = "pac.v2.json"

Id = Annotated[str, Meta(max_length=64)]
RoomKey = Annotated[str, Meta(max_length=64)]
SeqNumber = Annotated[int, Meta(ge=0, le=2**53 - 1)]


# Client → server


class Envelope(Struct):
    """What every frame has; the rest of it is read as the op's own Struct."""

    op: str
    id: str | UnsetType = UNSET
    room: str | UnsetType = UNSET


class Hello(Struct, tag="hello", tag_field="op"):
    id: Id
    client: Annotated[str, Meta(max_length=200)] = ""
    token: Annotated[str, Meta(max_length=200)] = ""


class RoomCursor(Struct):
    room: RoomKey
    after: SeqNumber | None = None
    epoch: Annotated[str, Meta(max_length=64)] | None = None


class Subscribe(Struct, tag="subscribe", tag_field="op"):
    id: Id
    rooms: Annotated[list[RoomCursor], Meta(min_length=1, max_length=512)]


class Unsubscribe(Struct, tag="unsubscribe", tag_field="op"):
    id: Id
    rooms: Annotated[list[RoomKey], Meta(min_length=1, max_length=512)]


class Send(Struct, tag="send", tag_field="op"):
    id: Id
    room: RoomKey
    cid: str
    body: str
    type: str = MessageType.TEXT
    reply_to: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None


class History(Struct, tag="history", tag_field="op"):
    id: Id
    room: RoomKey
    before: SeqNumber | None = None
    after: SeqNumber | None = None
    limit: Annotated[int, Meta(ge=-(2**53), le=2**53 - 1)] = 50


class Typing(Struct, tag="typing", tag_field="op"):
    room: RoomKey
    on: bool


class Read(Struct, tag="read", tag_field="op"):
    room: RoomKey
    seq: SeqNumber


class Presence(Struct, tag="presence", tag_field="op"):
    id: Id
    room: RoomKey


class Delete(Struct, tag="delete", tag_field="op"):
    id: Id
    room: RoomKey
    seq: SeqNumber


class Ping(Struct, tag="ping", tag_field="op"):
    id: Id | None = None


Request = Hello | Subscribe | Unsubscribe | Send | History | Typing | Read | Presence | Delete | Ping

REQUESTS: dict[str, type[Request]] = {
    "hello": Hello,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "send": Send,
    "history": History,
    "typing": Typing,
    "read": Read,
    "presence": Presence,
    "delete": Delete,
    "ping": Ping,
}

_envelopes = msgspec.json.Decoder(Envelope)
_whole = msgspec.json.Decoder(Request)
_OPS: dict[type[Request], str] = {request: op for op, request in REQUESTS.items()}
_requests: dict[str, msgspec.json.Decoder[Any]] = {
    op: msgspec.json.Decoder(request) for op, request in REQUESTS.items()
}


class NotAnObject(Exception):
    """The frame is no JSON object with an op: the connection cannot go on (close 4500)."""


Object = TypeVar("Object")


def read_object(decoder: msgspec.json.Decoder[Object], payload: bytes) -> Object:
    """A frame that is valid UTF-8, as the decoder's Struct. Raises NotAnObject, or BadRequest for a wrong one."""
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        if "Expected `object`" in str(error) and "$." not in str(error):
            raise NotAnObject from error
        raise BadRequest(str(error)) from error
    except RecursionError as error:
        raise BadRequest("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnObject from error


def read_envelope(payload: bytes) -> Envelope:
    """The op and ids of a frame. Raises NotAnObject, or BadRequest for a wrong envelope."""
    envelope = read_object(_envelopes, payload)
    if envelope.id is not UNSET and (len(envelope.id) > 64 or not _is_text(envelope.id)):
        raise BadRequest("id: a string of at most 64 characters")
    return envelope


def read_request(op: str, payload: bytes) -> Request:
    """The frame as its op's Struct. Raises BadRequest; KeyError for an op that is not in REQUESTS."""
    try:
        request: Request = _requests[op].decode(payload)
    except RecursionError as error:
        raise BadRequest("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from error
    return request


def read_whole(payload: bytes) -> tuple[str, Request] | None:
    """The op and its Struct, of a frame that nothing is wrong with. None where something is, or may be: a text with
    escapes can hold what is no text, and `read_envelope` looks closer."""
    if b"\\" in payload:
        return None
    try:
        request = _whole.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return _OPS[type(request)], request


def _is_text(value: str) -> bool:
    if value.isascii():
        return "\0" not in value
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


# Server → client


class Person(Struct, frozen=True):
    id: str
    nickname: str


class Self(Struct, frozen=True):
    id: str
    nickname: str
    role: str


class ClientLimits(Struct, frozen=True):
    """frame in bytes, body in code points."""

    frame: int
    body: int
    rooms: int
    send_per_s: float
    send_burst: int


class Welcome(Struct, frozen=True, tag="welcome", tag_field="op"):
    id: str
    member: Self
    node: str
    ts: str
    ping_ms: int
    limits: ClientLimits


class Ok(Struct, frozen=True, tag="ok", tag_field="op"):
    id: str


class RoomState(Struct, frozen=True, omit_defaults=True):
    """How a room stands as one subscribes to it; replay and live traffic follow the frame it is in."""

    room: str
    roomStatus: str  # noqa: N815 - the name on the wire
    epoch: str
    top: int
    first: int
    online: int
    members: int
    role: str | None = None
    status: str | None = None
    read: int | None = None
    unread: int | None = None
    """read and unread are a member's; who reads along has no mark. unread counts TEXT and IMAGE."""
    reset: bool = False


class RoomRefusal(Struct, frozen=True, omit_defaults=True):
    room: str
    code: str
    message: str
    retry_after_ms: int | None = None


class Subscribed(Struct, frozen=True, tag="ok", tag_field="op"):
    id: str
    rooms: list[RoomState | RoomRefusal]


class Sent(Struct, frozen=True, tag="ok", tag_field="op", omit_defaults=True):
    id: str
    room: str
    cid: str
    seq: int
    ts: str
    dup: bool = False


class HistoryPage(Struct, frozen=True, tag="ok", tag_field="op"):
    id: str
    room: str
    messages: list[msgspec.Raw]
    more: bool


class Online(Struct, frozen=True, tag="ok", tag_field="op"):
    """Who is there: at most 200 of them, and how many in all."""

    id: str
    online: list[Person]
    count: int


class Error(Struct, frozen=True, tag="error", tag_field="op", omit_defaults=True):
    code: str
    message: str
    id: str | None = None
    room: str | None = None
    retry_after_ms: int | None = None


class Message(Struct, frozen=True, tag="message", tag_field="op", omit_defaults=True):
    """A log entry. The same bytes for every reader, but for `cid`, which only its author's history has."""

    room: str
    seq: int
    id: str
    ts: str
    type: str
    member: Person
    body: str
    event: str | None = None
    reply_to: int | None = None
    target: int | None = None
    deleted: str | None = None
    cid: str | None = None


class Top(Struct, frozen=True, tag="top", tag_field="op"):
    room: str
    epoch: str
    top: int


class MembershipChanged(Struct, frozen=True, tag="membership", tag_field="op", omit_defaults=True):
    room: str
    change: str
    role: str | None = None
    status: str | None = None
    until: str | None = None


class Unsubscribed(Struct, frozen=True, tag="unsubscribed", tag_field="op"):
    room: str
    code: Literal["left", "kicked", "banned", "ended", "forbidden", "gone"]


class SomebodyTypes(Struct, frozen=True, tag="typing", tag_field="op"):
    room: str
    member: Person
    on: bool


class PresenceChanged(Struct, frozen=True, tag="presence", tag_field="op"):
    room: str
    online: int
    joined: list[Person]
    left: list[Person]


class ReadElsewhere(Struct, frozen=True, tag="read", tag_field="op"):
    room: str
    seq: int


class RoomChanged(Struct, frozen=True, tag="room", tag_field="op", omit_defaults=True):
    """The fields that are different now, under the names of GET room; `requests` to those who answer them."""

    room: str
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    imageUrl: str | UnsetType | None = UNSET  # noqa: N815 - names of GET room, here and below
    capacity: int | UnsetType = UNSET
    roomMembersCount: int | UnsetType = UNSET  # noqa: N815
    roomStatus: str | UnsetType = UNSET  # noqa: N815
    roomPublic: str | UnsetType = UNSET  # noqa: N815
    slowModeSeconds: int | UnsetType = UNSET  # noqa: N815
    owner: Person | UnsetType = UNSET
    requests: int | UnsetType = UNSET


class Drain(Struct, frozen=True, tag="drain", tag_field="op"):
    reconnect_in_ms: int


class Pong(Struct, frozen=True, tag="pong", tag_field="op", omit_defaults=True):
    ts: str
    id: str | None = None


_encoder = msgspec.json.Encoder()


def encode(frame: Struct) -> bytes:
    return _encoder.encode(frame)


def encode_entry(entry: Entry, reader: str | None = None) -> bytes:
    """A log entry as a `message` frame; `reader` is the member it is for, when the bytes are for one alone."""
    return _encoder.encode(
        Message(
            room=entry.room_id,
            seq=entry.seq,
            id=entry.id,
            ts=rfc3339(entry.at),
            type=entry.type,
            member=Person(entry.member_id, entry.nickname),
            body=entry.body,
            event=entry.event,
            reply_to=entry.reply_to,
            target=entry.target,
            deleted=entry.deleted,
            cid=entry.cid if reader == entry.member_id and entry.type is not MessageType.SYSTEM else None,
        )
    )
