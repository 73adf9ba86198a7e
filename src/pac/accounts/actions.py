"""The verbs of accounts: sign up, sign in, sign out, and what administrators do to them."""

from dataclasses import dataclass, replace

from pac import names, security_log, telemetry
from pac.accounts.events import AccountsChanged, Audited, SessionEnded
from pac.accounts.model import Actor, AppRole, Member, MemberId
from pac.accounts.passwords import Passwords
from pac.accounts.rules import fault_in_password, faults_in_sign_up
from pac.accounts.sessions import LIVE_TOKEN_MS, Session, SessionKey, SessionStore, session_key, token_key
from pac.accounts.store import AccountTransaction
from pac.accounts.throttle import SignInThrottle
from pac.clock import Clock, Instant
from pac.errors import (
    FieldFault,
    Forbidden,
    Hidden,
    InvalidFields,
    RateLimited,
    Unavailable,
    WrongCredentials,
)
from pac.http.address import address_prefix
from pac.ids import IdSource
from pac.transactions import Database, Listeners

REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where somebody asks: the client's address, its browser, and what it holds already."""

    address: str
    agent: str = ""
    device: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`session_id` goes to the browser and nowhere else; `device` marks this browser as known to the account."""

    member: Member
    session_id: str
    session: Session
    device: str


@dataclass(frozen=True, slots=True)
class SignUpFields:
    username: str
    password: str
    nickname: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What these verbs need, given once."""

    database: Database[AccountTransaction]
    sessions: SessionStore
    listeners: Listeners
    passwords: Passwords
    throttle: SignInThrottle
    clock: Clock
    ids: IdSource
    password_min: int

    async def sign_up(self, fields: SignUpFields, visitor: Visitor) -> Member:
        """A new member; does not sign in. Raises InvalidFields, NameTaken, RateLimited."""
        fields = self._checked(fields)  # first: a slip of the finger is no sign-up
        try:
            self.throttle.begin_sign_up(visitor.address)
        except RateLimited:
            _note(telemetry.SIGN_UP_THROTTLED, "refused", visitor)
            raise
        member = await self._add(fields, AppRole.ROLE_USER)
        _note(telemetry.SIGN_UP, "ok", visitor, actor=member.id)
        return member

    async def sign_in(self, username: str, password: str, visitor: Visitor) -> SignedIn:
        """A new session, and the end of the one this browser had (SECURITY 2.12). Raises WrongCredentials, which
        never says what was wrong, and RateLimited.

        The same queries and one hash are done whether the name exists or not (2.4).
        """
        account = names.key(username)[:64]
        try:
            attempt = self.throttle.begin(account, visitor.address, visitor.device)
        except RateLimited:
            _note(telemetry.SIGN_IN_THROTTLED, "refused", visitor)
            raise
        try:
            async with self.database.reading() as tx:
                member = await tx.accounts.by_username(username)
                stored = await tx.accounts.password_hash(member.id if member else MemberId(""))
            matches = await self.passwords.verify(stored, password)
        except Unavailable:
            self.throttle.withdrawn(attempt)
            raise
        if member is None or stored is None or not matches or not member.may_sign_in:
            _note(telemetry.SIGN_IN_FAILED, "refused", visitor, target=member.id if member else "")
            raise WrongCredentials
        self.throttle.succeeded(attempt)
        if self.passwords.needs_rehash(stored):
            stored = await self._rehashed(member, stored, password)
        session_id, session = await self._begin_session(member, stored, visitor)
        if visitor.session_id:
            await self.sign_out(session_key(visitor.session_id))
        _note(telemetry.SIGN_IN_OK, "ok", visitor, actor=member.id, session=session.key[:8])
        return SignedIn(member, session_id, session, self.throttle.device_cookie(account))

    async def sign_out(self, key: SessionKey) -> None:
        """End a session, its tokens and its sockets; one that has ended already is no error."""
        if await self.sessions.end(key, self.clock.now()):
            self.listeners.tell(SessionEnded(key))
            security_log.note(telemetry.SIGN_OUT, session=key[:8])

    async def live_token(self, session: Session) -> str:
        """A token that opens sockets for five minutes, and not longer than its session lives."""
        token = self.ids.token()
        await self.sessions.add_token(
            token_key(token), session.key, Instant(self.clock.now() + LIVE_TOKEN_MS)
        )
        return token

    # What `pac admin` does, beside a running server

    async def create_admin(self, fields: SignUpFields) -> Member:
        """Raises InvalidFields, NameTaken. There is no other way to the first administrator (SECURITY 2.9)."""
        member = await self._add(self._checked(fields), AppRole.ROLE_ADMIN)
        security_log.note(telemetry.ADMIN_CHANGED, target=member.id, reason="created")
        return member

    async def promote(self, username: str) -> None:
        """Raises Hidden when there is no such member; so do the next three."""
        async with self.database.writing() as tx:
            member = await self._by_username(tx, username)
            await tx.accounts.set_app_role(member.id, AppRole.ROLE_ADMIN, self.clock.now())
            tx.emit(AccountsChanged())
        await self._end_sessions(member)
        security_log.note(telemetry.ADMIN_CHANGED, target=member.id, reason="promoted")

    async def set_locked(self, username: str, *, locked: bool) -> None:
        """A locked member cannot sign in; its sessions end and its sockets close."""
        async with self.database.writing() as tx:
            member = await self._by_username(tx, username)
            await tx.accounts.set_locked(member.id, locked, self.clock.now())
            tx.emit(AccountsChanged())
        if locked:
            await self._end_sessions(member)
        security_log.note(
            telemetry.ADMIN_CHANGED, target=member.id, reason="locked" if locked else "unlocked"
        )

    async def delete(self, username: str) -> None:
        """For good: no sign-in, sessions end, sockets close. The rooms follow by themselves (rooms/departure.py)."""
        async with self.database.writing() as tx:
            member = await self._by_username(tx, username)
            await tx.accounts.set_deleted(member.id, self.clock.now())
            tx.emit(AccountsChanged())
        await self._end_sessions(member)
        security_log.note(telemetry.ADMIN_CHANGED, target=member.id, reason="deleted")

    async def administer(
        self,
        actor: Actor,
        member_id: MemberId,
        *,
        locked: bool | None,
        role: AppRole | None,
        reason: str,
    ) -> Member:
        """An administrator locks, unlocks, promotes or demotes somebody else: audited with the change itself.

        Raises InvalidFields without a reason, Hidden for nobody, Forbidden for oneself.
        """
        said = " ".join(reason.split())
        if not said or len(said) > REASON_MAX:
            raise InvalidFields(
                FieldFault("reason", "too_long", REASON_MAX) if said else FieldFault("reason", "required")
            )
        if member_id == actor.id:
            raise Forbidden  # nobody locks themselves out
        now = self.clock.now()
        async with self.database.writing() as tx:
            member = await tx.accounts.by_id(member_id)
            if member is None or member.deleted_at is not None:
                raise Hidden
            if role is not None and role is not member.app_role:
                await tx.accounts.set_app_role(member_id, role, now)
                await tx.accounts.audit(
                    self.ids.uuid7(now), now, "member.app_role", actor.id, member_id, said
                )
            if locked is not None and locked is not member.locked:
                await tx.accounts.set_locked(member_id, locked, now)
                event = "member.locked" if locked else "member.unlocked"
                await tx.accounts.audit(self.ids.uuid7(now), now, event, actor.id, member_id, said)
                tx.emit(Audited(event, actor.id, target=member_id, reason=said))
            tx.emit(AccountsChanged())
        if locked or (role is not None and role is not member.app_role):
            await self._end_sessions(member)
        return member

    async def change_password(self, viewer: Member, session: Session, current: str, new: str) -> None:
        """Raises WrongCredentials, InvalidFields, RateLimited. Every other session of the member ends (2.10)."""
        context = (viewer.username, viewer.nickname, viewer.email or "")
        fault = fault_in_password("password", new, self.password_min, context)
        if fault is not None:
            raise InvalidFields(fault)
        attempt = self.throttle.begin(names.key(viewer.username)[:64], session.address_prefix, None)
        try:
            async with self.database.reading() as tx:
                stored = await tx.accounts.password_hash(viewer.id)
            matches = await self.passwords.verify(stored, current)
        except Unavailable:
            self.throttle.withdrawn(attempt)
            raise
        if not matches:
            raise WrongCredentials
        self.throttle.succeeded(attempt)
        fresh = await self.passwords.hash(new)
        async with self.database.writing() as tx:
            await tx.accounts.set_password_hash(viewer.id, fresh)
        await self.sign_out_others(viewer.id, session.key)
        security_log.note(telemetry.PASSWORD_CHANGED, actor=viewer.id, session=session.key[:8])

    async def sign_out_others(self, member_id: MemberId, but: SessionKey) -> int:
        """How many other sessions there were."""
        ended = 0
        for session in await self.sessions.of_member(member_id):
            if session.key != but:
                await self.sign_out(session.key)
                ended += 1
        return ended

    async def revoke(self, member_id: MemberId, reference: str) -> None:
        """End one session of this member, named by the reference its list shows. Raises Hidden (2.14)."""
        for session in await self.sessions.of_member(member_id):
            if session.reference == reference:
                await self.sign_out(session.key)
                return
        raise Hidden

    async def reset_password(self, username: str, password: str) -> None:
        """Raises InvalidFields."""
        fault = fault_in_password("password", password, self.password_min)
        if fault is not None:
            raise InvalidFields(fault)
        fresh = await self.passwords.hash(password)
        async with self.database.writing() as tx:
            member = await self._by_username(tx, username)
            await tx.accounts.set_password_hash(member.id, fresh)
        await self._end_sessions(member)
        security_log.note(telemetry.ADMIN_CHANGED, target=member.id, reason="password")

    def _checked(self, fields: SignUpFields) -> SignUpFields:
        """The fields as they are stored. Raises InvalidFields with every fault."""
        nickname = names.normalized(fields.nickname)
        email = (fields.email or "").strip() or None
        faults = faults_in_sign_up(fields.username, nickname, fields.password, email, self.password_min)
        if faults:
            raise InvalidFields(*faults)
        return replace(fields, nickname=nickname, email=email)

    async def _add(self, fields: SignUpFields, role: AppRole) -> Member:
        now = self.clock.now()
        member = Member(
            MemberId(self.ids.uuid7(now)), fields.username, fields.nickname, role, now, email=fields.email
        )
        password_hash = await self.passwords.hash(fields.password)
        async with self.database.writing() as tx:
            await tx.accounts.add(member, password_hash)
        return member

    async def _rehashed(self, member: Member, stored: str, password: str) -> str:
        """The hash with today's parameters, unless the password was changed meanwhile."""
        fresh = await self.passwords.hash(password)
        async with self.database.writing() as tx:
            if await tx.accounts.password_hash(member.id) == stored:
                await tx.accounts.set_password_hash(member.id, fresh)
        return fresh

    async def _begin_session(self, member: Member, stored: str, visitor: Visitor) -> tuple[str, Session]:
        """The session is there first, and the account is looked at again afterwards: whoever locks it or resets
        its password in between ends this session too, or is seen here (as SECURITY 2.16 for sockets)."""
        session_id, now = self.ids.token(), self.clock.now()
        session = Session(
            session_key(session_id), member.id, now, now, address_prefix(visitor.address), visitor.agent[:256]
        )
        await self.sessions.add(session)
        async with self.database.reading() as tx:
            again = await tx.accounts.by_id(member.id)
            same = stored == await tx.accounts.password_hash(member.id)
        if again is None or not again.may_sign_in or not same:
            await self.sessions.end(session.key, self.clock.now())
            raise WrongCredentials
        return session_id, session

    async def _by_username(self, tx: AccountTransaction, username: str) -> Member:
        member = await tx.accounts.by_username(username)
        if member is None or member.deleted_at is not None:
            raise Hidden
        return member

    async def _end_sessions(self, member: Member) -> None:
        for session in await self.sessions.of_member(member.id):
            await self.sign_out(session.key)


def _note(event: str, outcome: str, visitor: Visitor, **fields: str) -> None:
    security_log.note(event, outcome, **{"address": address_prefix(visitor.address), **fields})
