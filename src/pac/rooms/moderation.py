"""What SYSOPs do to members: kick, warn, ban, give roles. Who may do what to whom is rules.py's.

Each change is audited in its own transaction (SECURITY 10.4).
"""

from dataclasses import replace

from pac.accounts.model import Actor, MemberId
from pac.clock import Instant
from pac.errors import FieldFault, InvalidFields
from pac.ids import IdSource
from pac.rooms.access import access_member_to_moderate
from pac.rooms.actions import give_up_place
from pac.rooms.events import Fact
from pac.rooms.model import Membership, RoomId, RoomMemberStatus, RoomRole
from pac.rooms.record import audit, record
from pac.rooms.rules import Action
from pac.rooms.store import RoomTransaction

REASON_MAX = 200


def checked_reason(reason: str | None, *, required: bool = False) -> str:
    """One line of text. Raises InvalidFields."""
    text = " ".join((reason or "").split())
    if required and not text:
        raise InvalidFields(FieldFault("reason", "required"))
    if len(text) > REASON_MAX:
        raise InvalidFields(FieldFault("reason", "too_long", REASON_MAX))
    return text


async def kick(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, member_id: MemberId, *, now: Instant, ids: IdSource
) -> None:
    """Out of the room, free to come back as the room allows. Raises Hidden when they are not in it."""
    room, target = await access_member_to_moderate(tx, actor, room_id, member_id, Action.MODERATE, now)
    await give_up_place(tx, room, target, Fact.KICKED, now=now, ids=ids)
    await audit(tx, "member.kicked", actor, room, now=now, ids=ids, target=member_id)


async def give_role(
    tx: RoomTransaction,
    actor: Actor,
    room_id: RoomId,
    member_id: MemberId,
    role: RoomRole,
    *,
    now: Instant,
    ids: IdSource,
) -> Membership:
    """SYSOPs make members and observers; only the owner makes and unmakes SYSOPs."""
    action = Action.APPOINT if role is RoomRole.SYSOP else Action.MODERATE
    room, target = await access_member_to_moderate(tx, actor, room_id, member_id, action, now)
    if target.role is role:
        return target
    membership = replace(target, role=role)
    await tx.rooms.save_membership(membership)
    await record(tx, room, Fact.ROLE, target, now=now, ids=ids, detail=role.value)
    await audit(tx, "member.role", actor, room, now=now, ids=ids, target=member_id, reason=role.value)
    return membership


async def set_status(
    tx: RoomTransaction,
    actor: Actor,
    room_id: RoomId,
    member_id: MemberId,
    status: RoomMemberStatus,
    *,
    until: Instant | None = None,
    reason: str | None = None,
    now: Instant,
    ids: IdSource,
) -> Membership:
    """Ban (VOID, `until` a time or until it is lifted), warn (WARNING), or lift either (ALIVE).

    Raises InvalidFields for a time that has passed or that belongs to no ban.
    """
    said = checked_reason(reason)
    if status is RoomMemberStatus.EXITED:
        raise InvalidFields(FieldFault("status", "not_offered"))
    if until is not None and (status is not RoomMemberStatus.VOID or until <= now):
        raise InvalidFields(FieldFault("voidUntil", "past"))
    action = Action.MODERATE if status is RoomMemberStatus.VOID else Action.ADMIT
    room, target = await access_member_to_moderate(tx, actor, room_id, member_id, action, now)
    before = target.status_at(now)
    if before is status and target.void_until == until:
        return target
    membership = replace(target, status=status, void_until=until)
    await tx.rooms.save_membership(membership)
    # A change of a ban's time is told to open pages, and is no second line in the log.
    for fact, quiet in _facts(before, status):
        await record(tx, room, fact, target, now=now, ids=ids, quiet=quiet)
    await audit(
        tx, f"member.{status.value.lower()}", actor, room, now=now, ids=ids, target=member_id, reason=said
    )
    return membership


def _facts(before: RoomMemberStatus, after: RoomMemberStatus) -> list[tuple[Fact, bool]]:
    """What this change is called, and whether it is no line of the log."""
    alive, warned, banned = RoomMemberStatus.ALIVE, RoomMemberStatus.WARNING, RoomMemberStatus.VOID
    facts: list[tuple[Fact, bool]] = []
    if before is banned and after is not banned:
        facts.append((Fact.UNBANNED, False))
    if before is warned and after is alive:
        facts.append((Fact.UNWARNED, True))
    if after is warned:
        facts.append((Fact.WARNED, True))
    if after is banned:
        facts.append((Fact.BANNED, before is banned))
    return facts


async def note_ends_of_bans(tx: RoomTransaction, *, now: Instant, ids: IdSource, limit: int = 100) -> int:
    """Bans that have run out become ALIVE, and the room hears of it; how many there were.

    The rules measure bans against the clock, so this changes nobody's rights: it tells them.
    """
    over = await tx.rooms.bans_over(now, limit)
    for membership in over:
        room = await tx.rooms.by_id_to_change(membership.room_id)
        assert room is not None  # a membership has its room
        await tx.rooms.save_membership(replace(membership, status=RoomMemberStatus.ALIVE, void_until=None))
        await record(tx, room, Fact.UNBANNED, membership, now=now, ids=ids)
    return len(over)
