"""Who may do what in a room: one pure decision, asked by REST, socket and fan-out (SECURITY 4.1).

`_WHO_MAY` is the table of docs/AUTHORIZATION.md, cell by cell; a test reads both and walks every combination.
A new visibility is a column, a new action a row, a new state a line in `decide`; there is no second path.
"""

from enum import StrEnum

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import Forbidden, Hidden, OwnerMayNotLeave, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.rooms.model import Membership, Room, RoomPublic, RoomRole, RoomStatus


class Action(StrEnum):
    KNOW = "know"
    JOIN_AS_MEMBER = "join_as_member"
    JOIN_AS_OBSERVER = "join_as_observer"
    SUBSCRIBE = "subscribe"
    READ_HISTORY = "read_history"
    SEND = "send"
    END = "end"
    LEAVE = "leave"


class Relation(StrEnum):
    """How somebody stands to a room: the letters of the table."""

    SYSOP = "S"
    MEMBER = "M"
    OBSERVER = "O"
    NONE = "N"
    ADMIN = "A"
    OWNER = "owner"


_S, _M, _O, _N, _A, _OWNER = Relation
_EVERYONE = frozenset({_S, _M, _O, _N, _A})
_JOINED = frozenset({_S, _M, _O})
_WRITERS = frozenset({_S, _M})
_NOBODY: frozenset[Relation] = frozenset()

_WHO_MAY: dict[Action, dict[RoomPublic, frozenset[Relation]]] = {
    Action.KNOW: {RoomPublic.AVAILABLE: _EVERYONE, RoomPublic.OBSERVER: _EVERYONE},
    Action.JOIN_AS_MEMBER: {RoomPublic.AVAILABLE: frozenset({_N}), RoomPublic.OBSERVER: _NOBODY},
    Action.JOIN_AS_OBSERVER: {RoomPublic.AVAILABLE: _NOBODY, RoomPublic.OBSERVER: frozenset({_N})},
    Action.SUBSCRIBE: {RoomPublic.AVAILABLE: _JOINED, RoomPublic.OBSERVER: _JOINED | {_N}},
    Action.READ_HISTORY: {RoomPublic.AVAILABLE: _JOINED, RoomPublic.OBSERVER: _JOINED | {_N}},
    Action.SEND: {RoomPublic.AVAILABLE: _WRITERS, RoomPublic.OBSERVER: _WRITERS},
    Action.END: {RoomPublic.AVAILABLE: frozenset({_OWNER, _A}), RoomPublic.OBSERVER: frozenset({_OWNER, _A})},
    Action.LEAVE: {RoomPublic.AVAILABLE: _JOINED, RoomPublic.OBSERVER: _JOINED},
}

_NOT_AFTER_THE_END = frozenset({Action.JOIN_AS_MEMBER, Action.JOIN_AS_OBSERVER, Action.SEND, Action.END})

_BY_ROLE = {RoomRole.SYSOP: _S, RoomRole.MEMBER: _M, RoomRole.OBSERVER: _O}


def relations(actor: Actor, room: Room, membership: Membership | None) -> frozenset[Relation]:
    """Every letter of the table that applies: an administrator is also what an ordinary stranger is."""
    joined = membership is not None and membership.is_present
    found = {_BY_ROLE[membership.role] if joined and membership is not None else _N}
    if joined and room.owner_id == actor.id:
        found.add(_OWNER)
    if actor.is_admin:
        found.add(_A)
    return frozenset(found)


def decide(
    actor: Actor, room: Room, membership: Membership | None, action: Action, now: Instant
) -> Refusal | None:
    """None when the actor may; else why not. `Hidden` when the actor may not even know of the room.

    Pure: the same arguments give the same answer. `now` is what timed states are measured against.
    """
    who = relations(actor, room, membership)
    if not who & _WHO_MAY[Action.KNOW][room.public]:
        return Hidden()
    if room.status is RoomStatus.ENDED:
        if action in _NOT_AFTER_THE_END:
            return RoomHasEnded()
        if action is not Action.KNOW and not who & _JOINED:
            return Forbidden()  # members read an ended room, nobody else (PROTOCOL §6)
    if not who & _WHO_MAY[action][room.public]:
        if action is Action.SEND and who & {_O, _N} and room.public is RoomPublic.OBSERVER:
            return RoomIsReadOnly()
        return Forbidden()
    if action is Action.LEAVE and _OWNER in who and room.status is RoomStatus.ALIVE:
        return OwnerMayNotLeave()
    return None


def role_on_joining(public: RoomPublic) -> RoomRole:
    """What one becomes by joining: a reader where readers are free to come, else a member."""
    match public:
        case RoomPublic.OBSERVER:
            return RoomRole.OBSERVER
        case RoomPublic.AVAILABLE:
            return RoomRole.MEMBER


def action_of_joining(public: RoomPublic) -> Action:
    return Action.JOIN_AS_OBSERVER if role_on_joining(public) is RoomRole.OBSERVER else Action.JOIN_AS_MEMBER
