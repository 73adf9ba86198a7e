"""What becomes of the rooms of a member whose account is deleted (PROTOCOL §6).

Deleting the account is one small change; leaving each of its rooms is another, done by whoever finds one not done
yet. So a crash in between leaves nothing half-done for longer than it takes to start again.
"""

from dataclasses import replace

from pac.accounts.model import Actor, AppRole
from pac.clock import Instant
from pac.ids import IdSource
from pac.rooms.actions import give_up_place
from pac.rooms.events import Fact
from pac.rooms.model import Membership, Room, RoomMemberStatus, RoomRole, RoomStatus
from pac.rooms.record import audit, record
from pac.rooms.store import RoomTransaction


async def note_departures(tx: RoomTransaction, *, now: Instant, ids: IdSource, limit: int = 100) -> int:
    """Take members whose account is gone out of their rooms. How many places were given up."""
    departures = await tx.rooms.departures(limit)
    for membership in departures:
        room = await tx.rooms.by_id_to_change(membership.room_id)
        again = await tx.rooms.membership(membership.room_id, membership.member_id)
        if room is None or again is None or again.status is RoomMemberStatus.EXITED:
            continue
        if room.owner_id == again.member_id and room.status is RoomStatus.ALIVE:
            room = await _pass_on(tx, room, again, now=now, ids=ids)
        await give_up_place(tx, room, again, Fact.LEFT, now=now, ids=ids)
    return len(departures)


async def _pass_on(
    tx: RoomTransaction, room: Room, owner: Membership, *, now: Instant, ids: IdSource
) -> Room:
    """To the oldest SYSOP, else the oldest MEMBER; with neither, the room ends."""
    gone = Actor(owner.member_id, owner.nickname, AppRole.ROLE_USER)
    heir = await tx.rooms.successor(room.id, owner.member_id)
    if heir is None:
        room = replace(room, status=RoomStatus.ENDED, ended_at=now)
        await tx.rooms.save(room)
        await record(tx, room, Fact.ENDED, owner, now=now, ids=ids)
        await audit(tx, "room.ended", gone, room, now=now, ids=ids)
        return room
    room = replace(room, owner_id=heir.member_id)
    await tx.rooms.save(room)
    await tx.rooms.save_membership(replace(heir, role=RoomRole.SYSOP))
    await record(tx, room, Fact.OWNER, heir, now=now, ids=ids)
    await audit(tx, "room.owner", gone, room, now=now, ids=ids, target=heir.member_id)
    return room
