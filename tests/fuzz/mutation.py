"""Good frames made bad, byte by byte, value by value, and on the wire. The same seed makes the same frames."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pac.live.protocol import REQUESTS
from tests.fuzz.corpus import BODIES, CORPUS, EXTRA, LITERALS, NO_JSON

TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG = 0x1, 0x0, 0x2, 0x8, 0x9, 0xA
FRAME_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class WireFrame:
    """One frame as a parser hands it over."""

    opcode: int
    payload: bytes
    fin: bool = True
    reserved: bool = False


class _Literal(str):
    """Text that goes into the JSON as it is."""


class _Pairs(list[tuple[str, Any]]):
    """An object with its keys in order, and as often as they come."""


class Mutator:
    """`places`: what the corpus' `$` names stand for in this run."""

    def __init__(self, seed: int, places: dict[str, str]) -> None:
        self.chance = random.Random(seed)
        self._places = places
        self._ops = sorted(REQUESTS) * 3 + sorted(CORPUS)  # those that are there are drawn more often

    def good(self, op: str | None = None) -> bytes:
        """A frame that is as it should be."""
        return _written(self._filled(self._row(op)))

    def step(self) -> list[WireFrame]:
        """What is sent next: mostly one text frame, well formed or hardly, else something else RFC 6455 knows."""
        draw = self.chance.random()
        if draw < 0.94:
            payload = self._payload()
            return self._in_fragments(payload) if self.chance.random() < 0.05 else [WireFrame(TEXT, payload)]
        return [self._odd_frame() for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]

    def _payload(self) -> bytes:
        draw = self.chance.random()
        if draw < 0.5:
            return self.good()
        if draw < 0.975:
            return self._bad_values()
        if draw < 0.998:
            return self._bad_bytes(self.good())
        return self._huge()

    # On the wire

    def _in_fragments(self, payload: bytes) -> list[WireFrame]:
        cuts = sorted(
            self.chance.randrange(len(payload) + 1)
            for _ in range(self.chance.choice((1, 1, 2, 2, 3, 3, 4, 20)))
        )
        edges = [0, *cuts, len(payload)]
        parts = [payload[start:end] for start, end in pairwise(edges)]
        last = len(parts) - 1
        frames = [
            WireFrame(CONTINUATION if number else TEXT, part, fin=number == last)
            for number, part in enumerate(parts)
        ]
        if self.chance.random() < 0.3:
            frames.insert(self.chance.randrange(1, len(frames) + 1), self._odd_frame())
        if self.chance.random() < 0.05:
            del frames[-1]
        return frames

    def _odd_frame(self) -> WireFrame:
        chance = self.chance
        opcode = chance.choices((PING, PONG, CONTINUATION, TEXT, BINARY, CLOSE), (40, 60, 2, 2, 1, 1))[0]
        if opcode == CLOSE:
            code = chance.choice((b"", b"\x03\xe8", b"\x03\xe9", b"\x0f\xa0", b"\x11\x94"))
            return WireFrame(CLOSE, code + (b"bye" if code else b""))
        payload = chance.randbytes(chance.choice((0, 0, 1, 4, 125)))
        fin = opcode in (PING, PONG) or chance.random() < 0.5
        return WireFrame(opcode, payload, fin=fin, reserved=chance.random() < 0.02)

    def _huge(self) -> bytes:
        size = self.chance.choice((FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1))
        head = b'{"op":"ping","id":"1","x":"'
        return self.chance.choice(
            (head + b"x" * (size - len(head) - 2) + b'"}', b"[" * size, b'{"op":' * (size // 6), b" " * size)
        )

    # Bytes

    def _bad_bytes(self, payload: bytes) -> bytes:
        data = bytearray(payload)
        for _ in range(self.chance.choice((1, 1, 1, 2, 4))):
            self.chance.choice(_BYTE_MUTATIONS)(self, data)
        return bytes(data)

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)

    def _overwrite(self, data: bytearray) -> None:
        if data:
            data[self.chance.randrange(len(data))] = self.chance.choice(
                b'\0\x1f "\\{}[]:,0-e\x7f\x80\xc0\xed\xf5\xff'
            )

    def _insert(self, data: bytearray) -> None:
        at = self.chance.randrange(len(data) + 1)
        data[at:at] = self.chance.choice(
            (
                b"\0", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b"9" * 30,
            )
        )  # fmt: skip

    def _cut(self, data: bytearray) -> None:
        del data[self.chance.randrange(len(data) + 1) :]

    def _leave_out(self, data: bytearray) -> None:
        start = self.chance.randrange(len(data) + 1)
        del data[start : start + self.chance.randrange(1, 9)]

    def _repeat(self, data: bytearray) -> None:
        start = self.chance.randrange(len(data) + 1)
        data[start:start] = data[start : start + self.chance.randrange(1, 40)] * self.chance.choice(
            (1, 2, 30)
        )

    def _splice(self, data: bytearray) -> None:
        other = self.good()
        data[self.chance.randrange(len(data) + 1) :] = other[self.chance.randrange(len(other) + 1) :]

    # Values

    def _bad_values(self) -> bytes:
        frame = self._filled(self._row(None))
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            self._mutate(frame)
        return _written(frame)

    def _mutate(self, frame: _Pairs) -> None:
        chance = self.chance
        holders = list(_holders(frame))
        holder = chance.choice(holders)
        draw = chance.random()
        if draw < 0.10 and holder:
            del holder[chance.randrange(len(holder))]
        elif draw < 0.30 and isinstance(holder, _Pairs):
            value = self._value(frame)
            name = chance.choice(EXTRA) if chance.random() < 0.7 or not holder else chance.choice(holder)[0]
            holder.insert(chance.randrange(len(holder) + 1), (name, value))
        elif draw < 0.36 and holder:
            member = chance.choice(holder)
            holder.append((member[0], member[1]) if isinstance(holder, _Pairs) else member)
        elif draw < 0.40 and not isinstance(holder, _Pairs) and holder:
            holder[:] = holder * chance.choice((2, 100, 513))
        elif draw < 0.50:
            for at, (name, _) in enumerate(frame):
                if name == "op":
                    frame[at] = (
                        "op",
                        chance.choice([*self._ops, "shout", "HELLO", "welcome", "message", ""]),
                    )
        elif holder:
            at = chance.randrange(len(holder))
            value = self._value(frame)
            holder[at] = (holder[at][0], value) if isinstance(holder, _Pairs) else value

    def _value(self, frame: _Pairs) -> Any:
        draw = self.chance.random()
        if draw < 0.01:
            return _Literal(self.chance.choice(NO_JSON))
        if draw < 0.75:
            return _Literal(self.chance.choice(LITERALS))
        if draw < 0.85:
            return self.chance.choice(list(self._places.values()))
        if draw < 0.90:
            return (
                _Literal(_text(self.chance.choice(frame)[1])) if frame else None
            )  # as text: it may hold itself
        return self.chance.choice(BODIES)

    # Rows

    def _row(self, op: str | None) -> dict[str, Any]:
        return self.chance.choice(CORPUS[op or self.chance.choice(self._ops)])

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return _Pairs((name, self._filled(of)) for name, of in value.items())
        if isinstance(value, list):
            return [self._filled(of) for of in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        match value:
            case "$id":
                return str(self.chance.randrange(1_000))
            case "$cid":
                return f"c{self.chance.randrange(2_000)}"
            case "$seq":
                return self.chance.randrange(1, 40)
            case "$body":
                return self.chance.choice(BODIES[:5])
            case _:
                return self._places[value]


_BYTE_MUTATIONS: tuple[Callable[[Mutator, bytearray], None], ...] = (
    Mutator._flip,
    Mutator._overwrite,
    Mutator._insert,
    Mutator._cut,
    Mutator._leave_out,
    Mutator._repeat,
    Mutator._splice,
)


def _holders(value: Any) -> Any:
    """Every object and array in it, the whole first."""
    if isinstance(value, _Pairs):
        yield value
        for _, inner in value:
            yield from _holders(inner)
    elif isinstance(value, list):
        yield value
        for inner in value:
            yield from _holders(inner)


def _written(value: Any) -> bytes:
    return _text(value).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    if isinstance(value, _Literal):
        return str(value)
    if isinstance(value, _Pairs):
        return "{" + ",".join(f"{json.dumps(name)}:{_text(of)}" for name, of in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
