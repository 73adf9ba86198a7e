"""What the web service is built from. Bootstrap makes one of these; a test makes one with its own clock."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from pac.accounts.model import MemberId
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
    many members read a room right now, and `is_online` whether one of them is there, as far as this process
    knows. `service_token` "" lets no other service in."""

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
    service_token: str
    dev_ui: bool
    online: Callable[[RoomId], int]
    is_online: Callable[[RoomId, MemberId], bool]

    def invitation_url(self, token: str) -> str:
        return f"{self.public_origin}/invite/{token}"
