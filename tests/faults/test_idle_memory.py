"""What a member who is there and says nothing costs in memory: state, subscription and presence, all counted.

The bound is generous; `pac bench` has the figure. A field that grows by a list for everybody is seen here.
"""

import asyncio
import json
from pathlib import Path

import pytest
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.support.client import Person
from tests.support.people import crowd
from tests.support.server import running_server

MEMBERS = 10
FIRST = 200
"""They fill the pools and caches that are there once, however many come."""
SOCKETS = 2_000
BYTES_EACH = 20_480
SETTLES_S = 2.0
AT_ONCE = 50

pytestmark = pytest.mark.timeout(180)


class Idle(WSListener):
    """Says hello, subscribes, and is silent."""

    def __init__(self, token: str, room: str) -> None:
        self._asked = (
            {"op": "hello", "id": "h", "token": token},
            {"op": "subscribe", "id": "s", "rooms": [{"room": room}]},
        )
        self.is_there: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        for frame in self._asked:
            transport.send(WSMsgType.TEXT, json.dumps(frame).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.get_payload_as_bytes().startswith(b'{"op":"ok"') and not self.is_there.done():
            self.is_there.set_result(None)


async def enter(url: str, tokens: list[str], room: str, count: int) -> list[WSTransport]:
    inside: list[WSTransport] = []
    while len(inside) < count:
        idle = [
            Idle(tokens[number % len(tokens)], room) for number in range(min(AT_ONCE, count - len(inside)))
        ]
        opened = await asyncio.gather(
            *(
                ws_connect(
                    lambda one=one: one, url,
                    extra_headers={"Sec-WebSocket-Protocol": "pac.v2.json", "Accept-Language": "ko,en;q=0.5"},
                )
                for one in idle
            )
        )  # fmt: skip
        async with asyncio.timeout(20):
            await asyncio.gather(*(one.is_there for one in idle))
        inside += [transport for transport, _ in opened]
    return inside


async def test_a_silent_member_costs_little(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        tokens, room = [], ""
        for persona in crowd(MEMBERS):
            async with Person(server.url, persona) as person:
                await (await person.sign_up()).sign_in()
                if room:
                    await person.join(room)
                else:
                    room = await person.create_room("빈 강당")
                tokens.append(await person.live_token())
        await enter(server.socket_url, tokens, room, FIRST)
        await asyncio.sleep(SETTLES_S)
        before = server.rss_bytes()
        await enter(server.socket_url, tokens, room, SOCKETS)
        await asyncio.sleep(SETTLES_S)
        each = (server.rss_bytes() - before) / SOCKETS
        print(f"\nidle sockets: {SOCKETS}, {each / 1_024:.1f} KiB each")
        assert each <= BYTES_EACH
        assert each > 1_024, "they were not there"
