"""The HTTP server both services run on: uvicorn, with the bounds it leaves open.

uvicorn's httptools protocol puts no bound on the size of a header block or on the time it takes (SECURITY
1.16), and hands upgrades to an ASGI WebSocket class. Here headers are bounded, and an upgrade goes to the
`Upgrade` it is given, without ASGI on the way.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Protocol

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pac import telemetry
from pac.errors import CannotStart
from pac.http.acceptor import Acceptor, backlog
from pac.http.address import client_address
from pac.http.door import Door

HEADER_BYTES = 16_384
HEADER_WITHIN_S = 10.0
BACKLOG = 4_096
HEARD_BYTES = 65_536
"""Of one connection, while it waits at the door; then reading pauses."""
PATIENCE_S = 5.0
"""Who has waited at the door for so long is told to come later, which costs less than what it asked for."""


class Refused(Protocol):
    """An upgrade that was turned down: what to answer instead of 101."""

    @property
    def status(self) -> HTTPStatus: ...
    @property
    def words(self) -> str: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...


Upgrade = Callable[[asyncio.Transport, str, str, Sequence[tuple[str, str]], str], Refused | None]
"""(transport, method, path, headers, client address) → None when it took the connection over."""


class _TooBig(Exception):
    """Stops the parser; the refusal is written by then."""


_NOBODY = asyncio.Protocol()


class BoundedProtocol(HttpToolsProtocol):
    """`upgrade` and `proxies` are set by `http_protocol` on a subclass: uvicorn makes the instances."""

    upgrade: Upgrade | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    door: Door

    _heard: list[bytes] | None = None
    _heard_bytes = 0
    _heard_at = 0.0
    _heard_end = False
    _header_bytes = 0
    _block_bytes = 0
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_are_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Nothing is even parsed before its turn at the door."""
        if self._heard is None:
            self._heard, self._heard_bytes, self._heard_at = [data], len(data), self.loop.time()
            self.door.ask(self._listen)
            return
        self._heard.append(data)
        self._heard_bytes += len(data)
        if self._heard_bytes > HEARD_BYTES:
            self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn has nothing to say here
        """Whoever says nothing more still gets the answer to what was said."""
        self._heard_end = True
        return self._heard is not None

    def _listen(self) -> None:
        heard, self._heard = self._heard, None
        if heard is None or self.transport.is_closing():
            return
        is_idle = getattr(self.cycle, "response_complete", True)  # no cycle: nothing was asked yet
        if is_idle and self.loop.time() - self._heard_at > PATIENCE_S:
            telemetry.door_refused.labels("503").inc()
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many wait here now.", (("Retry-After", "5"),))
            return
        self.flow.resume_reading()
        self._hear(heard[0] if len(heard) == 1 else b"".join(heard))
        if self._heard_end:
            self.transport.close()

    def _hear(self, data: bytes) -> None:
        if self._header_timer is not None:
            self._header_bytes += len(data)  # of a block that has no end yet, whatever the parser keeps of it
            if self._header_bytes > HEADER_BYTES and b"\r\n\r\n" not in data:
                self._too_big()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._block_bytes = 0
        if self._header_timer is None:
            self._expect_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._block_bytes += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headers_are_here()
        if self._block_bytes + len(self.url) > HEADER_BYTES:
            self._too_big()
            raise _TooBig
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _too_big(self) -> None:
        self._headers_are_here()
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are over 16 KiB.")

    def _expect_headers(self) -> None:
        self._header_bytes = 0
        self._header_timer = self.loop.call_later(HEADER_WITHIN_S, self._too_slow)

    def _headers_are_here(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _too_slow(self) -> None:
        self._header_timer = None
        if not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The headers took too long.")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """The task of a request, with all it takes charged to the door."""
        task = self.loop.create_task(self.door.charged(cycle.run_asgi(app)))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _should_upgrade_to_ws(self) -> bool:
        return self.upgrade is not None

    def handle_websocket_upgrade(self) -> None:
        self.connections.discard(self)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        peer = self.client[0] if self.client else ""
        address = client_address(
            peer, [value for name, value in headers if name == "x-forwarded-for"], self.proxies
        )
        path = self.url.split(b"?", 1)[0].decode("latin-1")
        method = str(self.scope["method"])
        upgrade = type(self).upgrade
        assert upgrade is not None  # _should_upgrade_to_ws
        refused = upgrade(self.transport, method, path, headers, address)
        if refused is not None:
            telemetry.door_refused.labels(str(refused.status.value)).inc()
            self._refuse(refused.status, refused.words, refused.headers)
        else:
            self._be_forgotten()

    def _be_forgotten(self) -> None:
        """Nothing of HTTP stays in memory beside a socket. uvloop keeps `data_received` of the last protocol that
        had one, and the parser and this object keep each other."""
        successor = self.transport.get_protocol()
        self.transport.set_protocol(_NOBODY)
        self.transport.set_protocol(successor)
        self.parser = None  # type: ignore[assignment] # as uvicorn does when a connection is lost

    def _refuse(self, status: HTTPStatus, words: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        body = words.encode()
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox",
            *(f"{name}: {value}" for name, value in headers),
            "Connection: close",
        ]
        self.transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        self.transport.close()


def http_protocol(
    upgrade_to: Upgrade | None,
    trusted: tuple[IPv4Network | IPv6Network, ...],
    at: Door | None = None,
) -> type[BoundedProtocol]:
    """The protocol class uvicorn is to make for each connection. `at`: the door they all wait at; one of its own
    without."""

    class ServiceProtocol(BoundedProtocol):
        upgrade = staticmethod(upgrade_to) if upgrade_to is not None else None
        proxies = trusted
        door = Door() if at is None else at  # an empty one is false

    return ServiceProtocol


class Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: the process drains its sockets first (live/drain.py); and with
    acceptors of ours in place of the loop's (acceptor.py)."""

    def __init__(self, config: uvicorn.Config, protocol: type[BoundedProtocol]) -> None:
        super().__init__(config)
        self._protocol = protocol
        self._door = protocol.door
        self._arrivals = asyncio.TaskGroup()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with self._arrivals:
            await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        def make_protocol() -> asyncio.Protocol:
            return self._protocol(config=self.config, server_state=self.server_state, app_state={})

        listeners = list(sockets or ())
        acceptors: list[Any] = [
            Acceptor(listener, self._door, make_protocol, self._arrivals) for listener in listeners
        ]
        telemetry.door_waiting.set_function(
            lambda: len(self._door) + sum(backlog(listener) for listener in listeners)
        )
        self.servers = acceptors  # of a server, uvicorn asks no more than these have
        self.started = True


def server(app: Any, protocol: type[BoundedProtocol]) -> Server:
    """It listens where `serve(sockets=…)` says."""
    return Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
        ),
        protocol,
    )


def listen(address: str, port: int, setting: str) -> socket.socket:
    """A listening socket. Raises CannotStart in words when the port cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"Port {port} on {address} cannot be used: {error.strerror}.",
            f"Is another server running there? Stop it, or set {setting} to a free port.",
        ) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def on_stop_signal(first: Callable[[], None]) -> None:
    """SIGTERM and SIGINT call `first` once; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()

    def handle(number: int) -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        first()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, handle, number)
