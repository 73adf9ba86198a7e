"""Autobahn's test cases of groups 1–7 and 10, by its numbers, as data: what is sent and what must come back.

Group 1.2, which sends binary messages, is what pac.v2.json makes of them: 4500.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL = frozenset({1000})
PROTOCOL_ERROR = frozenset({1002})
NOT_UTF8 = frozenset({1007})
BAD_FRAMES = frozenset({4500})


@dataclass(frozen=True, slots=True)
class Frame:
    opcode: int
    payload: bytes = b""
    fin: bool = True
    reserved: int = 0


Chops = Literal["whole", "frames", "octets"] | int


@dataclass(frozen=True, slots=True)
class Case:
    """`closes`: the codes a server may close with by itself; empty: it does not, and answers our close.

    `chops`: how the bytes are cut into writes. `informational`: Autobahn asks for no particular answer.
    """

    number: str
    sent: tuple[Frame, ...]
    comes: tuple[tuple[int, bytes], ...] = ()
    closes: frozenset[int] = frozenset()
    chops: Chops = "whole"
    informational: bool = False


def framing() -> Iterator[Case]:
    sizes: tuple[tuple[int, Chops], ...] = (
        (0, "whole"), (125, "whole"), (126, "whole"), (127, "whole"), (128, "whole"), (65_535, "whole"),
        (65_536, "whole"), (65_536, 997),
    )  # fmt: skip
    for number, (size, chops) in enumerate(sizes, 1):
        body = b"*" * size
        yield Case(f"1.1.{number}", (Frame(TEXT, body),), ((TEXT, body),), chops=chops)
        yield Case(f"1.2.{number}", (Frame(BINARY, b"\xfe" * size),), closes=BAD_FRAMES, chops=chops)


def pings() -> Iterator[Case]:
    for number, payload in enumerate(
        (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125), 1
    ):
        yield Case(f"2.{number}", (Frame(PING, payload),), ((PONG, payload),))
    yield Case("2.5", (Frame(PING, b"\xfe" * 126),), closes=PROTOCOL_ERROR)
    yield Case("2.6", (Frame(PING, b"\xfe" * 125),), ((PONG, b"\xfe" * 125),), chops="octets")
    yield Case("2.7", (Frame(PONG),))
    yield Case("2.8", (Frame(PONG, b"unsolicited pong payload"),))
    yield Case(
        "2.9",
        (Frame(PONG, b"unsolicited pong payload"), Frame(PING, b"ping payload")),
        ((PONG, b"ping payload"),),
    )
    ten = tuple(f"payload-{number}".encode() for number in range(10))
    for number, chops in (("2.10", "whole"), ("2.11", "octets")):
        yield Case(
            number,
            tuple(Frame(PING, one) for one in ten),
            tuple((PONG, one) for one in ten),
            chops=chops,  # type: ignore[arg-type]
        )


def reserved_bits() -> Iterator[Case]:
    small = b"Hello, world!"
    yield Case("3.1", (Frame(TEXT, small, reserved=1),), closes=PROTOCOL_ERROR)
    for number, bits, chops in (("3.2", 2, "whole"), ("3.3", 3, "frames"), ("3.4", 4, "octets")):
        sent = (Frame(TEXT, small), Frame(TEXT, small, reserved=bits), Frame(PING))
        yield Case(number, sent, ((TEXT, small),), PROTOCOL_ERROR, chops)  # type: ignore[arg-type]
    yield Case(
        "3.5", (Frame(BINARY, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", reserved=5),), closes=PROTOCOL_ERROR
    )
    yield Case("3.6", (Frame(PING, small, reserved=6),), closes=PROTOCOL_ERROR)
    yield Case("3.7", (Frame(CLOSE, b"", reserved=7),), closes=PROTOCOL_ERROR)


def opcodes() -> Iterator[Case]:
    small = b"Hello, world!"
    for group, first in (("4.1", 3), ("4.2", 11)):
        yield Case(f"{group}.1", (Frame(first),), closes=PROTOCOL_ERROR)
        yield Case(f"{group}.2", (Frame(first + 1, b"reserved opcode payload"),), closes=PROTOCOL_ERROR)
        for number, chops in ((3, "whole"), (4, "frames"), (5, "octets")):
            payload = b"" if number == 3 else b"reserved opcode payload"
            sent = (Frame(TEXT, small), Frame(first + number - 1, payload), Frame(PING))
            yield Case(f"{group}.{number}", sent, ((TEXT, small),), PROTOCOL_ERROR, chops)  # type: ignore[arg-type]


def fragmentation() -> Iterator[Case]:
    one, two = b"fragment1", b"fragment2"
    halves = (Frame(TEXT, one, fin=False), Frame(CONTINUATION, two))
    for number, opcode in (("5.1", PING), ("5.2", PONG)):
        sent = (Frame(opcode, one, fin=False), Frame(CONTINUATION, two))
        yield Case(number, sent, closes=PROTOCOL_ERROR)
    chops: tuple[Chops, ...] = ("whole", "frames", "octets")
    for number, cut in enumerate(chops, 3):
        yield Case(f"5.{number}", halves, ((TEXT, one + two),), chops=cut)
    for number, cut in enumerate(chops, 6):
        sent = (halves[0], Frame(PING, b"ping payload"), halves[1])
        yield Case(f"5.{number}", sent, ((PONG, b"ping payload"), (TEXT, one + two)), chops=cut)
    for start, fin in ((9, True), (12, False)):
        for number, cut in enumerate(chops, start):
            sent = (Frame(CONTINUATION, b"non-continuation payload", fin=fin), Frame(TEXT, b"Hello, world!"))
            yield Case(f"5.{number}", sent, closes=PROTOCOL_ERROR, chops=cut)
    lost = (Frame(CONTINUATION, b"fragment3", fin=False), Frame(TEXT, b"fragment4"))
    yield Case("5.15", (*halves, *lost), ((TEXT, one + two),), PROTOCOL_ERROR)
    yield Case("5.16", (Frame(CONTINUATION, one, fin=False), *halves) * 2, closes=PROTOCOL_ERROR)
    yield Case("5.17", (Frame(CONTINUATION, one), *halves) * 2, closes=PROTOCOL_ERROR)
    yield Case("5.18", (Frame(TEXT, one, fin=False), Frame(TEXT, two)), closes=PROTOCOL_ERROR)
    five = tuple(f"fragment{number}".encode() for number in range(1, 6))
    sent = (
        Frame(TEXT, five[0], fin=False), Frame(CONTINUATION, five[1], fin=False), Frame(PING, b"pongme 1!"),
        Frame(CONTINUATION, five[2], fin=False), Frame(CONTINUATION, five[3], fin=False), Frame(PING, b"pongme 2!"),
        Frame(CONTINUATION, five[4]),
    )  # fmt: skip
    comes = ((PONG, b"pongme 1!"), (PONG, b"pongme 2!"), (TEXT, b"".join(five)))
    yield Case("5.19", sent, comes)
    yield Case("5.20", sent, comes, chops="frames")


def _in_octets(payload: bytes) -> tuple[Frame, ...]:
    last = len(payload) - 1
    return tuple(
        Frame(CONTINUATION if at else TEXT, bytes([octet]), fin=at == last)
        for at, octet in enumerate(payload)
    )


KOSME = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
CUT = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"

VALID: dict[str, tuple[bytes, ...]] = {
    "6.5": (KOSME, b"\xf0\x9f\x98\x80", "안녕".encode(), "Ω".encode(), b"plain"),
    "6.7": (b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"),
    "6.9": (b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"),
    "6.11": (b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf"),
    "6.22": tuple(chr(plane << 16 | low).encode() for plane in range(17) for low in (0xFFFE, 0xFFFF)),
    "6.23": tuple(chr(point).encode() for point in range(0xFFF9, 0x10000)),
}

_LONELY = ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
_MISSING = (
    b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
    b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
)  # fmt: skip
_HIGH = (b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf")
_LOW = (b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf")

INVALID: dict[str, tuple[bytes, ...]] = {
    "6.8": (b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"),
    "6.10": (b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"),
    "6.11 over": (b"\xf4\x90\x80\x80",),
    "6.12": (
        b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf", b"\x80\xbf\x80\xbf\x80",
        b"\x80\xbf\x80\xbf\x80\xbf", bytes(range(0x80, 0xC0)),
    ),
    "6.13": tuple(b" ".join(bytes([octet]) for octet in range(*span)) + b" " for span in _LONELY),
    "6.14": _MISSING,
    "6.15": (b"".join(_MISSING),),
    "6.16": (b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"),
    "6.17": (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"),
    "6.18": (
        b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf",
    ),
    "6.19": (b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"),
    "6.20": (*_HIGH, *_LOW),
    "6.21": tuple(high + low for high in _HIGH for low in (_LOW[0], _LOW[2])),
}  # fmt: skip


def utf8() -> Iterator[Case]:
    yield Case("6.1.1", (Frame(TEXT),), ((TEXT, b""),))
    empty = (Frame(TEXT, fin=False), Frame(CONTINUATION, fin=False), Frame(CONTINUATION))
    yield Case("6.1.2", empty, ((TEXT, b""),))
    middle = (
        Frame(TEXT, fin=False),
        Frame(CONTINUATION, b"middle frame payload", fin=False),
        Frame(CONTINUATION),
    )
    yield Case("6.1.3", middle, ((TEXT, b"middle frame payload"),))
    yield Case("6.2.1", (Frame(TEXT, HELLO),), ((TEXT, HELLO),))
    yield Case(
        "6.2.2", (Frame(TEXT, HELLO[:12], fin=False), Frame(CONTINUATION, HELLO[12:])), ((TEXT, HELLO),)
    )
    yield Case("6.2.3", _in_octets(HELLO), ((TEXT, HELLO),))
    yield Case("6.2.4", _in_octets(KOSME), ((TEXT, KOSME),))
    yield Case(
        "6.3.1",
        (Frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"),),
        closes=NOT_UTF8,
    )
    yield Case(
        "6.3.2",
        _in_octets(b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"),
        closes=NOT_UTF8,
    )
    # 6.4: the fault is in the middle; failing at once is wanted, failing at the end is NON-STRICT
    for number, (start, end) in enumerate(((11, 15), (12, 13)), 1):
        parts = (
            Frame(TEXT, CUT[:start], fin=False),
            Frame(CONTINUATION, CUT[start:end], fin=False),
            Frame(CONTINUATION, CUT[end:]),
        )
        yield Case(f"6.4.{number}", parts, closes=NOT_UTF8, chops="frames")
        yield Case(f"6.4.{number + 2}", (Frame(TEXT, CUT),), closes=NOT_UTF8, chops=start + 6)
    for number in range(1, len(KOSME) + 1):
        part = KOSME[:number]
        if part in (KOSME[:2], KOSME[:5], KOSME[:7], KOSME[:9], KOSME):
            yield Case(f"6.6.{number}", (Frame(TEXT, part),), ((TEXT, part),))
        else:
            yield Case(f"6.6.{number}", (Frame(TEXT, part),), closes=NOT_UTF8)
    for group, payloads in VALID.items():
        for number, payload in enumerate(payloads, 1):
            yield Case(f"{group}.{number}", (Frame(TEXT, payload),), ((TEXT, payload),))
    for group, payloads in INVALID.items():
        for number, payload in enumerate(payloads, 1):
            yield Case(f"{group}.{number}", (Frame(TEXT, payload),), closes=NOT_UTF8)


def closing() -> Iterator[Case]:
    hello, done = Frame(TEXT, b"Hello World!"), Frame(CLOSE, b"\x03\xe8")
    echo = (TEXT, b"Hello World!")
    yield Case("7.1.1", (hello, done), (echo,), NORMAL)
    yield Case("7.1.2", (done, done), closes=NORMAL)
    yield Case("7.1.3", (done, Frame(PING)), closes=NORMAL)
    yield Case("7.1.4", (done, hello), closes=NORMAL)
    yield Case(
        "7.1.5",
        (Frame(TEXT, b"fragment1", fin=False), done, Frame(CONTINUATION, b"fragment2")),
        closes=NORMAL,
    )
    long = Frame(TEXT, b"BAsd7&jh23" * 26_214)
    yield Case("7.1.6", (long, hello, done, Frame(PING)), ((TEXT, long.payload), echo), NORMAL)
    yield Case("7.3.1", (Frame(CLOSE),), closes=frozenset({1000, 1005}))
    yield Case("7.3.2", (Frame(CLOSE, b"a"),), closes=PROTOCOL_ERROR)
    yield Case("7.3.3", (done,), closes=NORMAL)
    yield Case("7.3.4", (Frame(CLOSE, b"\x03\xe8Hello World!"),), closes=NORMAL)
    yield Case("7.3.5", (Frame(CLOSE, b"\x03\xe8" + b"*" * 123),), closes=NORMAL)
    yield Case("7.3.6", (Frame(CLOSE, b"\x03\xe8" + b"*" * 124),), closes=PROTOCOL_ERROR)
    yield Case("7.5.1", (Frame(CLOSE, b"\x03\xe8" + CUT),), closes=frozenset({1002, 1007}))
    valid = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for number, code in enumerate(valid, 1):
        yield Case(f"7.7.{number}", (Frame(CLOSE, code.to_bytes(2, "big")),), closes=frozenset({code, 1000}))
    for number, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield Case(f"7.9.{number}", (Frame(CLOSE, code.to_bytes(2, "big")),), closes=PROTOCOL_ERROR)
    for number, code in enumerate((5000, 65_535), 1):
        yield Case(
            f"7.13.{number}", (Frame(CLOSE, code.to_bytes(2, "big")),), closes=frozenset({code, 1000, 1002}),
            informational=True,
        )  # fmt: skip


def auto_fragmentation() -> Iterator[Case]:
    body = b"*" * 65_536
    parts = [body[at : at + 1_300] for at in range(0, len(body), 1_300)]
    last = len(parts) - 1
    sent = tuple(Frame(CONTINUATION if at else TEXT, part, fin=at == last) for at, part in enumerate(parts))
    yield Case("10.1.1", sent, ((TEXT, body),))


GROUPS = {
    "1 framing": framing,
    "2 pings and pongs": pings,
    "3 reserved bits": reserved_bits,
    "4 opcodes": opcodes,
    "5 fragmentation": fragmentation,
    "6 UTF-8": utf8,
    "7 close handling": closing,
    "10 auto-fragmentation": auto_fragmentation,
}
