"""What the web service is built from. Bootstrap makes one of these; a test makes one with its own clock."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from pac.accounts.passwords import Passwords
from pac.accounts.sessions import SessionStore
from pac.accounts.throttle import SignInThrottle
from pac.clock import Clock
from pac.ids import IdSource
from pac.limits.rules import Limits
from pac.messages.log import MessageLog
from pac.rooms.model import RoomId
from pac.rooms.store import RoomTransaction
from pac.transactions import Database, Listeners


@dataclass(frozen=True, slots=True)
class WebParts:
    """`socket_url` is where pages open their socket, "" for the origin they came from; `online` answers how
    many members read a room right now, as far as this process knows."""

    clock: Clock
    ids: IdSource
    database: Database[RoomTransaction]
    sessions: SessionStore
    listeners: Listeners
    log: MessageLog
    passwords: Passwords
    throttle: SignInThrottle
    limits: Limits
    password_min: int
    public_origin: str
    socket_url: str
    is_https: bool
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    timezone: str
    online: Callable[[RoomId], int]
