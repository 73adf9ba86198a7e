"""How one connection speaks: what its frames ask for, and how what it is told is written.

The rest of live/ knows one set of ops and one set of frames, those of `pac.v2.json`. A connection that speaks
otherwise has another dialect, and nothing else of it is another: its rights, limits and order are the same code.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from pac.errors import UnknownOp
from pac.live.disconnects import Disconnect
from pac.live.frames import Opcode, framed
from pac.live.protocol import (
    REQUESTS,
    Envelope,
    encode,
    encode_entry,
    read_envelope,
    read_request,
    read_whole,
)
from pac.messages.model import Entry


class Dialect(Protocol):
    """Compared by identity: readers of one dialect are given the same bytes."""

    greeting: str
    """The op that says who it is: nothing else is heard before it."""

    greets_once: bool
    """Whether the greeting may not be said again."""

    def whole(self, payload: bytes) -> tuple[str, Struct] | None:
        """The op of a frame and its Struct at once. None: it has to be read step by step, as below."""

    def envelope(self, payload: bytes) -> Envelope:
        """The op of a frame, and its room and id where it has them. Raises NotAnObject, BadRequest."""

    def request(self, op: str, payload: bytes) -> Struct:
        """The frame as its op's own Struct. Raises UnknownOp, BadRequest."""

    def frame(self, frame: Struct) -> bytes | Disconnect | None:
        """What a frame of `pac.v2.json` is here. None: there are no words for it, and none are needed.
        A close code: there are no words for it, and the client may not go on without."""

    def entries(self, entries: Sequence[Entry]) -> bytes:
        """Log entries, framed one behind the other."""


class PacV2:
    """`pac.v2.json` itself."""

    greeting = "hello"
    greets_once = True

    def whole(self, payload: bytes) -> tuple[str, Struct] | None:
        return read_whole(payload)

    def envelope(self, payload: bytes) -> Envelope:
        return read_envelope(payload)

    def request(self, op: str, payload: bytes) -> Struct:
        if op not in REQUESTS:
            raise UnknownOp
        return read_request(op, payload)

    def frame(self, frame: Struct) -> bytes | Disconnect | None:
        return encode(frame)

    def entries(self, entries: Sequence[Entry]) -> bytes:
        return b"".join(framed(Opcode.TEXT, encode_entry(entry)) for entry in entries)


PAC_V2 = PacV2()
