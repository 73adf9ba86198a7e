"""What came back to the fuzzing client: read as RFC 6455 and pac.v2.json, counted by kind, searched for canaries."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

CANARY = "zilpzalp"
"""In the nickname, the room names and the bodies of somebody else, in no frame that is sent."""

OPS = frozenset(
    {
        "welcome", "ok", "error", "message", "top", "membership", "unsubscribed", "drain", "pong", "typing", "read",
        "presence", "deleted", "room", "member",
    }
)  # fmt: skip
CLOSES = frozenset(
    {1000, 1001, 1002, 1007, 1008, 1009, 4001, 4002, 4008, 4010, 4011, 4012, 4500, 4501, 4502, 4503, 4504}
)
"""Not 4013: something went wrong on our side, and that is what is looked for."""


def frames_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(opcode, payload) of whole unmasked frames. Raises AssertionError on anything a server may not send."""
    at = 0
    while at < len(data):
        first, size = data[at], data[at + 1]
        assert first & 0x70 == 0, "a reserved bit is set"
        assert first & 0x80, "a server's frame is whole"
        assert size < 0x80, "a server does not mask"
        at += 2
        if size == 126:
            size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        elif size == 127:
            size, at = int.from_bytes(data[at : at + 8], "big"), at + 8
        assert at + size <= len(data), "a frame is cut off"
        yield first & 0x0F, data[at : at + size]
        at += size


class Observer:
    """`readable`: the rooms whose log entries this client may be sent."""

    def __init__(self, readable: set[str], secrets: tuple[str, ...]) -> None:
        self.replies: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.faults: list[Exception] = []
        self.pings = 0
        self._readable = readable
        self._secrets = tuple(secret.encode() for secret in (CANARY, *secrets))

    def heard(self, opcode: int, payload: bytes) -> None:
        for secret in self._secrets:
            assert secret not in payload, f"foreign data: {payload[:500]!r}"
        match opcode:
            case 1:
                self._said(json.loads(payload))
            case 8:
                code = int.from_bytes(payload[:2], "big")
                assert code in CLOSES, f"closed with {code}: {payload[2:]!r}"
                assert len(payload) <= 125
                payload[2:].decode()
                self.closes[code] += 1
            case 9:
                self.pings += 1
            case 10:
                assert len(payload) <= 125
            case _:
                raise AssertionError(f"opcode {opcode} from a server")

    def _said(self, frame: dict[str, Any]) -> None:
        op = frame["op"]
        assert op in OPS, frame
        match op:
            case "error":
                assert isinstance(frame["message"], str)
                self.replies[f"error {frame['code']}"] += 1
            case "ok":
                self.replies[" ".join(["ok", *sorted(frame.keys() - {"op", "id"})])] += 1
                for entry in frame.get("rooms", ()):
                    self.replies[f"room {entry.get('code', 'granted')}"] += 1
                    assert "code" in entry or entry["room"] in self._readable, entry
                for message in frame.get("messages", ()):
                    self._may_read(message)
            case "message":
                self._may_read(frame)
                self.replies["message"] += 1
            case _:
                self.replies[op] += 1

    def _may_read(self, frame: dict[str, Any]) -> None:
        assert frame["room"] in self._readable, f"an entry of a room it may not read: {frame}"

    def report(self) -> str:
        closes = " ".join(f"{code}:{count}" for code, count in sorted(self.closes.items()))
        replies = ", ".join(f"{kind} {count}" for kind, count in self.replies.most_common())
        return f"closes {closes}\n  replies {replies}"
