"""The only way to get a room on somebody's behalf: fetch it, decide once, return what was fetched.

A room that is not there and one that may not be known raise the same Hidden (SECURITY 4.3, 4.4).
"""

from dataclasses import dataclass

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import Hidden
from pac.rooms.model import Membership, Room, RoomId
from pac.rooms.rules import Action, action_of_joining, decide
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
    room = await tx.rooms.by_id(room_id)
    if room is None:
        raise Hidden
    membership = await tx.rooms.membership(room_id, actor.id)
    return allowed(actor, Standing(room, membership), action, now)


async def access_room_to_change(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, action: Action, now: Instant
) -> Standing:
    """As access_room, holding the room until the transaction ends: what was decided stays true."""
    room = await tx.rooms.by_id_to_change(room_id)
    if room is None:
        raise Hidden
    membership = await tx.rooms.membership(room_id, actor.id)
    return allowed(actor, Standing(room, membership), action, now)


async def access_room_to_join(
    tx: RoomTransaction, actor: Actor, room_id: RoomId, now: Instant
) -> tuple[Standing, Action]:
    """The room to join, held, and which joining it is: as MEMBER or as OBSERVER."""
    room = await tx.rooms.by_id_to_change(room_id)
    if room is None:
        raise Hidden
    action = action_of_joining(room.public)
    membership = await tx.rooms.membership(room_id, actor.id)
    return allowed(actor, Standing(room, membership), action, now), action


def access_room_to_send(actor: Actor, standing: Standing, now: Instant) -> Standing:
    """The hot path: decides on what this node holds of a subscribed room (kept true by the change feed)."""
    return allowed(actor, standing, Action.SEND, now)


def allowed(actor: Actor, standing: Standing, action: Action, now: Instant) -> Standing:
    """`standing` again, or the refusal raised."""
    refusal = decide(actor, standing.room, standing.membership, action, now)
    if refusal is not None:
        raise refusal
    return standing
