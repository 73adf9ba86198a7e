"""Outbox on SQL: facts that are not in the log yet, in the order their changes were committed."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from pac.accounts.model import MemberId
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.tables import outbox
from pac.clock import Instant
from pac.rooms.events import Fact, RoomFact
from pac.rooms.model import RoomId

_AT_ONCE = 500
"""Ids in one statement: a driver's bound on parameters is far above."""


class SqlOutbox:
    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def pending(self, limit: int) -> Sequence[RoomFact]:
        async with self._database.reader() as statements:
            rows = await statements.execute(select(outbox).order_by(outbox.c.number).limit(limit))
        return [
            RoomFact(
                id=row.id,
                room_id=RoomId(row.room_id),
                fact=Fact(row.fact),
                member_id=MemberId(row.member_id),
                nickname=row.nickname,
                at=Instant(row.at),
                detail=row.detail,
            )
            for row in rows
        ]

    async def remove(self, fact_ids: Sequence[str]) -> None:
        if not fact_ids:
            return
        async with self._database.writer() as statements:
            for first in range(0, len(fact_ids), _AT_ONCE):
                some = fact_ids[first : first + _AT_ONCE]
                await statements.execute(delete(outbox).where(outbox.c.id.in_(some)))
