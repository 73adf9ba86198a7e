"""How each server wants to be spoken to: where a room is, what a client says first, how a message is sent.

`pac`: pac.v2.json (docs/PROTOCOL.md). `plain`: whatever text comes into /room/NAME goes to all its sockets.
`centrifuge`: the JSON protocol of the Centrifuge library.
"""

import json
from dataclasses import dataclass

from pac.bench.generator import Client, Room


@dataclass(frozen=True, slots=True)
class Dialect:
    name: str
    headers: tuple[str, ...] = ()
    ready: str = ""
    """What a frame has in it that says the connection reads its room; "" where the handshake says it."""


PAC = Dialect("pac", ("Sec-WebSocket-Protocol: pac.v2.json",), '"id":"s"')
PLAIN = Dialect("plain")
CENTRIFUGE = Dialect("centrifuge", (), '"subscribe":')


def _written(frame: dict[str, object]) -> str:
    return json.dumps(frame, separators=(",", ":"))


def pac_room(room: str, run: str) -> Room:
    """`run` is in every cid, so that those of two runs in one room differ."""
    return Room(
        "/message",
        _written({"op": "send", "id": "@I", "room": room, "cid": f"{run}-@S-@I", "body": "@B"}),
        _written(
            {"op": "subscribe", "id": "s", "rooms": [{"room": room, "after": 0, "epoch": "@E"}]}
        ).replace('"after":0', '"after":@A'),
    )


def hello(token: str) -> str:
    return _written({"op": "hello", "id": "h", "client": "pac-bench", "token": token})


def pac_client(index: int, room: str, token: str, flags: str = "") -> Client:
    subscribe = _written({"op": "subscribe", "id": "s", "rooms": [{"room": room}]})
    return Client(index, flags, (hello(token), subscribe))


def plain_room(number: int) -> Room:
    return Room(f"/room/r{number}", "@B")


def centrifuge_room(number: int) -> Room:
    publish = _written({"publish": {"channel": f"r{number}", "data": {"b": "@B"}}})
    return Room("/connection/websocket", f'{{"id":@I,{publish[1:]}')


def centrifuge_client(number: int, flags: str = "") -> Client:
    subscribe = _written({"id": 2, "subscribe": {"channel": f"r{number}"}})
    return Client(number, flags, (_written({"id": 1, "connect": {}}), subscribe))
