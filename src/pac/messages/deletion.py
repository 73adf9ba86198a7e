"""Taking a message away: one's own, or any where one may (PROTOCOL §3, delete).

Nothing leaves the log. The wish is an outbox row, as a membership's line is, and becomes a DELETED entry that
empties its target in the same append (messages/log.py). So a deletion that was begun happens once, whatever dies
in between, and whichever service it was asked of.
"""

import asyncio
from collections.abc import Awaitable, Callable

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import Hidden, LogUnavailable
from pac.ids import IdSource
from pac.messages.log import MessageLog
from pac.messages.model import Entry, MessageType, Seq
from pac.rooms.access import Standing, access_room, allowed, may
from pac.rooms.events import Fact
from pac.rooms.model import RoomId
from pac.rooms.record import audit, record
from pac.rooms.rules import Action
from pac.rooms.store import RoomTransaction
from pac.transactions import Database

LOOKS_AFTER_S = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)
"""The log is looked at so often, for 4 s in all: then nobody knows when it will be done (promise 6)."""

Wait = Callable[[float], Awaitable[object]]


async def delete_message(
    database: Database[RoomTransaction],
    log: MessageLog,
    actor: Actor,
    room_id: RoomId,
    seq: Seq,
    *,
    now: Instant,
    ids: IdSource,
    wait: Wait = asyncio.sleep,
) -> None:
    """The message is empty on return. One that is already is no error.

    Raises the refusal; Hidden for a seq that is no message somebody wrote; LogUnavailable when it is not known
    to be done yet: it will be. A stranger learns nothing of the log: the right is asked before anything of it.
    """
    async with database.reading() as tx:
        standing = await access_room(tx, actor, room_id, Action.KNOW, now)
    entry = await _entry(log, room_id, seq)
    own = entry is not None and entry.member_id == actor.id and entry.type is not MessageType.SYSTEM
    # Who may delete any may delete their own, also where they no longer write (an ended room).
    by_writing = own and not may(actor, standing, Action.DELETE_ANY, now)
    action = Action.SEND if by_writing else Action.DELETE_ANY
    allowed(actor, standing, action, now)
    if entry is None or entry.type is MessageType.SYSTEM:
        raise Hidden
    if entry.deleted is not None:
        return
    await _wish(database, actor, standing, seq, action, own=own, now=now, ids=ids)
    for pause in LOOKS_AFTER_S:
        await wait(pause)
        entry = await _entry(log, room_id, seq)
        if entry is None or entry.deleted is not None:
            return
    raise LogUnavailable("the deletion waits for the log")


async def _wish(
    database: Database[RoomTransaction],
    actor: Actor,
    standing: Standing,
    seq: Seq,
    action: Action,
    *,
    own: bool,
    now: Instant,
    ids: IdSource,
) -> None:
    """Decided anew with the room held, so that no right that has just gone is used."""
    async with database.writing() as tx:
        room_id = standing.room.id
        standing = await access_room(tx, actor, room_id, action, now)
        await record(tx, standing.room, Fact.DELETED, actor, now=now, ids=ids, detail=str(seq))
        if not own:
            await audit(tx, "message.deleted", actor, standing.room, now=now, ids=ids, reason=str(seq))


async def _entry(log: MessageLog, room_id: RoomId, seq: Seq) -> Entry | None:
    if seq < 1:
        return None
    page = await log.read_after(room_id, Seq(seq - 1), 1)
    return page.entries[0] if page.entries and page.entries[0].seq == seq else None
