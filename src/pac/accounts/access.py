"""Who is behind a session: the only way from what a browser holds to a member."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from pac.accounts.model import Member
from pac.accounts.sessions import TOUCH_EVERY_MS, Session, SessionKey, SessionStore, session_key, token_key
from pac.accounts.store import AccountTransaction
from pac.clock import Instant
from pac.errors import NotSignedIn, Unavailable
from pac.transactions import Database


@dataclass(frozen=True, slots=True)
class Identified:
    member: Member
    session: Session


async def identify(
    database: Database[AccountTransaction], sessions: SessionStore, session_id: str, now: Instant
) -> Identified:
    """The member this session id belongs to. Raises NotSignedIn, whatever the reason is: unknown, ended, run out,
    locked, deleted. Notes the use of the session, at most every TOUCH_EVERY_MS."""
    return await _identify(database, sessions, session_key(session_id), now)


async def identify_by_token(
    database: Database[AccountTransaction], sessions: SessionStore, token: str, now: Instant
) -> Identified:
    """As identify, by a live token: worth what its session is worth."""
    key = await sessions.session_of_token(token_key(token), now)
    if key is None:
        raise NotSignedIn
    return await _identify(database, sessions, key, now)


async def holders(
    database: Database[AccountTransaction], sessions: SessionStore, keys: Collection[SessionKey], now: Instant
) -> Mapping[SessionKey, Identified]:
    """Who holds each of these sessions, those who may not sign in any more included: a socket is told why it is
    turned away. Sessions that are unknown, ended or run out are left out. Two queries, however many they are;
    no use is noted."""
    found = await sessions.find_many(keys)
    live = {key: session for key, session in found.items() if session.is_live(now)}
    async with database.reading() as tx:
        members = await tx.accounts.by_ids({session.member_id for session in live.values()})
    return {
        key: Identified(member, session)
        for key, session in live.items()
        if (member := members.get(session.member_id)) is not None
    }


async def _identify(
    database: Database[AccountTransaction], sessions: SessionStore, key: SessionKey, now: Instant
) -> Identified:
    session = await sessions.find(key)
    if session is None or not session.is_live(now):
        raise NotSignedIn
    async with database.reading() as tx:
        member = await tx.accounts.by_id(session.member_id)
    if member is None or not member.may_sign_in:
        raise NotSignedIn
    if now - session.last_seen_at >= TOUCH_EVERY_MS:
        with suppress(Unavailable):  # a disk that is full is no reason not to read
            await sessions.touch(key, now)
            session = replace(session, last_seen_at=now)
    return Identified(member, session)
