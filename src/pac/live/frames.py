"""RFC 6455 between the parser and the connection: fragments joined, UTF-8 checked, control frames counted.

picows (2.3) parses headers and unmasks; it hands over unchecked what is judged here: RSV bits, continuations
without a start, a new message inside a fragmented one, fragments without end, invalid UTF-8 (SECURITY 3.6–3.9).
Sans-I/O: frames in, text or a close code out.
"""

from enum import IntEnum

from pac.live.disconnects import Disconnect

FRAGMENTS_MAX = 16
CONTROL_PER_S = 10


Buffer = bytes | memoryview


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


class FrameEdges:
    """Where frames begin and end in the bytes of one client, before they are parsed.

    picows looks a frame ahead: it closes for the second frame of a read before it has handed over the first, which
    then goes unanswered. So a read is parsed in pieces around every frame that may end the connection.
    """

    __slots__ = ("_ends", "_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._ends = False

    @property
    def is_whole(self) -> bool:
        """No part of a frame is left over."""
        return not self._left and not self._header

    def cuts(self, data: Buffer) -> list[int]:
        """The bytes that come next. Offsets into them, ascending, at which they are to be parsed in pieces: before
        and behind each frame for which picows may close, or the peer closes. Mostly there are none."""
        size, at = len(data), self._left
        if (
            not at
            and not self._header
            and size > 6
            and data[0] & 0x0F <= Opcode.BINARY
            and data[1] == 0x80 | size - 6
        ):
            self._ends = False
            return []  # one small frame and nothing else, as nearly always
        if at >= size:
            self._left -= size
            return []
        found = [at] if at and self._ends else []
        known = len(self._header)
        if known:
            data, size, self._header = self._header + bytes(data), known + size, b""
        while at + 2 <= size:
            first, second = data[at], data[at + 1]
            length = second & 0x7F
            self._ends = second < 0x80 or (first & 0x0F > Opcode.BINARY and not _is_good_ping(first, length))
            if self._ends and at > known and found[-1:] != [at - known]:
                found.append(at - known)
            extended = 2 if length == 126 else 8 if length == 127 else 0
            behind = at + 2 + extended + (4 if second & 0x80 else 0)
            if behind > size:
                break
            if extended:
                length = int.from_bytes(data[at + 2 : at + 2 + extended], "big")
            at = behind + length
            if self._ends and at < size:
                found.append(at - known)
        self._left = max(0, at - size)
        if at < size:
            self._header = bytes(data[at:])
        return found


def _is_good_ping(first: int, length: int) -> bool:
    """Of a control frame's first byte and length: a PING or PONG as RFC 6455 §5.5 has them."""
    return first & 0x8F in (0x80 | Opcode.PING, 0x80 | Opcode.PONG) and length <= 125


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
