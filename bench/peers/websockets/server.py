"""Peer "websockets": Python's `websockets` with its broadcast(), on uvloop, without compression.

The first two as its docs advise under Performance; small messages gain nothing by compression. The keepalive (a
ping each 20 s) is its default and stays on: it is all that bounds what piles up for a slow client.
"""

import argparse
from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def chat(connection: ServerConnection) -> None:
    assert connection.request is not None
    name = connection.request.path
    if not name.startswith("/room/"):
        await connection.close(1008)
        return
    room = rooms[name]
    room.add(connection)
    try:
        async for message in connection:
            broadcast(room, message)
    finally:
        room.discard(connection)
        if not room:
            rooms.pop(name, None)


async def main(port: int) -> None:
    async with serve(chat, "127.0.0.1", port, compression=None, backlog=4096) as server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    uvloop.run(main(parser.parse_args().port))
