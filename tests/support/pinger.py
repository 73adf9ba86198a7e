"""Somebody honest, who asks all the while and notes how long each answer took, whatever others do to the server.

A round trip less what the machine took from the server and from this thread (the run queue, by /proc) is how long the
server made somebody wait.
"""

import contextlib
import json
import os
import socket
import threading
import time
from pathlib import Path

from tests.support.server import ServerProcess


def waited_s(pid: int, thread: int) -> float:
    """How long this thread was ready to run and was given no processor, in all, in seconds (Linux)."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return 0.0


class Pinger:
    """An honest client in a thread of its own, by blocking sockets: this test's own loop is not measured."""

    def __init__(self, server: ServerProcess, token: str) -> None:
        self._pid = server.pid
        self._token = token
        self._port = server.message_port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.round_trips: list[float] = []
        self.fault: BaseException | None = None

    def __enter__(self) -> "Pinger":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=10) as raw:
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                raw.sendall(
                    b"GET /message HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                    b"Sec-WebSocket-Protocol: pac.v2.json\r\n\r\n"
                )
                stream = raw.makefile("rb")
                while stream.readline() not in (b"\r\n", b""):
                    pass
                self._ask(raw, stream, {"op": "hello", "id": "h", "token": self._token}, "welcome")
                while not self._over.wait(0.01):
                    before = self._stolen()
                    began = time.perf_counter()
                    self._ask(raw, stream, {"op": "ping", "id": "p"}, "pong")
                    took = time.perf_counter() - began
                    self.round_trips.append(took - (self._stolen() - before))
        except BaseException as fault:
            self.fault = fault

    def _stolen(self) -> float:
        return waited_s(self._pid, self._pid) + waited_s(os.getpid(), threading.get_native_id())

    @staticmethod
    def _ask(raw: socket.socket, stream: object, frame: dict[str, str], op: str) -> None:
        payload = json.dumps(frame).encode()
        head = (
            bytes((0x81, 0x80 | len(payload)))
            if len(payload) < 126
            else b"\x81\xfe" + len(payload).to_bytes(2, "big")
        )
        raw.sendall(head + b"\0\0\0\0" + payload)
        while True:
            first, size = stream.read(2)  # type: ignore[attr-defined]
            if size == 126:
                size = int.from_bytes(stream.read(2), "big")  # type: ignore[attr-defined]
            body = stream.read(size)  # type: ignore[attr-defined]
            if first == 0x81:
                assert json.loads(body)["op"] == op, body
                return
            assert first == 0x89, first
            raw.sendall(b"\x8a\x80\0\0\0\0")
