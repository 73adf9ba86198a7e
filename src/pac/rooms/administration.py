"""What administrators do to rooms, each with a reason and an audit line: disable, enable, end, read a closed log.

They see that every room exists and read none, unless they break the glass; the room's SYSOPs are shown that they
did (SECURITY 4.7, PROTOCOL §6).
"""

from dataclasses import replace

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.ids import IdSource
from pac.rooms.access import access_room, access_room_to_change
from pac.rooms.actions import end_room
from pac.rooms.events import Fact
from pac.rooms.model import Page, Room, RoomId, RoomPublic
from pac.rooms.moderation import checked_reason
from pac.rooms.record import audit, record
from pac.rooms.rules import Action
from pac.rooms.store import AuditRow, RoomTransaction

BROKE_GLASS = "room.broke_glass"


async def void_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, reason: str | None, *, now: Instant, ids: IdSource
) -> Room:
    """Disable a room: nobody reads, joins or writes, and only administrators know of it."""
    said = checked_reason(reason, required=True)
    room = (await access_room_to_change(tx, actor, room_id, Action.VOID, now)).room
    if room.public is RoomPublic.VOID:
        return room
    voided = replace(room, public=RoomPublic.VOID, former_public=room.public)
    await tx.rooms.save(voided)
    await record(tx, voided, Fact.VOIDED, actor, now=now, ids=ids)
    await audit(tx, "room.voided", actor, voided, now=now, ids=ids, reason=said)
    return voided


async def unvoid_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, reason: str | None, *, now: Instant, ids: IdSource
) -> Room:
    """The room is again what it was before."""
    said = checked_reason(reason, required=True)
    room = (await access_room_to_change(tx, actor, room_id, Action.VOID, now)).room
    if room.public is not RoomPublic.VOID:
        return room
    restored = replace(room, public=room.former_public or RoomPublic.INVISIBLE, former_public=None)
    await tx.rooms.save(restored)
    await record(tx, restored, Fact.UNVOIDED, actor, now=now, ids=ids)
    await audit(tx, "room.unvoided", actor, restored, now=now, ids=ids, reason=said)
    return restored


async def end_by_administrator(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> Room:
    """As the owner would. Raises Forbidden for anyone who is no administrator, the owner included."""
    await access_room(tx, actor, room_id, Action.VOID, now)
    return await end_room(tx, actor, room_id, now=now, ids=ids)


async def break_glass(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, reason: str | None, *, now: Instant, ids: IdSource
) -> Room:
    """Leave to read the room's log once. The audit line is committed before a line of the log is read."""
    said = checked_reason(reason, required=True)
    room = (await access_room_to_change(tx, actor, room_id, Action.BREAK_GLASS, now)).room
    await audit(tx, BROKE_GLASS, actor, room, now=now, ids=ids, reason=said)
    return room


async def glass_broken(tx: RoomTransaction, room_id: RoomId, *, size: int = 20) -> Page[AuditRow]:
    """When administrators read this room's log, and why: shown to its SYSOPs."""
    return await tx.audit.page(number=0, size=size, room_id=room_id, only=[BROKE_GLASS])
