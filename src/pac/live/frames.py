"""RFC 6455 between the parser and the connection: fragments joined, UTF-8 checked, control frames counted.

picows (2.3) parses headers and unmasks; it hands over unchecked what is judged here: RSV bits, continuations
without a start, a new message inside a fragmented one, fragments without end, invalid UTF-8 (SECURITY 3.6–3.9).
Sans-I/O: frames in, text or a close code out.
"""

from enum import IntEnum

from pac.live.disconnects import Disconnect

FRAGMENTS_MAX = 16
CONTROL_PER_S = 10


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class Violation(Exception):
    """The peer broke the protocol: the connection is to be closed with `code`."""

    def __init__(self, code: Disconnect) -> None:
        super().__init__(code)
        self.code = code


class FrameReader:
    """Joins the fragments of one connection. `text()` gives a whole message, or None while it is not whole."""

    __slots__ = ("_control_second", "_controls", "_fragments", "_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] | None = None
        self._fragments = 0
        self._size = 0
        self._control_second = 0
        self._controls = 0

    @property
    def in_fragments(self) -> bool:
        return self._parts is not None

    def text(self, opcode: int, fin: bool, payload: bytes) -> bytes | None:
        """A data frame. Raises Violation: 1002, 1007, 1008, 1009, or 4500 for a binary one."""
        if opcode == Opcode.BINARY:
            raise Violation(Disconnect.BAD_FRAMES)
        if opcode == Opcode.TEXT:
            if self._parts is not None:
                raise Violation(Disconnect.PROTOCOL_ERROR)  # RFC 6455 §5.4: fragments are not interleaved
            if fin:
                return self._whole(payload)
            self._parts, self._fragments, self._size = [], 0, 0
        elif self._parts is None:
            raise Violation(Disconnect.PROTOCOL_ERROR)  # a continuation of nothing
        self._fragments += 1
        self._size += len(payload)
        if self._fragments > FRAGMENTS_MAX:
            raise Violation(Disconnect.POLICY)
        if self._size > self._limit:
            raise Violation(Disconnect.TOO_BIG)
        self._parts.append(payload)
        if not fin:
            return None
        joined, self._parts = b"".join(self._parts), None
        return self._whole(joined)

    def control(self, now: float) -> None:
        """Count a control frame. Raises Violation(1008) above CONTROL_PER_S in one second (SECURITY 3.8)."""
        second = int(now)
        if second != self._control_second:
            self._control_second, self._controls = second, 0
        self._controls += 1
        if self._controls > CONTROL_PER_S:
            raise Violation(Disconnect.POLICY)

    def _whole(self, payload: bytes) -> bytes:
        if len(payload) > self._limit:
            raise Violation(Disconnect.TOO_BIG)
        if not payload.isascii():
            try:
                payload.decode("utf-8")  # all of it, also inside fields that will be skipped (SECURITY 5.5)
            except UnicodeDecodeError:
                raise Violation(Disconnect.INVALID_TEXT) from None
        return payload


def check_close(payload: bytes) -> None:
    """The body of a peer's close frame. Raises Violation(1002) for a code that may not be sent (RFC 6455 §7.4):
    picows lets 0 and 1006 pass."""
    code = int.from_bytes(payload[:2], "big")
    may_be_sent = 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
    if payload and not may_be_sent:
        raise Violation(Disconnect.PROTOCOL_ERROR)


def framed(opcode: Opcode, payload: bytes) -> bytes:
    """One whole unmasked frame, as a server sends it (RFC 6455 §5.2)."""
    size = len(payload)
    first = 0x80 | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: Disconnect, reason: str) -> bytes:
    return framed(Opcode.CLOSE, int(code).to_bytes(2, "big") + reason.encode()[:123])
