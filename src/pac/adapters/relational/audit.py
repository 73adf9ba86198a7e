"""AuditStore on SQL: rows are added and read, never changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from pac.accounts.model import MemberId
from pac.adapters.relational.pages import page_of
from pac.adapters.relational.statements import Statements
from pac.adapters.relational.tables import audit, members
from pac.clock import Instant
from pac.rooms.model import Page, RoomId
from pac.rooms.store import AuditEvent, AuditRow


class Audit:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def add(self, event: AuditEvent) -> None:
        await self._statements.execute(
            insert(audit).values(
                id=event.id,
                at=event.at,
                event=event.event,
                actor_id=event.actor_id,
                room_id=event.room_id,
                target_id=event.target_id,
                reason=event.reason,
            )
        )

    async def page(
        self, *, number: int, size: int, room_id: RoomId | None = None, only: Sequence[str] = ()
    ) -> Page[AuditRow]:
        actor, target = members.alias("actor"), members.alias("target")
        query = select(
            audit, actor.c.nickname.label("actor_name"), target.c.nickname.label("target_name")
        ).select_from(
            audit.outerjoin(actor, actor.c.id == audit.c.actor_id).outerjoin(
                target, target.c.id == audit.c.target_id
            )
        )
        if room_id is not None:
            query = query.where(audit.c.room_id == room_id)
        if only:
            query = query.where(audit.c.event.in_(only))
        return await page_of(self._statements, query, [audit.c.number.desc()], _row, number=number, size=size)


def _row(row: Row[Any]) -> AuditRow:
    event = AuditEvent(
        id=row.id,
        at=Instant(row.at),
        event=row.event,
        actor_id=MemberId(row.actor_id),
        room_id=None if row.room_id is None else RoomId(row.room_id),
        target_id=None if row.target_id is None else MemberId(row.target_id),
        reason=row.reason,
    )
    return AuditRow(event, row.actor_name or row.actor_id, row.target_name)
