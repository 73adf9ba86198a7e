"""Takes connections from a listening socket, one at a time and when the door has time for it.

uvloop takes all that wait at once: two thousand strangers, a hundred milliseconds, in one turn of the loop. Here
taking one is a piece of work at the door, which asks again behind what else waits there: so a newcomer is taken
when those before it have been heard. The rest wait in the kernel's backlog, whose overflow is the kernel's answer.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from pac import telemetry
from pac.http.door import Door

RESTS_S = 0.25
"""After the system had no file or no memory for one more."""
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
        try:
            arrived, _ = self._listener.accept()
        except BlockingIOError:
            self._watch()
            return
        except ConnectionError:
            pass  # it went away again while it waited
        except OSError as error:  # mostly too many open files: somebody has to leave first
            telemetry.log.warning(telemetry.NOT_ACCEPTED, reason=error.strerror)
            self._resting = self._loop.call_later(RESTS_S, self._watch)
            return
        else:
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
