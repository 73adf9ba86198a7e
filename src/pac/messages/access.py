"""The only way to read a log on somebody's behalf: REST, pages and socket all come through here."""

from dataclasses import dataclass

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import BadRequest
from pac.messages.log import MessageLog
from pac.messages.model import LogPage, Seq
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.rooms.store import RoomTransaction
from pac.transactions import Database

HISTORY_LIMIT = 50
HISTORY_LIMIT_MAX = 100


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of a log: before a seq, after a seq, or (neither) the latest. Raises BadRequest for both."""

    before: Seq | None = None
    after: Seq | None = None
    limit: int = HISTORY_LIMIT

    def __post_init__(self) -> None:
        if self.before is not None and self.after is not None:
            raise BadRequest("before and after: give one of them")
        if self.limit < 1:
            raise BadRequest("limit: 1 or more")


async def read_history(
    database: Database[RoomTransaction],
    log: MessageLog,
    actor: Actor,
    room_id: RoomId,
    part: Range,
    now: Instant,
) -> LogPage:
    """A page of the room's log, ascending, if the actor may read it. Raises the refusal, or LogUnavailable."""
    async with database.reading() as tx:
        await access_room(tx, actor, room_id, Action.READ_HISTORY, now)
    limit = min(part.limit, HISTORY_LIMIT_MAX)
    if part.after is not None:
        return await log.read_after(room_id, part.after, limit)
    return await log.read_before(room_id, part.before, limit)
