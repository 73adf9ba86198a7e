"""The original's frames, in both directions, and what of `pac.v2.json` has words in them (docs/PROTOCOL.md).

The original's page writes what it is told into innerHTML. So `message` and `nickname` leave here HTML-escaped,
and nowhere else: what is stored and what other clients read is the text as it was typed. Who speaks is the
session's; `memberId` and, for members, `nickname` are not even decoded.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from pac.clock import Clock, Instant
from pac.errors import UnknownOp
from pac.live.disconnects import Disconnect
from pac.live.frames import Opcode, framed
from pac.live.protocol import Envelope, Error, RoomKey, RoomRefusal, Subscribed, Unsubscribed, read_object
from pac.messages.model import Entry, MessageType

SYSTEM = "SYSTEM"
"""The nickname of lines that nobody wrote."""


# Client → server


class _AnyIdentifier(Struct):
    channel: str | UnsetType = UNSET


class _AnyFrame(Struct):
    command: str
    identifier: _AnyIdentifier | UnsetType = UNSET


class Channel(Struct):
    channel: RoomKey


class SignedChannel(Channel):
    token: Annotated[str, Meta(max_length=200)] | None = None


class NamedChannel(Channel):
    nickname: Annotated[str, Meta(max_length=1_000)] | None = None


class SubscribeChannel(Struct):
    identifier: SignedChannel


class SubscribeAsGuest(Struct):
    identifier: NamedChannel


class Say(Struct):
    identifier: Channel
    message: str | None = None


MEMBER_REQUESTS: dict[str, type[Struct]] = {"SUBSCRIBE": SubscribeChannel, "MESSAGE": Say}
GUEST_REQUESTS: dict[str, type[Struct]] = {"SUBSCRIBE": SubscribeAsGuest, "MESSAGE": Say}

_frames = msgspec.json.Decoder(_AnyFrame)


# Server → client


class Place(Struct, frozen=True):
    channel: str
    nickname: str


class Broadcast(Struct, frozen=True, tag="broadcast", tag_field="command"):
    """The one frame there is. `message` and `nickname` are escaped by `Original.line` alone."""

    message: str
    timestamp: str
    identifier: Place


_encoder = msgspec.json.Encoder()


class Original:
    """The original's frames as a dialect (live/dialect.py)."""

    greeting = "SUBSCRIBE"
    greets_once = False

    def __init__(self, requests: dict[str, type[Struct]], clock: Clock, zone: tzinfo) -> None:
        self._clock = clock
        self._zone = zone
        self._requests: dict[str, msgspec.json.Decoder[Any]] = {
            command: msgspec.json.Decoder(request) for command, request in requests.items()
        }

    def whole(self, payload: bytes) -> tuple[str, Struct] | None:
        return None

    def envelope(self, payload: bytes) -> Envelope:
        frame = read_object(_frames, payload)
        return Envelope(
            op=frame.command, room=UNSET if frame.identifier is UNSET else frame.identifier.channel
        )

    def request(self, op: str, payload: bytes) -> Struct:
        if op not in self._requests:
            raise UnknownOp
        request: Struct = read_object(self._requests[op], payload)
        return request

    def frame(self, frame: Struct) -> bytes | Disconnect | None:
        match frame:
            case Error(message=words, room=room):
                return self.line(room or "", SYSTEM, words)
            case Subscribed(rooms=[RoomRefusal(code=code)]) if code != "rate_limited":
                return Disconnect.NOT_ALLOWED
            case Unsubscribed():
                # These frames have no word for the end of one room, and silence would look like a quiet one.
                return Disconnect.NOT_ALLOWED
            case _:
                return None

    def entries(self, entries: Sequence[Entry]) -> bytes:
        return b"".join(framed(Opcode.TEXT, self._entry(entry)) for entry in entries if entry.body)

    def _entry(self, entry: Entry) -> bytes:
        nickname = SYSTEM if entry.type is MessageType.SYSTEM else entry.nickname
        return self.line(entry.room_id, nickname, entry.body, entry.at)

    def line(self, channel: str, nickname: str, message: str, at: Instant | None = None) -> bytes:
        """A line as it goes out, unframed; of now, where no other time is given."""
        moment = datetime.fromtimestamp((self._clock.now() if at is None else at) / 1_000, self._zone)
        return _encoder.encode(
            Broadcast(
                message=escape(message),
                timestamp=f"{moment:%H:%M:%S}",
                identifier=Place(channel=channel, nickname=escape(nickname)),
            )
        )
