"""Peer "fastapi": a WebSocket endpoint of FastAPI on uvicorn[standard], with the loop of sends of FastAPI's docs.

The docs' ConnectionManager, one list of sockets per room. Two things differ from the page: the loop goes over a copy
of the list, and a socket that has just gone is passed over, since otherwise one reader who leaves ends the sender's
connection too. One worker, whose defaults choose uvloop, httptools and the WebSocket protocol of `websockets`.
"""

import argparse
import contextlib
import socket
from collections import defaultdict

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


class Rooms:
    def __init__(self) -> None:
        self.active: defaultdict[str, list[WebSocket]] = defaultdict(list)

    async def join(self, name: str, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active[name].append(websocket)

    def leave(self, name: str, websocket: WebSocket) -> None:
        self.active[name].remove(websocket)
        if not self.active[name]:
            del self.active[name]

    async def broadcast(self, name: str, message: str) -> None:
        for connection in list(self.active[name]):
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await connection.send_text(message)


rooms = Rooms()


@app.websocket("/room/{name}")
async def chat(websocket: WebSocket, name: str) -> None:
    await rooms.join(name, websocket)
    try:
        while True:
            await rooms.broadcast(name, await websocket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        rooms.leave(name, websocket)


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print("ready", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    config = uvicorn.Config(
        app,
        port=parser.parse_args().port,
        log_level="warning",
        backlog=4096,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    Server(config).run()
