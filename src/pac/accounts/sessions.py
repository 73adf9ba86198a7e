"""Sessions: what a browser holds between two requests.

The id is 256 random bits, given to the browser once and never stored: everything here is keyed by its SHA-256
(SECURITY 2.11). A session ends 14 days after its last use and 90 days after it began (2.13), and at sign-out.
A live token opens a socket where the cookie does not reach; it is worth what its session is worth.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from pac.accounts.model import MemberId
from pac.clock import DAY_MS, MINUTE_MS, Instant

SessionKey = NewType("SessionKey", str)
"""SHA-256 of a session id, 64 hex digits. Of no use as a cookie."""

TokenKey = NewType("TokenKey", str)
"""SHA-256 of a live token, 64 hex digits."""

IDLE_MS = 14 * DAY_MS
ABSOLUTE_MS = 90 * DAY_MS
LIVE_TOKEN_MS = 5 * MINUTE_MS
TOUCH_EVERY_MS = 10 * MINUTE_MS
"""Use is noted at most this often, so that reading a page does not write."""


@dataclass(frozen=True, slots=True)
class Session:
    key: SessionKey
    member_id: MemberId
    created_at: Instant
    last_seen_at: Instant
    address_prefix: str
    agent: str

    def ends_at(self) -> Instant:
        return Instant(min(self.last_seen_at + IDLE_MS, self.created_at + ABSOLUTE_MS))

    @property
    def reference(self) -> str:
        """What a list of sessions names this one by: of no use as a cookie, and not what is stored."""
        return hashlib.sha256(f"reference {self.key}".encode()).hexdigest()[:16]

    def is_live(self, now: Instant) -> bool:
        return now < self.ends_at()


def session_key(session_id: str) -> SessionKey:
    return SessionKey(hashlib.sha256(session_id.encode()).hexdigest())


def token_key(token: str) -> TokenKey:
    return TokenKey(hashlib.sha256(token.encode()).hexdigest())


class SessionStore(Protocol):
    """Where sessions are kept. Every call raises StoreUnavailable when the store cannot be reached.

    Ended sessions are numbered as they end, so that each node can read what ended since it last looked
    (SECURITY 2.15); numbers only grow, and rows are kept for at least an hour.
    """

    async def add(self, session: Session) -> None: ...

    async def find(self, key: SessionKey) -> Session | None:
        """The session, also when its time has run out; None when it never was or was ended."""

    async def find_many(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, Session]:
        """As find, by one query however many they are; those that are not there are left out."""

    async def touch(self, key: SessionKey, at: Instant) -> None:
        """Note a use. Nothing happens when the session has ended meanwhile."""

    async def end(self, key: SessionKey, at: Instant) -> bool:
        """End one session with its live tokens; False when there was none."""

    async def end_all(self, member_id: MemberId, at: Instant, *, but: SessionKey | None = None) -> int:
        """End every session of a member; how many there were."""

    async def of_member(self, member_id: MemberId) -> Sequence[Session]:
        """Newest first."""

    async def add_token(self, key: TokenKey, session: SessionKey, expires_at: Instant) -> None: ...

    async def session_of_token(self, key: TokenKey, now: Instant) -> SessionKey | None:
        """None when the token is unknown, has expired, or its session has ended."""

    async def sessions_of_tokens(
        self, keys: Collection[TokenKey], now: Instant
    ) -> Mapping[TokenKey, SessionKey]:
        """As session_of_token, by one query however many they are; what is None there is left out."""

    async def ended_after(self, cursor: int) -> tuple[int, Sequence[SessionKey]]:
        """Sessions that ended after `cursor`, at most 1,000, oldest first, and the cursor to ask with next."""

    async def ended_cursor(self) -> int:
        """The cursor of now: what ended before it need not be told again."""

    async def forget_expired(self, now: Instant) -> int:
        """Remove sessions and tokens whose time has run out, and old ends; how many sessions went."""
