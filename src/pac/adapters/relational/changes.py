"""ChangeFeed on SQL."""

from collections.abc import Sequence

from sqlalchemy import func, select

from pac.accounts.model import MemberId
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.tables import changes
from pac.rooms.changes import Change
from pac.rooms.events import Fact
from pac.rooms.model import RoomId

FEED_PAGE = 1_000


class SqlChangeFeed:
    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def after(self, cursor: int) -> Sequence[Change]:
        query = select(changes).where(changes.c.number > cursor).order_by(changes.c.number).limit(FEED_PAGE)
        async with self._database.reader() as statements:
            rows = await statements.execute(query)
            return [
                Change(
                    number=row.number,
                    member_id=MemberId(row.member_id),
                    room_id=None if row.room_id is None else RoomId(row.room_id),
                    fact=None if row.fact is None else Fact(row.fact),
                )
                for row in rows
            ]

    async def cursor(self) -> int:
        async with self._database.reader() as statements:
            return int((await statements.execute(select(func.max(changes.c.number)))).scalar_one() or 0)
