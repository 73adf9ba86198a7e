"""What accounts ask of storage."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pac.accounts.model import AppRole, Member, MemberId
from pac.clock import Instant
from pac.transactions import Transaction


class AccountStore(Protocol):
    async def by_id(self, member_id: MemberId) -> Member | None: ...

    async def by_ids(self, member_ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        """As by_id, by one query however many they are; those who are not there are left out."""

    async def by_username(self, username: str) -> Member | None:
        """The member with this login name, whatever its case (names.key)."""

    async def password_hash(self, member_id: MemberId) -> str | None: ...

    async def add(self, member: Member, password_hash: str | None) -> None:
        """Raises NameTaken("username") or NameTaken("nickname"): names are unique after NFC and case folding,
        and the database says so, whoever else signs up at the same moment."""

    async def set_password_hash(self, member_id: MemberId, password_hash: str) -> None: ...

    async def set_app_role(self, member_id: MemberId, role: AppRole, at: Instant) -> None:
        """Also writes a row of the change feed: live sockets learn of it."""

    async def set_locked(self, member_id: MemberId, locked: bool, at: Instant) -> None:
        """Also writes a row of the change feed: live sockets learn of it."""

    async def set_deleted(self, member_id: MemberId, at: Instant) -> None:
        """Forget password, e-mail and pictures; the names stay taken and stand in the logs. Also writes a row of the
        change feed: live sockets learn of it."""

    async def audit(
        self,
        event_id: str,
        at: Instant,
        event: str,
        actor: MemberId,
        target: MemberId,
        reason: str,
    ) -> None:
        """A line of the audit log, in the transaction of the change it tells (SECURITY 10.4)."""

    async def find(self, query: str, limit: int) -> Sequence[Member]:
        """Members whose login name or nickname contains `query` (case folded; empty: the newest), deleted ones
        left out."""

    async def count(self) -> int: ...


class AccountTransaction(Transaction, Protocol):
    @property
    def accounts(self) -> AccountStore: ...
