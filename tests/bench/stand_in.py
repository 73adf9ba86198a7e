"""A server that does one thing wrong, for the generator to find."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Mischief = Callable[[list[str]], list[str]]
"""All that was sent in so far, in order → what one reader should have been given of it by now, in order."""


class StandIn:
    """One room. The `victim`th connection is given what the mischief makes of the messages, the others all of them.

    Each reader is kept at what it should have: what the mischief adds behind what was sent already goes out. With
    PAC's frames the first `subscribe` and the `refuses`th sends are answered by `error`."""

    def __init__(
        self, mischief: Mischief, victim: int = 1, speaks_pac: bool = False, refuses: Collection[int] = ()
    ) -> None:
        self._mischief = mischief
        self._victim = victim
        self._speaks_pac = speaks_pac
        self._refuses = refuses
        self._asked = 0
        self._is_away = speaks_pac
        self._said: list[str] = []
        self._readers: list[ServerConnection] = []
        self._given: dict[int, int] = {}

    async def serve(self, connection: ServerConnection) -> None:
        number = len(self._readers)
        self._readers.append(connection)
        self._given[number] = 0
        try:
            async for text in connection:
                await self._took(connection, str(text))
        except ConnectionClosed:
            pass

    async def _took(self, connection: ServerConnection, text: str) -> None:
        if not self._speaks_pac:
            self._said.append(text)
        else:
            frame = json.loads(text)
            if frame["op"] == "subscribe" and self._is_away:
                self._is_away = False
                await connection.send(
                    '{"op":"error","id":"s","code":"unavailable","message":"","retry_after_ms":10}'
                )
                return
            if frame["op"] == "subscribe":
                room = {"room": "r", "roomStatus": "ALIVE", "epoch": "e", "top": 0, "first": 1}
                await connection.send(
                    json.dumps({"op": "ok", "id": frame["id"], "rooms": [room]}, separators=(",", ":"))
                )
            if frame["op"] != "send":
                return
            self._asked += 1
            if self._asked in self._refuses:
                error = {"op": "error", "id": frame["id"], "room": "r", "code": "unavailable", "message": ""}
                await connection.send(json.dumps(error, separators=(",", ":")))
                return
            seq = len(self._said) + 1
            ok = {"op": "ok", "id": frame["id"], "room": "r", "cid": frame["cid"], "seq": seq}
            await connection.send(json.dumps(ok, separators=(",", ":")))
            entry = {"op": "message", "room": "r", "seq": seq, "body": frame["body"]}
            self._said.append(json.dumps(entry, separators=(",", ":")))
        for number, reader in enumerate(self._readers):
            owed = self._mischief(self._said) if number == self._victim else self._said
            for one in owed[self._given[number] :]:
                await reader.send(one)
            self._given[number] = len(owed)


@asynccontextmanager
async def standing_in(
    mischief: Mischief, *, speaks_pac: bool = False, refuses: Collection[int] = ()
) -> AsyncIterator[int]:
    """Its port."""
    stand_in = StandIn(mischief, speaks_pac=speaks_pac, refuses=refuses)
    subprotocols = [Subprotocol("pac.v2.json")] if speaks_pac else None
    async with (
        asyncio.timeout(60),
        serve(stand_in.serve, "127.0.0.1", 0, compression=None, subprotocols=subprotocols) as server,
    ):
        yield next(iter(server.sockets)).getsockname()[1]
