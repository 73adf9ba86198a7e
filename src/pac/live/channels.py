"""Who is in which channel over the original's frames, and the lines that tell them who comes and goes.

Such lines, and all that guests say, are told to whoever is there and kept nowhere. A reader that is behind
loses them, as `pac.v2.json` loses typing and presence (PROTOCOL promise 4).
"""

from pac.limits.limiter import Limiter
from pac.limits.rules import Rate
from pac.live.connection import Connection
from pac.live.frames import Opcode, framed
from pac.live.protocol_v1 import SYSTEM, Original


class Channels:
    """`comings`: how many arrivals and departures a channel is told of. Beyond it people come and go quietly:
    each is told to everybody, so a crowd at the door would cost its square."""

    def __init__(self, dialect: Original, limiter: Limiter, comings: Rate) -> None:
        self._dialect = dialect
        self._limiter = limiter
        self._comings = comings
        self._channels: dict[str, set[Connection]] = {}
        self._present: dict[Connection, tuple[str, list[str]]] = {}
        """Under which name each came, and to which channels."""

    def __len__(self) -> int:
        return len(self._channels)

    def size(self, channel: str) -> int:
        return len(self._channels.get(channel, ()))

    def has(self, connection: Connection, channel: str) -> bool:
        return connection in self._channels.get(channel, ())

    def name_of(self, connection: Connection) -> str | None:
        """The name it came under; None while it is nowhere."""
        return self._present[connection][0] if connection in self._present else None

    def count_of(self, connection: Connection) -> int:
        return len(self._present[connection][1]) if connection in self._present else 0

    def enter(self, connection: Connection, channel: str, nickname: str) -> None:
        """Tell everybody there, and the one who enters. Entering twice does nothing."""
        if self.has(connection, channel):
            return
        self._channels.setdefault(channel, set()).add(connection)
        self._present.setdefault(connection, (nickname, []))[1].append(channel)
        words = f"{nickname}님이 채팅방에 입장 했습니다."
        if not self._limiter.spend(self._comings, channel):
            self.tell(channel, SYSTEM, words)
        else:
            connection.outbox.ephemeral(framed(Opcode.TEXT, self._dialect.line(channel, SYSTEM, words)))

    def leave(self, connection: Connection) -> None:
        """It is gone from every channel. One that was in none is no error."""
        nickname, channels = self._present.pop(connection, ("", []))
        for channel in channels:
            there = self._channels[channel]
            there.discard(connection)
            if not there:
                del self._channels[channel]
            elif not self._limiter.spend(self._comings, channel):
                self.tell(channel, SYSTEM, f"{nickname}가 퇴장합니다.")

    def tell(self, channel: str, nickname: str, message: str) -> None:
        """Say a line to everybody in a channel, encoded once."""
        frame = framed(Opcode.TEXT, self._dialect.line(channel, nickname, message))
        for connection in self._channels.get(channel, ()):
            if connection.is_live:
                connection.outbox.ephemeral(frame)
