"""Bytes in, effects out: the one file that touches a socket. It decides nothing.

picows parses and unmasks frames in C; everything it is told goes to the connection, and what the connection
answers is carried out here. All writing goes straight to the loop's transport, so that one buffer counts it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from picows import (
    WSAutoPingStrategy,
    WSFrame,
    WSListener,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined] # semi-private: tests/live/test_picows.py watches it

from pac import security_log, telemetry
from pac.http.address import address_prefix
from pac.live.broadcaster import FLUSH_BYTES
from pac.live.connection import PING_EVERY_S, Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Drop, Effect, Hangup, Perform, Reading
from pac.live.frames import FrameEdges
from pac.live.handshake import GUEST_PATH, Admission, Turned, UpgradeRequest, judge
from pac.live.security import note_closed, note_violation

if TYPE_CHECKING:
    from pac.live.node import Node

TRANSPORT_HIGH = 65_536
TRANSPORT_LOW = 16_384
TRANSPORT_BYTES = TRANSPORT_HIGH + FLUSH_BYTES
"""What a transport holds at most: it says stop when the write that goes over its mark has been taken."""
READ_BUFFER = 2_048
READ_BYTES = 65_536
"""picows doubles its buffer whenever a read fills it, and never halves it: so no read is larger than this, and a
connection that sends without a pause costs no more than a frame and a read (SECURITY 3.8)."""
CLOSE_WITHIN_S = 2.0
_logger = logging.LoggerAdapter(logging.getLogger("picows"))
"""No Logger itself: of one, picows makes a child for every connection."""


class Home(Protocol):
    """Where a socket belongs: the node, or its guests."""

    def now(self) -> float: ...

    def connect(self, admission: Admission, write: Callable[[bytes], None], buffered: int) -> Connection: ...

    def opened(self, socket: "LiveSocket") -> None: ...

    def command(self, connection: Connection, perform: Perform) -> list[Effect]: ...

    def drained(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...


class LiveSocket(WSListener):
    """One socket: picows' listener, and what the connection's effects are carried out on."""

    __slots__ = ("_code", "_home", "_loop", "_parser", "_timer", "_timer_at", "_transport", "connection")

    def __init__(self, home: Home, admission: Admission) -> None:
        self._home = home
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: WSTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._code = 0
        self.connection = home.connect(admission, _nowhere, TRANSPORT_BYTES)

    # What picows tells

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._parser = transport
        self._transport = transport.underlying_transport
        self._transport.set_write_buffer_limits(high=TRANSPORT_HIGH, low=TRANSPORT_LOW)
        self.connection.outbox.write_to(self._transport.write)
        self._home.opened(self)
        self._arm()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if transport.is_close_frame_sent:
            return  # picows looks a frame ahead: this one came before what it has closed the connection for
        self.perform(
            self.connection.receive(
                int(frame.msg_type),  # type: ignore[call-overload] # a C enum: an int at run time
                bool(frame.fin),
                bool(frame.rsv1 or frame.rsv2 or frame.rsv3),
                frame.get_payload_as_bytes(),
                self._home.now(),
            )
        )

    def bytes_parsed(self, *, whole: bool) -> None:
        """After picows has handed over every whole frame of a read, or has closed for one it could not read: then
        nothing may follow its close frame (RFC 6455 §5.5.1). `whole`: no part of a frame is left over."""
        if self._parser is not None and self._parser.is_close_frame_sent:
            said = self._parser.close_handshake.sent
            self._code = self._code or (int(said.code) if said else 0)  # type: ignore[call-overload] # a C enum
            if self.connection.state is not State.CLOSING:
                note_violation(self.connection, Disconnect.PROTOCOL_ERROR)
            self.connection.hang_up(Disconnect.PROTOCOL_ERROR)
            return
        self.connection.read(self._home.now(), whole=whole)
        if self.connection.frame_since is not None:
            self._arm()

    def pause_writing(self) -> None:
        self.connection.outbox.pause()

    def resume_writing(self) -> None:
        self.connection.outbox.resume()
        self._home.drained(self.connection)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.connection.state = State.CLOSING
        self.connection.outbox.close()
        self._transport = self._parser = None
        self._home.closed(self.connection)
        telemetry.sockets_closed.labels(str(self._code or 1006)).inc()
        note_closed(self.connection, self._code or 1006)

    # What the connection wants

    def perform(self, effects: list[Effect]) -> None:
        waiting = effects[::-1]
        while waiting:
            effect = waiting.pop()
            match effect:
                case Perform():
                    if more := self._command(effect):
                        waiting += more[::-1]
                case Hangup():
                    self._hang_up(effect)
                case Drop():
                    if self._transport is not None:
                        self._transport.close()
                case Reading.PAUSE:
                    if self._transport is not None:
                        self._transport.pause_reading()
                case Reading.RESUME:
                    if self._transport is not None:
                        self._transport.resume_reading()
        if self.connection.outbox.full_since is not None:
            self._arm()

    def _command(self, perform: Perform) -> list[Effect]:
        try:
            return self._home.command(self.connection, perform)
        except Exception:  # noqa: BLE001 - the edge of a socket
            telemetry.log.exception(telemetry.COMMAND_FAILED, op=perform.op)
            return self.connection.hang_up(Disconnect.INTERNAL)

    def _hang_up(self, effect: Hangup) -> None:
        self._code = self._code or int(effect.code)
        transport = self._transport
        if transport is None:
            return
        transport.write(effect.frame)
        if effect.code is Disconnect.NORMAL:
            transport.close()  # the peer closed first and has its answer (RFC 6455 §7.1.1)
        else:
            transport.resume_reading()
            self._loop.call_later(CLOSE_WITHIN_S, transport.abort)

    # Time

    def _arm(self) -> None:
        """One timer a socket, at the earliest thing that is due."""
        at = self.connection.deadline()
        if self._timer is not None:
            if at >= self._timer_at:
                return  # an earlier one is set: it will look again
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_later(max(0.0, at - self._home.now()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._transport is None:
            return
        self.perform(self.connection.tick(self._home.now()))
        if self.connection.state is not State.CLOSING:
            self._arm()


class _PiecewiseProtocol(WSProtocol):  # type: ignore[misc] # a C class without stubs
    """picows' protocol, which parses a read in the pieces FrameEdges asks for, and tells the listener when part of a
    frame is left over (SECURITY 3.6)."""

    __slots__ = ("_edges", "_read")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._edges = FrameEdges()
        self._read: memoryview | None = None

    def get_buffer(self, size_hint: int) -> memoryview:
        room = super().get_buffer(size_hint)
        self._read = room if len(room) <= READ_BYTES else room[:READ_BYTES]
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        listener = self.listener
        if listener is None:
            super().buffer_updated(nbytes)
            return
        if self.transport.is_close_frame_sent:
            return  # picows has refused a frame, and would keep all that follows until it hangs up
        read, self._read = self._read, None
        assert read is not None  # the loop asks for a buffer before every read
        cuts = self._edges.cuts(read[:nbytes])
        if cuts:
            self._parse_in_pieces(bytes(read[:nbytes]), cuts)
        else:
            super().buffer_updated(nbytes)
        listener.bytes_parsed(whole=self._edges.is_whole)

    def _parse_in_pieces(self, data: bytes, cuts: list[int]) -> None:
        transport = self.transport.underlying_transport
        start = 0
        for end in (*cuts, len(data)):
            while start < end:
                if transport.is_closing() or self.transport.is_close_frame_sent:
                    return  # behind a close nothing is read (RFC 6455 §5.5.1)
                room = super().get_buffer(end - start)
                size = min(len(room), end - start)
                room[:size] = data[start : start + size]
                super().buffer_updated(size)
                start += size


def _nowhere(_: bytes) -> None:
    """There is no transport yet."""


class Gateway:
    """Takes over connections that ask for an upgrade (http.server hands them on)."""

    def __init__(self, node: "Node") -> None:
        self._node = node

    def upgrade(
        self,
        transport: asyncio.Transport,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        address: str,
    ) -> Turned | None:
        """Turn this connection into a socket; or say why not, with nothing written yet."""
        parts = self._node.parts
        request = UpgradeRequest(method, path, headers, address)
        is_guest = path == GUEST_PATH
        door = self._node.guests if is_guest else self._node.sockets
        judged = judge(request, parts.origins, parts.cookie_name, door)
        if isinstance(judged, Turned):
            if judged.status == 403:
                security_log.note(
                    telemetry.ORIGIN_REFUSED,
                    "refused",
                    origin=request.first("origin")[:100],
                    address=address_prefix(address),
                )
            return judged
        socket = LiveSocket(self._node.guests if is_guest else self._node, judged)
        _take_over(transport, socket, request, parts.limits.frame_bytes)
        return None


def _take_over(
    transport: asyncio.Transport, socket: LiveSocket, request: UpgradeRequest, frame_bytes: int
) -> None:
    """Let picows answer the upgrade and read from here on.

    It is given the request again in the one form it knows (it takes `Connection: Upgrade` only word for word,
    while Firefox sends `keep-alive, Upgrade`), with the headers RFC 6455 §4.2.1 asks for and no others.
    """

    def accept(_: WSUpgradeRequest) -> Any:
        subprotocol = socket.connection.admission.subprotocol
        response = WSUpgradeResponse.create_101_response(
            {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else {}
        )
        return WSUpgradeResponseWithListener(response, socket)

    protocol = _PiecewiseProtocol(
        None,  # host and port: for clients
        None,  # path: for clients
        False,  # is_client_side
        accept,
        _logger,
        True,  # disconnect_on_exception
        None,  # handshake timeout: the request is here
        False,  # auto ping: the connection pings
        PING_EVERY_S,
        PING_EVERY_S,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # auto pong: the connection answers, so that its pongs are bounded
        frame_bytes,
        None,  # extra headers: for clients
        READ_BUFFER,
    )
    protocol.connection_made(transport)
    head = (
        f"GET {request.path} HTTP/1.1\r\nHost: pac\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {request.first('sec-websocket-key')}\r\n\r\n"
    ).encode("latin-1")
    buffer = protocol.get_buffer(len(head))
    buffer[: len(head)] = head
    transport.set_protocol(protocol)
    protocol.buffer_updated(len(head))
    # picows keeps both as long as the connection; their headers are a kilobyte that nobody reads again.
    protocol.transport.request.headers = protocol.transport.response.headers = None
