"""What of a request's body is read at all: 64 KiB, in one piece, in ten seconds (SECURITY 1.16).

It is read before the route runs and counted as it streams in, so an endless one ends here, whatever its headers
claim, and no framework has to be relied on to pass a refusal through.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_BYTES = 65_536
BODY_WITHIN_S = 10.0


class Unreadable(Exception):
    """The body was not read to its end; `status` is what to answer, None when nobody is left to hear it."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


def refusal_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The status that refuses a body before a byte of it is read, or None."""
    for name, value in headers:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            return 415
        if name == b"content-length" and value.isdigit() and int(value) > BODY_BYTES:
            return 413
    return None


async def read_body(receive: Receive, within_s: float = BODY_WITHIN_S) -> bytes:
    """All of it. Raises Unreadable with 413 past BODY_BYTES, and with 408 when it takes too long."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Unreadable(None)
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > BODY_BYTES:
                    raise Unreadable(413)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise Unreadable(408) from None


def replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` as if the body had not been read; after it, what the connection says."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
