"""The original's page as a client: its frames byte for byte as `JSON.stringify` writes them there, sent by hand."""

import json
from typing import Any

from tests.live.conftest import House, Wire

SUBSCRIBE = (
    b'{"command":"SUBSCRIBE","message":"","sendTime":"2023-04-11T05:06:07.089Z",'
    b'"identifier":{"channel":"%(channel)s","memberId":7,"nickname":"%(nickname)s","token":"%(token)s"}}'
)
MESSAGE = (
    b'{"command":"MESSAGE","message":"%(message)s","sendTime":"2023-04-11T05:06:09.001Z",'
    b'"identifier":{"channel":"%(channel)s","memberId":7,"nickname":"%(nickname)s","token":"%(token)s"}}'
)


class OriginalPage:
    """One socket of the original's kind. `nickname` and memberId are what it says it is, not what it is."""

    def __init__(self, wire: Wire, *, token: str = "", nickname: str = "somebody else") -> None:
        self.wire = wire
        self._said = {b"token": token.encode(), b"nickname": nickname.encode()}

    def subscribe(self, channel: str) -> None:
        self.wire.frame(1, SUBSCRIBE % {**self._said, b"channel": channel.encode()})

    def say(self, channel: str, message: str) -> None:
        quoted = json.dumps(message, ensure_ascii=False).encode()[1:-1]
        self.wire.frame(1, MESSAGE % {**self._said, b"channel": channel.encode(), b"message": quoted})

    async def hear(self) -> dict[str, Any]:
        """The next frame, which has to be a broadcast with these members and no others."""
        while True:
            opcode, payload = await self.wire.next()
            assert opcode in (1, 9), (
                f"closed with {int.from_bytes(payload[:2], 'big')}: {payload[2:].decode()}"
            )
            if opcode == 1:
                frame: dict[str, Any] = json.loads(payload)
                assert list(frame) == ["command", "message", "timestamp", "identifier"]
                assert frame["command"] == "broadcast"
                assert list(frame["identifier"]) == ["channel", "nickname"]
                return frame

    async def line(self) -> tuple[str, str]:
        """(nickname, message) of the next frame."""
        frame = await self.hear()
        return frame["identifier"]["nickname"], frame["message"]

    async def hears(self, nickname: str, message: str) -> None:
        """This line comes, whatever comes before it."""
        while await self.line() != (nickname, message):
            pass


async def original(house: House, *, path: str = "/message", **said: str) -> OriginalPage:
    """A socket without a subprotocol; nothing is said on it yet."""
    wire = await house.upgrade(path, Sec_WebSocket_Protocol=None)
    assert wire.status == 101, wire.head
    return OriginalPage(wire, **said)
