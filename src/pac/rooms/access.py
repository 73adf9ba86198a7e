"""The only way to get a room on somebody's behalf: fetch it, decide once, return what was fetched.

A room that is not there and one that may not be known raise the same Hidden, after the same queries (SECURITY
4.3, 4.4).
"""

from dataclasses import dataclass

from pac.accounts.model import Actor, MemberId
from pac.clock import Instant
from pac.errors import Hidden, NotAMember
from pac.rooms.model import Invitation, Membership, Room, RoomId, RoomRole, RoomRow
from pac.rooms.rules import Action, action_of_joining, decide, refuse_moderating
from pac.rooms.store import RoomTransaction


@dataclass(frozen=True, slots=True)
class Standing:
    """A room, and how the one who asked stands in it."""

    room: Room
    membership: Membership | None


async def access_room(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, action: Action, now: Instant
) -> Standing:
    """The room, if the actor may do this there. Raises the refusal otherwise."""
    return allowed(actor, await _standing(tx, actor, room_id, hold=False), action, now)


async def access_room_to_change(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, action: Action, now: Instant
) -> Standing:
    """As access_room, holding the room until the transaction ends: what was decided stays true."""
    return allowed(actor, await _standing(tx, actor, room_id, hold=True), action, now)


async def access_room_to_join(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, now: Instant, *, invited: bool = False
) -> tuple[Standing, Action]:
    """The room to join, held, and what joining it is: as MEMBER, as OBSERVER, or asking to be let in."""
    standing = await _standing(tx, actor, room_id, hold=True)
    action = action_of_joining(standing.room.public, invited=invited)
    return allowed(actor, standing, action, now, invited=invited), action


async def access_member_to_moderate(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, member_id: MemberId, action: Action, now: Instant
) -> tuple[Room, Membership]:
    """Somebody who is in the room, held, if the actor may do this to them. Raises Hidden for one who is not."""
    standing = await access_room_to_change(tx, actor, room_id, action, now)
    target = await tx.rooms.membership(room_id, member_id)
    if target is None or not target.is_present:
        raise Hidden
    refusal = refuse_moderating(actor, standing.room, target)
    if refusal is not None:
        raise refusal
    return standing.room, target


async def access_member_to_appoint(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, member_id: MemberId, now: Instant
) -> tuple[Standing, Membership]:
    """Who the owner wants to hand the room to. Raises NotAMember for one who cannot have it."""
    standing = await access_room_to_change(tx, actor, room_id, Action.APPOINT, now)
    target = await tx.rooms.membership(room_id, member_id)
    if target is None or not target.is_present or target.is_banned(now):
        raise NotAMember
    return standing, target


async def access_invitation(
    tx: RoomTransaction, actor: Actor, token_key: str, now: Instant
) -> tuple[Standing, Invitation]:
    """An invitation that would let this actor in now, with its room held.

    Raises the same Hidden for one that is unknown, used up, expired or revoked, and for one whose maker no longer
    runs the room (SECURITY 4.8).
    """
    invitation = await tx.admissions.invitation_by_token(token_key)
    if invitation is None or not invitation.is_open(now):
        raise Hidden
    maker = await tx.rooms.membership(invitation.room_id, invitation.created_by)
    if maker is None or not maker.is_present or maker.is_banned(now) or maker.role is not RoomRole.SYSOP:
        raise Hidden
    standing = await _standing(tx, actor, invitation.room_id, hold=True)
    return allowed(actor, standing, Action.KNOW, now, invited=True), invitation


def access_row(actor: Actor, row: RoomRow | None, action: Action, now: Instant) -> Standing:
    """As access_room, for a room that was read together with others (RoomStore.rows): the same decision. None is
    one that is not there."""
    if row is None:
        raise Hidden
    return allowed(actor, Standing(row.room, row.membership), action, now)


def access_room_to_send(actor: Actor, standing: Standing, now: Instant) -> Standing:
    """The hot path: decides on what this node holds of a subscribed room (kept true by the change feed)."""
    return allowed(actor, standing, Action.SEND, now)


def allowed(
    actor: Actor, standing: Standing, action: Action, now: Instant, *, invited: bool = False
) -> Standing:
    """`standing` again, or the refusal raised."""
    refusal = decide(actor, standing.room, standing.membership, action, now, invited=invited)
    if refusal is not None:
        raise refusal
    return standing


def may(actor: Actor, standing: Standing, action: Action, now: Instant) -> bool:
    """Whether `allowed` would pass: what a page or a row offers."""
    return decide(actor, standing.room, standing.membership, action, now) is None


async def _standing(tx: RoomTransaction, actor: Actor, room_id: RoomId, *, hold: bool) -> Standing:
    room = await (tx.rooms.by_id_to_change(room_id) if hold else tx.rooms.by_id(room_id))
    membership = await tx.rooms.membership(room_id, actor.id)
    if room is None:
        raise Hidden
    return Standing(room, membership)
