"""RoomStore on SQL: rooms, their lists, and what is told of them. Who is in them is in memberships.py."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from pac import names
from pac.accounts.model import MemberId
from pac.adapters.relational.asked import asked_table, asking
from pac.adapters.relational.memberships import Memberships, contains
from pac.adapters.relational.pages import beginning
from pac.adapters.relational.tables import changes, members, outbox, room_members, rooms
from pac.clock import Instant
from pac.rooms.events import RoomFact
from pac.rooms.model import (
    LobbySort,
    Membership,
    Page,
    Room,
    RoomId,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomRow,
    RoomStatus,
)

_ASKED = asked_table()
_ROOMS_ASKED = select(rooms).join_from(_ASKED, rooms, rooms.c.id == _ASKED.c.value)
_IN_THE_LOBBY = (RoomPublic.AVAILABLE, RoomPublic.OBSERVER, RoomPublic.PRIVATE)
WORDS_MAX = names.ROOM_NAME_MAX // 2
"""Of a search: no name has more. What follows is one word, which none has."""


@dataclass(frozen=True, slots=True)
class _Order:
    """A column, falling unless said otherwise; ties go by id in the same direction, as the indexes do."""

    column: str
    rising: bool = False

    def of(self, table: FromClause) -> list[ColumnElement[Any]]:
        keys: list[ColumnElement[Any]] = [table.c[self.column], table.c.id]
        return keys if self.rising else [key.desc() for key in keys]


class Rooms(Memberships):
    async def add(self, room: Room) -> None:
        await self._statements.execute(
            insert(rooms).values(
                id=room.id,
                last_activity_at=room.created_at,
                members_count=0,
                **_fields(room),
            )
        )

    async def by_id(self, room_id: RoomId) -> Room | None:
        row = (await self._statements.execute(select(rooms).where(rooms.c.id == room_id))).first()
        return None if row is None else _room(row)

    async def rows(
        self, places: Collection[tuple[RoomId, MemberId]]
    ) -> Mapping[tuple[RoomId, MemberId], RoomRow]:
        asked = asking({room_id for room_id, _ in places})
        found = {row.id: row for row in await self._statements.execute(_ROOMS_ASKED, asked)}
        memberships = await self.memberships_of(places)
        there = {room_id: _room(row) for room_id, row in found.items()}
        return {
            (room_id, member_id): RoomRow(
                there[room_id],
                found[room_id].members_count,
                Instant(found[room_id].last_activity_at),
                memberships.get((room_id, member_id)),
            )
            for room_id, member_id in places
            if room_id in there
        }

    async def by_id_to_change(self, room_id: RoomId) -> Room | None:
        # SQLite leaves FOR UPDATE out: its writing transaction holds everything.
        query = select(rooms).where(rooms.c.id == room_id).with_for_update()
        row = (await self._statements.execute(query)).first()
        return None if row is None else _room(row)

    async def save(self, room: Room) -> None:
        await self._statements.execute(update(rooms).where(rooms.c.id == room.id).values(**_fields(room)))

    async def lobby(
        self, actor: MemberId, *, number: int, size: int, query: str, sort: LobbySort
    ) -> Page[RoomRow]:
        shown = and_(rooms.c.status == RoomStatus.ALIVE, rooms.c.public.in_(_IN_THE_LOBBY))
        if query:
            shown = and_(shown, *(_named(word) for word in query.split(maxsplit=WORDS_MAX)))
        match sort:
            case LobbySort.NEWEST:
                order = _Order("created_at")
            case LobbySort.ACTIVITY:
                order = _Order("last_activity_at")
            case LobbySort.MEMBERS:
                order = _Order("members_count")
            case LobbySort.NAME:
                order = _Order("name_key", rising=True)
        return await self._page(actor, shown, order, number, size)

    async def owned_by(self, member_id: MemberId, *, number: int, size: int) -> Page[RoomRow]:
        owned = and_(rooms.c.owner_id == member_id, rooms.c.public != RoomPublic.VOID)
        return await self._page(member_id, owned, _Order("created_at"), number, size)

    async def joined_by(self, member_id: MemberId, *, number: int, size: int) -> Page[RoomRow]:
        joined = rooms.c.id.in_(
            select(room_members.c.room_id).where(
                room_members.c.member_id == member_id, room_members.c.status != RoomMemberStatus.EXITED
            )
        )
        shown = and_(joined, rooms.c.public != RoomPublic.VOID)
        return await self._page(member_id, shown, _Order("last_activity_at"), number, size)

    async def every_room(self, actor: MemberId, *, number: int, size: int, query: str) -> Page[RoomRow]:
        shown = contains(rooms.c.name_key, query) if query else true()
        return await self._page(actor, shown, _Order("created_at"), number, size)

    async def note_activity(self, at_by_room: Mapping[RoomId, Instant]) -> None:
        if at_by_room:
            await self._statements.execute(
                update(rooms)
                .where(rooms.c.id == bindparam("room"), rooms.c.last_activity_at < bindparam("moment"))
                .values(last_activity_at=bindparam("moment")),
                [{"room": room_id, "moment": at} for room_id, at in at_by_room.items()],
            )

    async def record(self, fact: RoomFact) -> None:
        values = {"room_id": fact.room_id, "fact": fact.fact, "member_id": fact.member_id, "at": fact.at}
        await self._statements.execute(insert(changes).values(**values))
        if not fact.quiet:
            await self._statements.execute(
                insert(outbox).values(id=fact.id, nickname=fact.nickname, detail=fact.detail, **values)
            )

    async def _page(
        self, actor: MemberId, shown: ColumnElement[bool], order: _Order, number: int, size: int
    ) -> Page[RoomRow]:
        """Two statements, however many rooms there are."""
        counting = select(func.count()).select_from(rooms).where(shown)
        total = int((await self._statements.execute(counting)).scalar_one())
        # The page is cut before memberships are joined to it, so that rooms that are skipped cost no look-up.
        page = (
            select(rooms)
            .where(shown)
            .order_by(*order.of(rooms))
            .limit(size)
            .offset(beginning(number, size))
            .subquery("page")
        )
        query = (
            select(
                page,
                room_members.c.member_id,
                room_members.c.role,
                room_members.c.status.label("member_status"),
                room_members.c.joined_at,
                room_members.c.void_until,
                room_members.c.read_seq,
                members.c.nickname,
            )
            .select_from(
                page.outerjoin(
                    room_members,
                    and_(
                        room_members.c.room_id == page.c.id,
                        room_members.c.member_id == actor,
                        room_members.c.status != RoomMemberStatus.EXITED,
                    ),
                ).outerjoin(members, members.c.id == room_members.c.member_id)
            )
            .order_by(*order.of(page))
        )
        found = tuple(_row(row) for row in await self._statements.execute(query))
        return Page(rows=found, number=number, size=size, total=total)


def _named(word: str) -> ColumnElement[bool]:
    """By a part of the name, or by the first consonants of its syllables."""
    if names.is_initials(names.key(word)):
        return or_(contains(rooms.c.name_key, word), contains(rooms.c.name_initials, word))
    return contains(rooms.c.name_key, word)


def _fields(room: Room) -> dict[str, object]:
    return {
        "name": room.name,
        "name_key": names.key(room.name),
        "name_initials": names.initials(room.name),
        "description": room.description,
        "image_url": room.image_url,
        "capacity": room.capacity,
        "public": room.public,
        "status": room.status,
        "owner_id": room.owner_id,
        "created_at": room.created_at,
        "ended_at": room.ended_at,
        "slow_mode_s": room.slow_mode_s,
        "former_public": room.former_public,
    }


def _room(row: Row[tuple[object, ...]]) -> Room:
    return Room(
        id=RoomId(row.id),
        name=row.name,
        description=row.description,
        image_url=row.image_url,
        capacity=row.capacity,
        public=RoomPublic(row.public),
        status=RoomStatus(row.status),
        owner_id=MemberId(row.owner_id),
        created_at=Instant(row.created_at),
        ended_at=None if row.ended_at is None else Instant(row.ended_at),
        slow_mode_s=row.slow_mode_s,
        former_public=None if row.former_public is None else RoomPublic(row.former_public),
    )


def _row(row: Row[tuple[object, ...]]) -> RoomRow:
    membership = None
    if row.member_id is not None:
        membership = Membership(
            RoomId(row.id),
            MemberId(row.member_id),
            row.nickname,
            RoomRole(row.role),
            RoomMemberStatus(row.member_status),
            Instant(row.joined_at),
            void_until=None if row.void_until is None else Instant(row.void_until),
            read_seq=row.read_seq,
        )
    return RoomRow(_room(row), row.members_count, Instant(row.last_activity_at), membership)
