"""The wire on a real socket: connect, read, write, wait, come back. One socket at a time, one fresh token for each."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from pac.chat.account import Account, CallRefused, Server, ServerAway, SignedOut
from pac.chat.backoff import Turn, turn_after_refusal
from pac.chat.events import Event, Lost, SignInRefused
from pac.chat.frames import SUBPROTOCOL
from pac.chat.wire import Wire
from pac.clock import Clock
from pac.language import Language

OPEN_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
PING_EVERY_S = 20.0
PONG_WITHIN_S = 10.0
NOT_SIGNED_IN = 4501
ABNORMAL = 1006
MOST_BYTES = 8 * 1_024 * 1_024
"""Of one frame from the server; its pages of history are 256 KiB."""


class Session:
    """`tell` is called with every event, in order; it must not raise."""

    def __init__(
        self, server: Server, account: Account, wire: Wire, clock: Clock, language: Language,
        tell: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self.wire = wire
        self._server = server
        self._account = account
        self._clock = clock
        self._language = language
        self._tell = tell
        self._stirred = asyncio.Event()

    async def run(self) -> Lost:
        """Connected whenever it can be. Returns when coming back would be of no use; what it lost says why."""
        while True:
            lost = await self._one_connection()
            self.stir()
            if lost.turn is Turn.STOP:
                return lost
            await asyncio.sleep(lost.wait_s)
            if lost.turn is Turn.SIGN_IN and not await self._signed_in_again():
                return Lost(lost.code, Turn.STOP, 0.0)

    async def _signed_in_again(self) -> bool:
        """False when the server will not have it; a server that does not answer is asked until it does."""
        while True:
            try:
                await self._account.sign_in()
            except CallRefused as refusal:
                self._tell(SignInRefused(refusal.words))
                return False
            except ServerAway as fault:
                lost = self.wire.closed(None, Turn.RETURN, fault.retry_after_s)
                self.stir()
                await asyncio.sleep(lost.wait_s)
            else:
                return True

    def stir(self) -> None:
        """After every act on the wire: hand on what it tells, and have written what it wrote."""
        self._tell_events()
        self._stirred.set()

    def _tell_events(self) -> None:
        for event in self.wire.take_events():
            self._tell(event)

    async def _one_connection(self) -> Lost:
        try:
            token = await self._account.live_token()
        except SignedOut:
            return self.wire.closed(NOT_SIGNED_IN)
        except ServerAway as fault:
            return self.wire.closed(None, Turn.RETURN, fault.retry_after_s)
        except CallRefused:
            return self.wire.closed(None, Turn.STOP)
        try:
            async with connect(
                self._server.socket_url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Accept-Language": self._language},
                compression=None,
                proxy=None if self._server.is_loopback else True,
                open_timeout=OPEN_WITHIN_S,
                close_timeout=CLOSE_WITHIN_S,
                ping_interval=PING_EVERY_S,
                ping_timeout=PONG_WITHIN_S,
                max_size=MOST_BYTES,
            ) as socket:
                self.wire.connected(token)
                async with asyncio.TaskGroup() as tasks:
                    writing = tasks.create_task(self._write(socket))
                    await self._read(socket)
                    writing.cancel()
            return self.wire.closed(None if socket.close_code == ABNORMAL else socket.close_code)
        except InvalidStatus as refused:
            return self.wire.closed(None, turn_after_refusal(refused.response.status_code))
        except InvalidURI:
            return self.wire.closed(None, Turn.STOP)
        except (InvalidHandshake, ConnectionClosed, OSError, EOFError, TimeoutError):
            return self.wire.closed(None)

    async def _read(self, socket: ClientConnection) -> None:
        """Until the connection is closed, however it was."""
        with suppress(ConnectionClosed):
            while True:
                self.wire.received(await socket.recv())
                self.stir()

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            self._stirred.clear()
            self.wire.tick()
            self._tell_events()
            if self.wire.is_dead:
                socket.transport.abort()
                return
            with suppress(ConnectionClosed):
                for text in self.wire.take_frames():
                    await socket.send(text)
            due = self.wire.due()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock.monotonic())):
                    await self._stirred.wait()
