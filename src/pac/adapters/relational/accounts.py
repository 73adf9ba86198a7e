"""AccountStore on SQL."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Row, func, insert, or_, select, update

from pac import names
from pac.accounts.model import AppRole, LoginProvider, Member, MemberId
from pac.adapters.relational.asked import asked_table, asking
from pac.adapters.relational.statements import Statements
from pac.adapters.relational.tables import audit, changes, members
from pac.clock import Instant

_ASKED = asked_table()
_MEMBERS_ASKED = select(members).join_from(_ASKED, members, members.c.id == _ASKED.c.value)


class Accounts:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def by_id(self, member_id: MemberId) -> Member | None:
        row = (await self._statements.execute(select(members).where(members.c.id == member_id))).first()
        return None if row is None else _member(row)

    async def by_ids(self, member_ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        rows = await self._statements.execute(_MEMBERS_ASKED, asking(member_ids))
        return {member.id: member for member in map(_member, rows)}

    async def by_username(self, username: str) -> Member | None:
        query = select(members).where(members.c.username_key == names.key(username))
        row = (await self._statements.execute(query)).first()
        return None if row is None else _member(row)

    async def password_hash(self, member_id: MemberId) -> str | None:
        query = select(members.c.password_hash).where(members.c.id == member_id)
        found: str | None = (await self._statements.execute(query)).scalar_one_or_none()
        return found

    async def add(self, member: Member, password_hash: str | None) -> None:
        await self._statements.execute(
            insert(members).values(
                id=member.id,
                provider=member.provider,
                provider_id=None,
                username=member.username,
                username_key=names.key(member.username),
                nickname=member.nickname,
                nickname_key=names.key(member.nickname),
                password_hash=password_hash,
                email=member.email,
                profile_image=member.profile_image,
                html_url=member.html_url,
                app_role=member.app_role,
                locked=member.locked,
                deleted_at=member.deleted_at,
                created_at=member.created_at,
            )
        )

    async def set_password_hash(self, member_id: MemberId, password_hash: str) -> None:
        await self._statements.execute(
            update(members).where(members.c.id == member_id).values(password_hash=password_hash)
        )

    async def set_app_role(self, member_id: MemberId, role: AppRole, at: Instant) -> None:
        await self._statements.execute(update(members).where(members.c.id == member_id).values(app_role=role))
        await self._tell(member_id, at)

    async def set_locked(self, member_id: MemberId, locked: bool, at: Instant) -> None:
        await self._statements.execute(update(members).where(members.c.id == member_id).values(locked=locked))
        await self._tell(member_id, at)

    async def set_deleted(self, member_id: MemberId, at: Instant) -> None:
        gone = {
            "deleted_at": at,
            "password_hash": None,
            "email": None,
            "profile_image": None,
            "html_url": None,
        }
        await self._statements.execute(update(members).where(members.c.id == member_id).values(**gone))
        await self._tell(member_id, at)

    async def audit(
        self,
        event_id: str,
        at: Instant,
        event: str,
        actor: MemberId,
        target: MemberId,
        reason: str,
    ) -> None:
        await self._statements.execute(
            insert(audit).values(
                id=event_id, at=at, event=event, actor_id=actor, target_id=target, reason=reason
            )
        )

    async def find(self, query: str, limit: int) -> Sequence[Member]:
        found = select(members).where(members.c.deleted_at.is_(None))
        if query:
            key = names.key(query)
            found = found.where(
                or_(func.instr(members.c.username_key, key) > 0, func.instr(members.c.nickname_key, key) > 0)
            )
        rows = await self._statements.execute(found.order_by(members.c.created_at.desc()).limit(limit))
        return [_member(row) for row in rows]

    async def count(self) -> int:
        return int((await self._statements.execute(select(func.count()).select_from(members))).scalar_one())

    async def _tell(self, member_id: MemberId, at: Instant) -> None:
        await self._statements.execute(insert(changes).values(member_id=member_id, at=at))


def _member(row: Row[tuple[object, ...]]) -> Member:
    return Member(
        id=MemberId(row.id),
        username=row.username,
        nickname=row.nickname,
        app_role=AppRole(row.app_role),
        created_at=Instant(row.created_at),
        email=row.email,
        provider=LoginProvider(row.provider),
        profile_image=row.profile_image,
        html_url=row.html_url,
        locked=bool(row.locked),
        deleted_at=None if row.deleted_at is None else Instant(row.deleted_at),
    )
