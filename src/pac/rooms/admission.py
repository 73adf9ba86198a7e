"""Letting people in: answering those who ask, and invitations by link (SECURITY 4.8).

An invitation's token is 128 random bits, shown once to its maker; only its SHA-256 is kept. It is worth nothing
any more when its maker no longer runs the room.
"""

import hashlib
from dataclasses import replace
from enum import StrEnum

from pac.accounts.model import Actor, MemberId
from pac.clock import HOUR_MS, Instant
from pac.errors import AlreadyJoined, FieldFault, Forbidden, Hidden, InvalidFields
from pac.ids import IdSource
from pac.rooms.access import (
    Standing,
    access_invitation,
    access_room,
    access_room_to_change,
    access_room_to_join,
)
from pac.rooms.actions import take_place
from pac.rooms.events import Fact
from pac.rooms.model import Invitation, JoinRequest, Membership, Page, RoomId
from pac.rooms.record import audit, record
from pac.rooms.rules import Action, role_on_joining
from pac.rooms.store import RoomTransaction

USES_MAX = 10_000
HOURS_MAX = 8_760


class Decision(StrEnum):
    ACCEPT = "ACCEPT"
    REFUSE = "REFUSE"


async def requests(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, number: int, size: int, now: Instant
) -> Page[JoinRequest]:
    """Who asks to be let in, oldest first."""
    await access_room(tx, actor, room_id, Action.ADMIT, now)
    return await tx.admissions.requests(room_id, number=number, size=size)


async def answer_request(
    tx: RoomTransaction,
    actor: Actor,
    room_id: RoomId,
    member_id: MemberId,
    decision: Decision,
    *,
    now: Instant,
    ids: IdSource,
    read_up_to: int = 0,
) -> None:
    """Let in or turn away somebody who asked. Raises Hidden for one who did not, RoomIsFull (they still ask)."""
    standing = await access_room_to_change(tx, actor, room_id, Action.ADMIT, now)
    asked = await tx.admissions.request(room_id, member_id)
    member = await tx.accounts.by_id(member_id)
    if asked is None or member is None:
        raise Hidden
    room = standing.room
    if decision is Decision.REFUSE:
        await tx.admissions.remove_request(room_id, member_id)
        await record(tx, room, Fact.REFUSED, member.actor, now=now, ids=ids)
        return
    role = role_on_joining(room.public, invited=True)
    await take_place(tx, room, member.actor, role, now=now, ids=ids, read_up_to=read_up_to)
    await record(tx, room, Fact.ACCEPTED, member.actor, now=now, ids=ids)


def token_key(token: str) -> str:
    """What is kept of an invitation's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def invite(
    tx: RoomTransaction,
    actor: Actor,
    room_id: RoomId,
    *,
    max_uses: int | None = None,
    expires_in_hours: int | None = None,
    now: Instant,
    ids: IdSource,
) -> tuple[Invitation, str]:
    """A new invitation and its token, which is not to be had again. Raises InvalidFields."""
    faults = [
        FieldFault(field, "out_of_range", largest)
        for field, value, largest in (
            ("maxUses", max_uses, USES_MAX),
            ("expiresInHours", expires_in_hours, HOURS_MAX),
        )
        if value is not None and not 1 <= value <= largest
    ]
    if faults:
        raise InvalidFields(*faults)
    standing = await access_room_to_change(tx, actor, room_id, Action.MODERATE, now)
    token = ids.invitation()
    expires_at = None if expires_in_hours is None else Instant(now + expires_in_hours * HOUR_MS)
    invitation = Invitation(ids.uuid7(now), room_id, actor.id, now, expires_at, max_uses)
    await tx.admissions.add_invitation(invitation, token_key(token))
    await audit(tx, "room.invitation", actor, standing.room, now=now, ids=ids)
    return invitation, token


async def open_invitations(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, *, number: int, size: int, now: Instant
) -> Page[Invitation]:
    await access_room(tx, actor, room_id, Action.MODERATE, now)
    return await tx.admissions.open_invitations(room_id, now, number=number, size=size)


async def revoke_invitation(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, invitation_id: str, *, now: Instant, ids: IdSource
) -> None:
    """Raises Hidden for one that is not open, or not this room's."""
    standing = await access_room_to_change(tx, actor, room_id, Action.MODERATE, now)
    invitation = await tx.admissions.invitation(room_id, invitation_id)
    if invitation is None or not invitation.is_open(now):
        raise Hidden
    await tx.admissions.save_invitation(replace(invitation, revoked_at=now))
    await audit(tx, "room.invitation_revoked", actor, standing.room, now=now, ids=ids)


async def preview(tx: RoomTransaction, actor: Actor, token: str, now: Instant) -> tuple[Standing, Invitation]:
    """What somebody who holds the link may see before accepting. Raises Hidden, see access_invitation."""
    return await access_invitation(tx, actor, token_key(token), now)


async def accept_invitation(
    tx: RoomTransaction, actor: Actor, token: str, *, now: Instant, ids: IdSource, read_up_to: int = 0
) -> Membership:
    """Come in by a link. Raises Hidden, AlreadyJoined, RoomIsFull, RoomHasEnded, Banned, Forbidden in a VOID room."""
    known, invitation = await access_invitation(tx, actor, token_key(token), now)
    try:
        standing, _ = await access_room_to_join(tx, actor, invitation.room_id, now, invited=True)
    except Forbidden:
        if known.membership is not None and known.membership.is_present:
            raise AlreadyJoined from None
        raise
    role = role_on_joining(standing.room.public, invited=True)
    membership = await take_place(tx, standing.room, actor, role, now=now, ids=ids, read_up_to=read_up_to)
    await tx.admissions.save_invitation(replace(invitation, uses=invitation.uses + 1))
    return membership
