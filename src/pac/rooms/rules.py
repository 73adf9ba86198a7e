"""Who may do what in a room: one pure decision, asked by REST, socket and fan-out (SECURITY 4.1).

`_WHO_MAY` is the table of docs/AUTHORIZATION.md, cell by cell; a test reads both and walks every combination.
A new visibility is a column, a new action a row, a new state a line in `decide`; there is no second path.
"""

from enum import StrEnum
from functools import cache

from pac.accounts.model import Actor
from pac.clock import Instant
from pac.errors import Banned, Forbidden, Hidden, OwnerMayNotLeave, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.rooms.model import Membership, Room, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus

WARNED_SLOW_MODE_S = 10


class Action(StrEnum):
    """A row of the table each."""

    KNOW = "know"
    JOIN_AS_MEMBER = "join_as_member"
    JOIN_AS_OBSERVER = "join_as_observer"
    ASK = "ask"
    SUBSCRIBE = "subscribe"
    READ_HISTORY = "read_history"
    SEND = "send"
    DELETE_ANY = "delete_any"
    MODERATE = "moderate"
    ADMIT = "admit"
    CHANGE = "change"
    APPOINT = "appoint"
    END = "end"
    LEAVE = "leave"
    VOID = "void"
    BREAK_GLASS = "break_glass"


class Relation(StrEnum):
    """How somebody stands to a room: the letters of the table."""

    SYSOP = "S"
    MEMBER = "M"
    OBSERVER = "O"
    NONE = "N"
    INVITED = "I"
    ADMIN = "A"
    OWNER = "owner"


def _row(available: str, observer: str, private: str, invisible: str, void: str) -> "_Row":
    """The cells of one row, written as on the page."""
    cells = (available, observer, private, invisible, void)
    return {
        public: frozenset(Relation(letter) for letter in cell.split() if letter != "–")
        for public, cell in zip(RoomPublic, cells, strict=True)
    }


_Row = dict[RoomPublic, frozenset[Relation]]

_WHO_MAY: dict[Action, _Row] = {
    #                            AVAILABLE      OBSERVER       PRIVATE        INVISIBLE    VOID
    Action.KNOW: _row("S M O N I A", "S M O N I A", "S M O N I A", "S M O I A", "A"),
    Action.JOIN_AS_MEMBER: _row("N I", "I", "I", "I", "–"),
    Action.JOIN_AS_OBSERVER: _row("–", "N I", "–", "–", "–"),
    Action.ASK: _row("–", "–", "N", "–", "–"),
    Action.SUBSCRIBE: _row("S M O", "S M O N I", "S M O", "S M O", "–"),
    Action.READ_HISTORY: _row("S M O", "S M O N I", "S M O", "S M O", "–"),
    Action.SEND: _row("S M", "S M", "S M", "S M", "–"),
    Action.DELETE_ANY: _row("S A", "S A", "S A", "S A", "A"),
    Action.MODERATE: _row("S", "S", "S", "S", "–"),
    Action.ADMIT: _row("S", "S", "S", "S", "–"),
    Action.CHANGE: _row("S", "S", "S", "S", "–"),
    Action.APPOINT: _row("owner", "owner", "owner", "owner", "–"),
    Action.END: _row("owner A", "owner A", "owner A", "owner A", "A"),
    Action.LEAVE: _row("S M O", "S M O", "S M O", "S M O", "–"),
    Action.VOID: _row("A", "A", "A", "A", "A"),
    Action.BREAK_GLASS: _row("A", "A", "A", "A", "A"),
}

_JOINED = frozenset({Relation.SYSOP, Relation.MEMBER, Relation.OBSERVER})

_STAYS_AFTER_THE_END = frozenset(
    {
        Action.KNOW,
        Action.SUBSCRIBE,
        Action.READ_HISTORY,
        Action.DELETE_ANY,
        Action.LEAVE,
        Action.VOID,
        Action.BREAK_GLASS,
    }
)
"""Members go on reading an ended room and may leave it; administrators still look after it."""

_READING = frozenset({Action.SUBSCRIBE, Action.READ_HISTORY})

_BY_ROLE = {
    RoomRole.SYSOP: Relation.SYSOP,
    RoomRole.MEMBER: Relation.MEMBER,
    RoomRole.OBSERVER: Relation.OBSERVER,
}


def relations(
    actor: Actor, room: Room, membership: Membership | None, *, invited: bool = False
) -> frozenset[Relation]:
    """Every letter of the table that applies: an administrator is also what an ordinary stranger is."""
    if membership is None or not membership.is_present:
        return _letters(Relation.INVITED if invited else Relation.NONE, False, actor.is_admin)
    return _letters(_BY_ROLE[membership.role], room.owner_id == actor.id, actor.is_admin)


@cache
def _letters(standing: Relation, owns: bool, administers: bool) -> frozenset[Relation]:
    """Made once for each of the few there are: every message asks."""
    found = {standing}
    if owns:
        found.add(Relation.OWNER)
    if administers:
        found.add(Relation.ADMIN)
    return frozenset(found)


def decide(
    actor: Actor,
    room: Room,
    membership: Membership | None,
    action: Action,
    now: Instant,
    *,
    invited: bool = False,
) -> Refusal | None:
    """None when the actor may; else why not. `Hidden` when the actor may not even know of the room.

    Pure: the same arguments give the same answer. `now` is what timed states are measured against; `invited`
    says that the actor holds an open invitation to this room.
    """
    who = relations(actor, room, membership, invited=invited)
    if not who & _WHO_MAY[Action.KNOW][room.public]:
        return Hidden()
    if membership is not None and membership.is_banned(now):
        # Whoever is banned is nothing here any more, not even a stranger; an administrator stays one.
        who &= {Relation.ADMIN}
        if not who & _WHO_MAY[action][room.public]:
            return Banned(membership.void_until)
    if room.status is RoomStatus.ENDED:
        if action not in _STAYS_AFTER_THE_END:
            return RoomHasEnded()
        if action in _READING and not who & _JOINED:
            return Forbidden()  # members read an ended room, nobody else (PROTOCOL §6)
    if not who & _WHO_MAY[action][room.public]:
        if action is Action.SEND and who & _WHO_MAY[Action.SUBSCRIBE][room.public]:
            return RoomIsReadOnly()
        return Forbidden()
    if action is Action.LEAVE and Relation.OWNER in who and room.status is RoomStatus.ALIVE:
        return OwnerMayNotLeave()
    return None


def refuse_moderating(actor: Actor, room: Room, target: Membership) -> Refusal | None:
    """Beside the table: nobody moderates themselves or the owner, and only the owner a SYSOP (PROTOCOL §6)."""
    if target.member_id in (actor.id, room.owner_id):
        return Forbidden()
    if target.role is RoomRole.SYSOP and room.owner_id != actor.id:
        return Forbidden()
    return None


def slow_mode_s(room: Room, membership: Membership | None, now: Instant) -> int:
    """How many seconds lie between two messages of this member here; 0: as many as the rate allows."""
    if membership is None:
        return 0
    warned = membership.status_at(now) is RoomMemberStatus.WARNING
    own = WARNED_SLOW_MODE_S if warned else 0
    return own if membership.role is RoomRole.SYSOP else max(own, room.slow_mode_s)


def role_on_joining(public: RoomPublic, *, invited: bool = False) -> RoomRole:
    """What one becomes by joining: a reader where readers are free to come, else a member. An invitation makes
    a member everywhere."""
    return RoomRole.OBSERVER if public is RoomPublic.OBSERVER and not invited else RoomRole.MEMBER


def action_of_joining(public: RoomPublic, *, invited: bool = False) -> Action:
    """What pressing "join" asks for."""
    if public is RoomPublic.PRIVATE and not invited:
        return Action.ASK
    observes = role_on_joining(public, invited=invited) is RoomRole.OBSERVER
    return Action.JOIN_AS_OBSERVER if observes else Action.JOIN_AS_MEMBER


def sees_badge_only(room: Room, membership: Membership | None) -> bool:
    """To those who are not in it, a PRIVATE room is a name, a badge and a count (PROTOCOL §5, GET room)."""
    joined = membership is not None and membership.is_present
    return room.public is RoomPublic.PRIVATE and not joined


def is_void(room: Room) -> bool:
    """Disabled by an administrator."""
    return room.public is RoomPublic.VOID
