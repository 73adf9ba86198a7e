"""The verbs of rooms: make, join, leave, change, hand over, end. None commits: the caller's transaction is the
boundary. What is done to other members is in moderation.py, letting people in in admission.py.
"""

from dataclasses import dataclass, replace

from pac import names
from pac.accounts.model import Actor, MemberId
from pac.clock import Instant
from pac.errors import (
    AlreadyJoined,
    CapacityTooSmall,
    FieldFault,
    Forbidden,
    InvalidFields,
    NotJoined,
    RoomIsFull,
)
from pac.ids import IdSource
from pac.rooms.access import access_member_to_appoint, access_room_to_change, access_room_to_join
from pac.rooms.events import Fact
from pac.rooms.model import (
    CAPACITY_MAX,
    QUIET_ABOVE,
    JoinRequest,
    Membership,
    Room,
    RoomId,
    RoomMemberStatus,
    RoomPublic,
    RoomRole,
    RoomStatus,
)
from pac.rooms.record import audit, record
from pac.rooms.rules import Action, role_on_joining
from pac.rooms.store import RoomTransaction

SLOW_MODE_MAX_S = 3_600
IMAGE_URL_MAX = 512


@dataclass(frozen=True, slots=True)
class RoomFields:
    """What a person fills in. `checked` is the one place where its limits stand."""

    name: str
    description: str = ""
    image_url: str | None = None
    capacity: int = 100
    public: RoomPublic = RoomPublic.AVAILABLE
    slow_mode_s: int = 0

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
            FieldFault("imageUrl", "too_long", IMAGE_URL_MAX)
            if len(self.image_url or "") > IMAGE_URL_MAX
            else None,
            FieldFault("roomPublic", "not_offered") if self.public is RoomPublic.VOID else None,
            None
            if 0 <= self.slow_mode_s <= SLOW_MODE_MAX_S
            else FieldFault("slowModeSeconds", "out_of_range_from_zero", SLOW_MODE_MAX_S),
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
        slow_mode_s=fields.slow_mode_s,
    )
    await tx.rooms.add(room)
    owner = Membership(room.id, actor.id, actor.nickname, RoomRole.SYSOP, RoomMemberStatus.ALIVE, now)
    await tx.rooms.save_membership(owner)
    await record(tx, room, Fact.JOINED, actor, now=now, ids=ids)
    await audit(tx, "room.created", actor, room, now=now, ids=ids)
    return room, owner


async def join_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource, read_up_to: int = 0
) -> Membership | None:
    """Become one of the room, or ask to: None when somebody has to let them in first.

    Raises RoomIsFull, AlreadyJoined, RoomHasEnded, Banned, Hidden, Forbidden. `read_up_to` is the room's newest
    seq, so that nothing said before counts as unread. The room is held while its places are counted, so forty at
    once fill ten places with ten.
    """
    try:
        standing, action = await access_room_to_join(tx, actor, room_id, now)
    except Forbidden:
        membership = await tx.rooms.membership(room_id, actor.id)
        if membership is not None and membership.is_present:
            raise AlreadyJoined from None
        raise
    if action is Action.ASK:
        if await tx.admissions.ask(JoinRequest(room_id, actor.id, actor.nickname, now)):
            await record(tx, standing.room, Fact.ASKED, actor, now=now, ids=ids)
        return None
    role = role_on_joining(standing.room.public)
    return await take_place(tx, standing.room, actor, role, now=now, ids=ids, read_up_to=read_up_to)


async def take_place(
    tx: RoomTransaction,
    room: Room,
    actor: Actor,
    role: RoomRole,
    *,
    now: Instant,
    ids: IdSource,
    read_up_to: int,
) -> Membership:
    """Put somebody into a room that is held, if a place is free. Whether they may was decided before."""
    present = await tx.rooms.count_present(room.id)
    if present >= room.capacity:
        raise RoomIsFull(room.capacity)
    membership = Membership(
        room.id, actor.id, actor.nickname, role, RoomMemberStatus.ALIVE, now, read_seq=read_up_to
    )
    await tx.rooms.save_membership(membership)
    await tx.admissions.remove_request(room.id, actor.id)
    await record(tx, room, Fact.JOINED, actor, now=now, ids=ids, quiet=present + 1 > QUIET_ABOVE)
    return membership


async def exit_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> None:
    """Leave; the membership row stays, as EXITED. Raises NotJoined, OwnerMayNotLeave, Hidden, Forbidden (VOID)."""
    try:
        standing = await access_room_to_change(tx, actor, room_id, Action.LEAVE, now)
    except Forbidden:
        membership = await tx.rooms.membership(room_id, actor.id)
        if membership is None or not membership.is_present:
            raise NotJoined from None
        raise
    assert standing.membership is not None  # LEAVE is granted to those who are in
    await give_up_place(tx, standing.room, standing.membership, Fact.LEFT, now=now, ids=ids)


async def give_up_place(
    tx: RoomTransaction, room: Room, membership: Membership, fact: Fact, *, now: Instant, ids: IdSource
) -> None:
    """`fact` says how: left, or kicked. A room of many tells of neither in its log (PROTOCOL §3, message)."""
    present = await tx.rooms.count_present(room.id)
    await tx.rooms.save_membership(
        replace(membership, status=RoomMemberStatus.EXITED, exited_at=now, void_until=None)
    )
    quiet = fact is Fact.LEFT and present > QUIET_ABOVE
    await record(tx, room, fact, membership, now=now, ids=ids, quiet=quiet)


@dataclass(frozen=True, slots=True)
class RoomChange:
    """What is to be different; None for what stays. `image_url` "" takes the picture away."""

    name: str | None = None
    description: str | None = None
    image_url: str | None = None
    capacity: int | None = None
    public: RoomPublic | None = None
    slow_mode_s: int | None = None

    def of(self, room: Room) -> RoomFields:
        """All fields of the room after the change. Raises InvalidFields."""

        def either(new: str | None, old: str) -> str:
            return old if new is None else new

        return RoomFields(
            either(self.name, room.name),
            either(self.description, room.description),
            either(self.image_url, room.image_url or "") or None,
            room.capacity if self.capacity is None else self.capacity,
            room.public if self.public is None else self.public,
            room.slow_mode_s if self.slow_mode_s is None else self.slow_mode_s,
        ).checked()


async def change_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, change: RoomChange, *, now: Instant, ids: IdSource
) -> Room:
    """Raises InvalidFields, CapacityTooSmall, Forbidden for VOID. Nobody's role changes with the visibility."""
    standing = await access_room_to_change(tx, actor, room_id, Action.CHANGE, now)
    if change.public is RoomPublic.VOID:
        raise Forbidden  # an administrator's doing, with a reason (administration.void_room)
    before, fields = standing.room, change.of(standing.room)
    present = await tx.rooms.count_present(room_id)
    if change.capacity is not None and fields.capacity < present:
        raise CapacityTooSmall(present)
    room = replace(
        before,
        name=fields.name,
        description=fields.description,
        image_url=fields.image_url,
        capacity=fields.capacity,
        public=fields.public,
        slow_mode_s=fields.slow_mode_s,
    )
    if room == before:
        return room
    await tx.rooms.save(room)
    if room.name != before.name:
        await record(tx, room, Fact.RENAMED, actor, now=now, ids=ids, detail=room.name)
    if replace(room, name=before.name) != before:
        await record(tx, room, Fact.CHANGED, actor, now=now, ids=ids)
    if room.public is not before.public:
        await audit(tx, "room.visibility", actor, room, now=now, ids=ids, reason=room.public.value)
    return room


async def modify_room(
    tx: RoomTransaction,
    actor: Actor,
    room_id: RoomId,
    change: RoomChange,
    status: RoomStatus | None,
    *,
    now: Instant,
    ids: IdSource,
) -> None:
    """As change_room; `status` ENDED also ends it, ALIVE says nothing new."""
    ends = status is RoomStatus.ENDED
    if change != RoomChange() or not ends:
        await change_room(tx, actor, room_id, change, now=now, ids=ids)
    if ends:
        await end_room(tx, actor, room_id, now=now, ids=ids)


async def hand_over(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, to: MemberId, *, now: Instant, ids: IdSource
) -> Room:
    """The owner and a member of the room swap their roles. Raises NotAMember."""
    standing, target = await access_member_to_appoint(tx, actor, room_id, to, now)
    if target.member_id == actor.id:
        return standing.room
    assert standing.membership is not None  # the owner is in the room
    room = replace(standing.room, owner_id=target.member_id)
    await tx.rooms.save(room)
    await tx.rooms.save_membership(replace(target, role=RoomRole.SYSOP))
    await tx.rooms.save_membership(replace(standing.membership, role=target.role))
    await record(tx, room, Fact.OWNER, target, now=now, ids=ids)
    if target.role is not RoomRole.SYSOP:
        await record(tx, room, Fact.ROLE, actor, now=now, ids=ids, detail=target.role.value)
    await audit(tx, "room.owner", actor, room, now=now, ids=ids, target=target.member_id)
    return room


async def end_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, now: Instant, ids: IdSource
) -> Room:
    """Nobody writes or joins any more; members go on reading. Raises RoomHasEnded when it already has."""
    standing = await access_room_to_change(tx, actor, room_id, Action.END, now)
    room = replace(standing.room, status=RoomStatus.ENDED, ended_at=now)
    await tx.rooms.save(room)
    await record(tx, room, Fact.ENDED, actor, now=now, ids=ids)
    await audit(tx, "room.ended", actor, room, now=now, ids=ids)
    return room
