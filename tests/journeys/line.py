"""The line between a page and the server, in a test's hands: cut, mute, or losing one answer."""

import json

from playwright.async_api import BrowserContext, WebSocketRoute

DROPPED = 4011
DRAINING = 4010


class Line:
    """Every socket of a context. `cut` closes what is open and refuses what comes; `mute` lets nothing through."""

    def __init__(self) -> None:
        self.is_cut = self.is_mute = False
        self.loses_next_ok_of_a_send = False
        self.opened = 0
        self._open: list[WebSocketRoute] = []

    async def over(self, context: BrowserContext) -> "Line":
        await context.route_web_socket("**/message", self._handle)
        return self

    async def cut(self) -> None:
        self.is_cut = True
        await self.drop()

    async def drop(self) -> None:
        sockets, self._open = self._open, []
        for socket in sockets:
            await socket.close(code=DROPPED)

    async def drain(self, reconnect_in_ms: int) -> None:
        """As a node that goes down: it says when to come back, and closes. Another one is there already."""
        sockets, self._open = self._open, []
        for socket in sockets:
            socket.send(json.dumps({"op": "drain", "reconnect_in_ms": reconnect_in_ms}))
            await socket.close(code=DRAINING)

    async def _handle(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            await socket.close(code=DROPPED)
            return
        server = socket.connect_to_server()
        self.opened += 1
        self._open.append(socket)
        sends: set[str] = set()
        lost = False

        def said(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["op"] == "send":
                sends.add(frame["id"])
            if not self.is_mute:
                server.send(message)

        async def heard(message: str | bytes) -> None:
            nonlocal lost
            frame = json.loads(message)
            if self.loses_next_ok_of_a_send and frame["op"] == "ok" and frame.get("id") in sends:
                self.loses_next_ok_of_a_send, lost = False, True
                self._open.remove(socket)
                await socket.close(code=DROPPED)
            if not self.is_mute and not lost:
                socket.send(message)

        socket.on_message(said)
        server.on_message(heard)
