"""AdmissionStore on SQL."""

from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select, update

from pac.accounts.model import MemberId
from pac.adapters.relational.pages import page_of
from pac.adapters.relational.statements import Statements
from pac.adapters.relational.tables import invitations, join_requests, members
from pac.clock import Instant
from pac.rooms.model import Invitation, JoinRequest, Page, RoomId


class Admissions:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def ask(self, request: JoinRequest) -> bool:
        if await self.request(request.room_id, request.member_id) is not None:
            return False
        await self._statements.execute(
            insert(join_requests).values(
                room_id=request.room_id, member_id=request.member_id, asked_at=request.asked_at
            )
        )
        return True

    async def request(self, room_id: RoomId, member_id: MemberId) -> JoinRequest | None:
        query = _requests().where(join_requests.c.room_id == room_id, join_requests.c.member_id == member_id)
        row = (await self._statements.execute(query)).first()
        return None if row is None else _request(row)

    async def remove_request(self, room_id: RoomId, member_id: MemberId) -> None:
        here = and_(join_requests.c.room_id == room_id, join_requests.c.member_id == member_id)
        await self._statements.execute(delete(join_requests).where(here))

    async def requests(self, room_id: RoomId, *, number: int, size: int) -> Page[JoinRequest]:
        return await page_of(
            self._statements,
            _requests().where(join_requests.c.room_id == room_id),
            [join_requests.c.asked_at, join_requests.c.member_id],
            _request,
            number=number,
            size=size,
        )

    async def add_invitation(self, invitation: Invitation, token_key: str) -> None:
        await self._statements.execute(
            insert(invitations).values(
                id=invitation.id,
                room_id=invitation.room_id,
                token_key=token_key,
                created_by=invitation.created_by,
                created_at=invitation.created_at,
                expires_at=invitation.expires_at,
                max_uses=invitation.max_uses,
                uses=invitation.uses,
                revoked_at=invitation.revoked_at,
            )
        )

    async def save_invitation(self, invitation: Invitation) -> None:
        await self._statements.execute(
            update(invitations)
            .where(invitations.c.id == invitation.id)
            .values(uses=invitation.uses, revoked_at=invitation.revoked_at)
        )

    async def invitation(self, room_id: RoomId, invitation_id: str) -> Invitation | None:
        query = select(invitations).where(invitations.c.room_id == room_id, invitations.c.id == invitation_id)
        row = (await self._statements.execute(query)).first()
        return None if row is None else _invitation(row)

    async def invitation_by_token(self, token_key: str) -> Invitation | None:
        query = select(invitations).where(invitations.c.token_key == token_key)
        row = (await self._statements.execute(query)).first()
        return None if row is None else _invitation(row)

    async def open_invitations(
        self, room_id: RoomId, now: Instant, *, number: int, size: int
    ) -> Page[Invitation]:
        still_open = and_(
            invitations.c.room_id == room_id,
            invitations.c.revoked_at.is_(None),
            or_(invitations.c.expires_at.is_(None), invitations.c.expires_at > now),
            or_(invitations.c.max_uses.is_(None), invitations.c.max_uses > invitations.c.uses),
        )
        return await page_of(
            self._statements,
            select(invitations).where(still_open),
            [invitations.c.created_at.desc(), invitations.c.id],
            _invitation,
            number=number,
            size=size,
        )


def _requests() -> Any:
    """Those of members who are still there."""
    asking = and_(members.c.id == join_requests.c.member_id, members.c.deleted_at.is_(None))
    return select(join_requests, members.c.nickname).join(members, asking)


def _request(row: Row[Any]) -> JoinRequest:
    return JoinRequest(RoomId(row.room_id), MemberId(row.member_id), row.nickname, Instant(row.asked_at))


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        room_id=RoomId(row.room_id),
        created_by=MemberId(row.created_by),
        created_at=Instant(row.created_at),
        expires_at=None if row.expires_at is None else Instant(row.expires_at),
        max_uses=row.max_uses,
        uses=row.uses,
        revoked_at=None if row.revoked_at is None else Instant(row.revoked_at),
    )
