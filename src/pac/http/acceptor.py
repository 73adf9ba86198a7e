"""Takes connections from a listening socket, a few at a time and when the door has time for them.

uvloop takes all that wait at once: two thousand strangers, a hundred milliseconds, in one turn of the loop. Here
taking AT_ONCE of them is one piece of work at the door, which asks again behind what else waits there; the rest
wait in the kernel's backlog, whose overflow is the kernel's answer.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from pac import telemetry
from pac.http.door import Door

AT_ONCE = 4
"""Few, so that a piece is short; each brings a request, and these come before the next few."""
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
RESTS_S = 0.25
"""After the system had no file or memory for one more."""
_TCP_INFO_BYTES = 104
_UNACKED = 24
"""Of a listening socket's struct tcp_info (linux/tcp.h): how many wait to be accepted."""


class Acceptor:
    """One listening socket. Stands where uvicorn expects an asyncio server: `close` and `wait_closed`."""

    def __init__(
        self,
        listener: socket.socket,
        door: Door,
        make_protocol: Callable[[], asyncio.Protocol],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._listener = listener
        self._door = door
        self._make_protocol = make_protocol
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()
        self._resting: asyncio.TimerHandle | None = None
        self._closed = False
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Take nobody any more; those who are in are not touched."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._listener)
            if self._resting is not None:
                self._resting.cancel()

    async def wait_closed(self) -> None:
        """There is nothing to wait for."""

    def _watch(self) -> None:
        self._resting = None
        self._loop.add_reader(self._listener, self._somebody_waits)

    def _somebody_waits(self) -> None:
        self._loop.remove_reader(
            self._listener
        )  # or the loop would tell again in every turn until it is taken
        self._door.ask(self._take)

    def _take(self) -> None:
        if self._closed:
            return
        for _ in range(AT_ONCE):
            try:
                arrived, _ = self._listener.accept()
            except BlockingIOError:
                self._watch()
                return
            except ConnectionError:
                continue  # it went away again while it waited
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                telemetry.log.warning(telemetry.OUT_OF_FILES, reason=error.strerror)
                self._resting = self._loop.call_later(RESTS_S, self._watch)
                return
            telemetry.door_accepted.inc()
            self._tasks.create_task(self._serve(arrived))
        self._door.ask(self._take)

    async def _serve(self, arrived: socket.socket) -> None:
        with suppress(OSError):  # gone already: nobody is there to be told
            arrived.setblocking(False)
            await self._loop.connect_accepted_socket(self._make_protocol, arrived)


def backlog(listener: socket.socket) -> int:
    """How many wait in the kernel to be accepted; 0 where the system does not tell."""
    try:
        info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except (AttributeError, OSError):
        return 0
    return int(struct.unpack_from("=I", info, _UNACKED)[0]) if len(info) == _TCP_INFO_BYTES else 0
