"""SessionStore on SQL.

Keys are SHA-256 of what the browser holds, made by the caller (accounts.sessions.session_key, token_key): neither
a session id nor a live token ever reaches this file, so a copy of the database opens nothing (SECURITY 2.11).
Ended sessions are numbered as they end; a number is never given twice, also when its row was removed.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, insert, select, update

from pac.accounts.model import MemberId
from pac.accounts.sessions import ABSOLUTE_MS, IDLE_MS, Session, SessionKey, TokenKey
from pac.adapters.relational.asked import asked_table, asking
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.statements import Statements
from pac.adapters.relational.tables import changes, ended_sessions, live_tokens, sessions
from pac.clock import HOUR_MS, Instant

FEED_PAGE = 1_000

_ASKED = asked_table()
_SESSIONS_ASKED = select(sessions).join_from(_ASKED, sessions, sessions.c.key == _ASKED.c.value)
_TOKENS_ASKED = (
    select(live_tokens.c.key, live_tokens.c.session_key)
    .join_from(_ASKED, live_tokens, live_tokens.c.key == _ASKED.c.value)
    .join(sessions, sessions.c.key == live_tokens.c.session_key)
    .where(
        live_tokens.c.expires_at > bindparam("now"),
        sessions.c.last_seen_at > bindparam("used_after"),
        sessions.c.created_at > bindparam("begun_after"),
    )
)


class SqlSessions:
    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def add(self, session: Session) -> None:
        async with self._database.writer() as statements:
            await statements.execute(
                insert(sessions).values(
                    key=session.key,
                    member_id=session.member_id,
                    created_at=session.created_at,
                    last_seen_at=session.last_seen_at,
                    address_prefix=session.address_prefix[:64],
                    agent=session.agent[:256],
                )
            )

    async def find(self, key: SessionKey) -> Session | None:
        async with self._database.reader() as statements:
            row = (await statements.execute(select(sessions).where(sessions.c.key == key))).first()
        return None if row is None else _session(row)

    async def find_many(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, Session]:
        async with self._database.reader() as statements:
            rows = (await statements.execute(_SESSIONS_ASKED, asking(keys))).all()
        return {session.key: session for session in map(_session, rows)}

    async def touch(self, key: SessionKey, at: Instant) -> None:
        async with self._database.writer() as statements:
            await statements.execute(
                update(sessions)
                .where(sessions.c.key == key, sessions.c.last_seen_at < at)
                .values(last_seen_at=at)
            )

    async def end(self, key: SessionKey, at: Instant) -> bool:
        return await self._end(sessions.c.key == key, at) > 0

    async def end_all(self, member_id: MemberId, at: Instant, *, but: SessionKey | None = None) -> int:
        theirs = sessions.c.member_id == member_id
        return await self._end(theirs if but is None else theirs & (sessions.c.key != but), at)

    async def of_member(self, member_id: MemberId) -> Sequence[Session]:
        query = (
            select(sessions).where(sessions.c.member_id == member_id).order_by(sessions.c.created_at.desc())
        )
        async with self._database.reader() as statements:
            return [_session(row) for row in await statements.execute(query)]

    async def add_token(self, key: TokenKey, session: SessionKey, expires_at: Instant) -> None:
        async with self._database.writer() as statements:
            await statements.execute(
                insert(live_tokens).values(key=key, session_key=session, expires_at=expires_at)
            )

    async def session_of_token(self, key: TokenKey, now: Instant) -> SessionKey | None:
        return (await self.sessions_of_tokens([key], now)).get(key)

    async def sessions_of_tokens(
        self, keys: Collection[TokenKey], now: Instant
    ) -> Mapping[TokenKey, SessionKey]:
        moments = {"now": now, "used_after": now - IDLE_MS, "begun_after": now - ABSOLUTE_MS}
        async with self._database.reader() as statements:
            rows = (await statements.execute(_TOKENS_ASKED, {**asking(keys), **moments})).all()
        return {TokenKey(row.key): SessionKey(row.session_key) for row in rows}

    async def ended_after(self, cursor: int) -> tuple[int, Sequence[SessionKey]]:
        query = (
            select(ended_sessions.c.number, ended_sessions.c.key)
            .where(ended_sessions.c.number > cursor)
            .order_by(ended_sessions.c.number)
            .limit(FEED_PAGE)
        )
        async with self._database.reader() as statements:
            rows = (await statements.execute(query)).all()
        return (rows[-1].number if rows else cursor), [SessionKey(row.key) for row in rows]

    async def ended_cursor(self) -> int:
        async with self._database.reader() as statements:
            newest = (await statements.execute(select(func.max(ended_sessions.c.number)))).scalar_one()
        return int(newest or 0)

    async def forget_expired(self, now: Instant) -> int:
        over = (sessions.c.last_seen_at <= now - IDLE_MS) | (sessions.c.created_at <= now - ABSOLUTE_MS)
        async with self._database.writer() as statements:
            await statements.execute(delete(live_tokens).where(live_tokens.c.expires_at <= now))
            gone = await statements.execute(delete(sessions).where(over))
            await statements.execute(delete(ended_sessions).where(ended_sessions.c.at < now - HOUR_MS))
            await statements.execute(delete(changes).where(changes.c.at < now - HOUR_MS))
        return int(gone.rowcount)

    async def _end(self, which: ColumnElement[bool], at: Instant) -> int:
        """The sessions, their tokens, and the rows that tell of it go and come in one transaction."""
        async with self._database.writer() as statements:
            return await _end(statements, which, at)


async def _end(statements: Statements, which: ColumnElement[bool], at: Instant) -> int:
    keys = (await statements.execute(select(sessions.c.key).where(which))).scalars().all()
    for key in keys:
        await statements.execute(delete(live_tokens).where(live_tokens.c.session_key == key))
        await statements.execute(delete(sessions).where(sessions.c.key == key))
        await statements.execute(insert(ended_sessions).values(key=key, at=at))
    return len(keys)


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        key=SessionKey(row.key),
        member_id=MemberId(row.member_id),
        created_at=Instant(row.created_at),
        last_seen_at=Instant(row.last_seen_at),
        address_prefix=row.address_prefix,
        agent=row.agent,
    )
