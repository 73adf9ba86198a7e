"""The part of RoomStore that is about who is in a room, on SQL.

`rooms.members_count` is changed in the transaction that changes a membership, by the one function that does, so
that a lobby sorted by members and a check of the capacity count nothing.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, insert, select, update

from pac import names
from pac.accounts.model import MemberId
from pac.adapters.relational.asked import asked_table, asking, part
from pac.adapters.relational.pages import page_of
from pac.adapters.relational.statements import Statements
from pac.adapters.relational.tables import members, room_members, rooms
from pac.clock import Instant
from pac.rooms.model import Membership, Page, RoomId, RoomMemberStatus, RoomRole

_ROLE_ORDER = case((room_members.c.role == RoomRole.SYSOP, 0), else_=1)
_ASKED = asked_table()
_MEMBERSHIPS_ASKED = (
    select(room_members, members.c.nickname)
    .join_from(
        _ASKED,
        room_members,
        and_(room_members.c.room_id == part(_ASKED, 0), room_members.c.member_id == part(_ASKED, 1)),
    )
    .join(members, members.c.id == room_members.c.member_id)
)


class Memberships:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def membership(self, room_id: RoomId, member_id: MemberId) -> Membership | None:
        query = _memberships().where(room_members.c.room_id == room_id, room_members.c.member_id == member_id)
        row = (await self._statements.execute(query)).first()
        return None if row is None else _membership(row)

    async def memberships_of(
        self, places: Collection[tuple[RoomId, MemberId]]
    ) -> Mapping[tuple[RoomId, MemberId], Membership]:
        """As membership, by one query however many they are; those who never joined are left out."""
        rows = await self._statements.execute(_MEMBERSHIPS_ASKED, asking(places))
        return {(found.room_id, found.member_id): found for found in map(_membership, rows)}

    async def memberships(self, room_id: RoomId, *, limit: int, offset: int = 0) -> Sequence[Membership]:
        query = (
            _memberships()
            .where(room_members.c.room_id == room_id, room_members.c.status != RoomMemberStatus.EXITED)
            .order_by(_ROLE_ORDER, room_members.c.joined_at, room_members.c.member_id)
            .limit(limit)
            .offset(offset)
        )
        return [_membership(row) for row in await self._statements.execute(query)]

    async def members_page(
        self, room_id: RoomId, *, number: int, size: int, query: str = ""
    ) -> Page[Membership]:
        here = and_(room_members.c.room_id == room_id, room_members.c.status != RoomMemberStatus.EXITED)
        if query:
            here = and_(here, contains(members.c.nickname_key, query))
        return await page_of(
            self._statements,
            _memberships().where(here),
            [_ROLE_ORDER, room_members.c.joined_at, room_members.c.member_id],
            _membership,
            number=number,
            size=size,
        )

    async def successor(self, room_id: RoomId, but: MemberId) -> Membership | None:
        staying = (RoomMemberStatus.ALIVE, RoomMemberStatus.WARNING)
        query = (
            _memberships()
            .where(
                room_members.c.room_id == room_id,
                room_members.c.member_id != but,
                room_members.c.status.in_(staying),
                room_members.c.role != RoomRole.OBSERVER,
            )
            .order_by(_ROLE_ORDER, room_members.c.joined_at, room_members.c.member_id)
            .limit(1)
        )
        row = (await self._statements.execute(query)).first()
        return None if row is None else _membership(row)

    async def bans_over(self, now: Instant, limit: int) -> Sequence[Membership]:
        query = (
            _memberships()
            .where(room_members.c.status == RoomMemberStatus.VOID, room_members.c.void_until <= now)
            .order_by(room_members.c.void_until)
            .limit(limit)
        )
        return [_membership(row) for row in await self._statements.execute(query)]

    async def departures(self, limit: int) -> Sequence[Membership]:
        query = (
            _memberships()
            .where(members.c.deleted_at.is_not(None), room_members.c.status != RoomMemberStatus.EXITED)
            .order_by(room_members.c.room_id)
            .limit(limit)
        )
        return [_membership(row) for row in await self._statements.execute(query)]

    async def note_read(self, marks: Mapping[tuple[RoomId, MemberId], int]) -> None:
        if marks:
            await self._statements.execute(
                update(room_members)
                .where(
                    room_members.c.room_id == bindparam("room"),
                    room_members.c.member_id == bindparam("member"),
                    room_members.c.read_seq < bindparam("mark"),
                )
                .values(read_seq=bindparam("mark")),
                [
                    {"room": room_id, "member": member_id, "mark": seq}
                    for (room_id, member_id), seq in marks.items()
                ],
            )

    async def save_membership(self, membership: Membership) -> None:
        here = and_(
            room_members.c.room_id == membership.room_id, room_members.c.member_id == membership.member_id
        )
        values = {
            "role": membership.role,
            "status": membership.status,
            "joined_at": membership.joined_at,
            "exited_at": membership.exited_at,
            "void_until": membership.void_until,
            "read_seq": membership.read_seq,
        }
        before = (
            await self._statements.execute(select(room_members.c.status).where(here))
        ).scalar_one_or_none()
        if before is None:
            row = {"room_id": membership.room_id, "member_id": membership.member_id, **values}
            await self._statements.execute(insert(room_members).values(**row))
        else:
            await self._statements.execute(update(room_members).where(here).values(**values))
        was_present = before not in (None, RoomMemberStatus.EXITED)
        step = int(membership.is_present) - int(was_present)
        if step:
            await self._statements.execute(
                update(rooms)
                .where(rooms.c.id == membership.room_id)
                .values(members_count=rooms.c.members_count + step)
            )

    async def count_present(self, room_id: RoomId) -> int:
        query = select(rooms.c.members_count).where(rooms.c.id == room_id)
        return int((await self._statements.execute(query)).scalar_one_or_none() or 0)


def contains(column: ColumnElement[str], query: str) -> ColumnElement[bool]:
    """Case folded."""
    # Not LIKE: it gives % and _ a meaning, and reads no further than U+0000.
    return func.instr(column, names.key(query)) > 0


def _memberships() -> Select[tuple[object, ...]]:
    return select(room_members, members.c.nickname).join(members, members.c.id == room_members.c.member_id)


def _membership(row: Row[tuple[object, ...]]) -> Membership:
    return Membership(
        room_id=RoomId(row.room_id),
        member_id=MemberId(row.member_id),
        nickname=row.nickname,
        role=RoomRole(row.role),
        status=RoomMemberStatus(row.status),
        joined_at=Instant(row.joined_at),
        exited_at=None if row.exited_at is None else Instant(row.exited_at),
        void_until=None if row.void_until is None else Instant(row.void_until),
        read_seq=row.read_seq,
    )
