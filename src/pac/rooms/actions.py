"""The verbs of rooms, and the only writers of them. None commits: the caller's transaction is the boundary."""

from dataclasses import dataclass, replace

from pac import names
from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import (
    AlreadyJoined,
    FieldFault,
    Forbidden,
    InvalidFields,
    NotJoined,
    RoomIsFull,
)
from pac.ids import IdSource
from pac.rooms.access import access_room_to_change, access_room_to_join
from pac.rooms.events import Fact, RoomFact, RoomsChanged
from pac.rooms.model import (
    CAPACITY_MAX,
    QUIET_ABOVE,
    Membership,
    Room,
    RoomId,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomStatus,
)
from pac.rooms.rules import Action, role_on_joining
from pac.rooms.store import RoomTransaction


@dataclass(frozen=True, slots=True)
class RoomFields:
    """What a person fills in. `checked` is the one place where its limits stand."""

    name: str
    description: str = ""
    image_url: str | None = None
    capacity: int = 100
    public: RoomPublic = RoomPublic.AVAILABLE

    def checked(self) -> "RoomFields":
        """Normalized fields. Raises InvalidFields with every fault found, under their JSON names."""
        name = names.normalized(self.name)
        description = self.description.replace("\r\n", "\n").strip()
        faults = [
            names.fault_in_name("roomName", name, names.ROOM_NAME_MAX),
            names.fault_in_description("description", description),
            None
            if 1 <= self.capacity <= CAPACITY_MAX
            else FieldFault("capacity", "out_of_range", CAPACITY_MAX),
            FieldFault("imageUrl", "too_long", 512) if len(self.image_url or "") > 512 else None,
        ]
        found = [fault for fault in faults if fault is not None]
        if found:
            raise InvalidFields(*found)
        return replace(self, name=name, description=description)


async def create_room(
    tx: RoomTransaction, actor: Actor, fields: RoomFields, *, now: Instant, ids: IdSource
) -> tuple[Room, Membership]:
    """A room with its creator in it, as SYSOP and owner."""
    fields = fields.checked()
    room = Room(
        id=RoomId(ids.room_id()),
        name=fields.name,
        description=fields.description,
        image_url=fields.image_url,
        capacity=fields.capacity,
        public=fields.public,
        status=RoomStatus.ALIVE,
        owner_id=actor.id,
        created_at=now,
    )
    await tx.rooms.add(room)
    owner = Membership(room.id, actor.id, actor.nickname, RoomRole.SYSOP, RoomMemberStatus.ALIVE, now)
    await tx.rooms.save_membership(owner)
    await _record(tx, room, Fact.JOINED, actor, now=now, ids=ids)
    return room, owner


async def join_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> Membership:
    """Become one of the room. Raises RoomIsFull, AlreadyJoined, RoomHasEnded, Hidden.

    The room is held while its places are counted, so forty at once fill ten places with ten.
    """
    try:
        standing, _ = await access_room_to_join(tx, actor, room_id, now)
    except Forbidden:
        membership = await tx.rooms.membership(room_id, actor.id)
        if membership is not None and membership.is_present:
            raise AlreadyJoined from None
        raise
    present = await tx.rooms.count_present(room_id)
    if present >= standing.room.capacity:
        raise RoomIsFull(standing.room.capacity)
    membership = Membership(
        room_id, actor.id, actor.nickname, role_on_joining(standing.room.public), RoomMemberStatus.ALIVE, now
    )
    await tx.rooms.save_membership(membership)
    await _record(tx, standing.room, Fact.JOINED, actor, now=now, ids=ids, quiet=present + 1 > QUIET_ABOVE)
    return membership


async def exit_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> None:
    """Leave. Raises NotJoined, OwnerMayNotLeave, Hidden. The membership row stays, as EXITED."""
    try:
        standing = await access_room_to_change(tx, actor, room_id, Action.LEAVE, now)
    except Forbidden:
        raise NotJoined from None
    present = await tx.rooms.count_present(room_id)
    assert standing.membership is not None  # LEAVE is granted to those who are in
    await tx.rooms.save_membership(
        replace(standing.membership, status=RoomMemberStatus.EXITED, exited_at=now)
    )
    await _record(tx, standing.room, Fact.LEFT, actor, now=now, ids=ids, quiet=present > QUIET_ABOVE)


async def end_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> Room:
    """Nobody writes or joins any more; members go on reading. Raises RoomHasEnded when it already has."""
    standing = await access_room_to_change(tx, actor, room_id, Action.END, now)
    room = replace(standing.room, status=RoomStatus.ENDED, ended_at=now)
    await tx.rooms.save(room)
    await _record(tx, room, Fact.ENDED, actor, now=now, ids=ids)
    return room


async def _record(
    tx: RoomTransaction,
    room: Room,
    fact: Fact,
    actor: Actor,
    *,
    now: Instant,
    ids: IdSource,
    quiet: bool = False,
) -> None:
    await tx.rooms.record(RoomFact(ids.uuid7(now), room.id, fact, actor.id, actor.nickname, now, quiet))
    tx.emit(RoomsChanged())
