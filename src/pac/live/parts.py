"""What the message service is built from. Bootstrap makes one of these; a test makes one with its own clock."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from pac.accounts.sessions import SessionStore
from pac.clock import Clock
from pac.http.door import Door
from pac.ids import IdSource
from pac.limits.limiter import Limiter
from pac.limits.rules import Limits
from pac.messages.broker import Broker
from pac.messages.intake import Intake
from pac.messages.log import MessageLog
from pac.rooms.changes import ChangeFeed
from pac.rooms.store import RoomTransaction
from pac.transactions import Database, Listeners


@dataclass(frozen=True, slots=True)
class LiveParts:
    """`origins`: who may open sockets, byte for byte. `node`: this process's name in `welcome` and in logs.
    `timezone`: of the original's HH:mm:ss."""

    clock: Clock
    ids: IdSource
    database: Database[RoomTransaction]
    sessions: SessionStore
    changes: ChangeFeed
    listeners: Listeners
    log: MessageLog
    intake: Intake
    broker: Broker
    limiter: Limiter
    limits: Limits
    origins: frozenset[str]
    cookie_name: str
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    node: str
    session_grace_s: float
    timezone: str = "Asia/Seoul"
    door: Door = field(default_factory=Door)
