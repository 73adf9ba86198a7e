"""The one decision, walked through every combination, against the table of docs/AUTHORIZATION.md."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from pac.accounts.model import Actor, AppRole, MemberId
from pac.clock import HOUR_MS, Instant
from pac.errors import Banned, Forbidden, Hidden, OwnerMayNotLeave, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.rooms.model import Membership, Room, RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.rooms.rules import (
    Action,
    Relation,
    action_of_joining,
    decide,
    refuse_moderating,
    relations,
    role_on_joining,
    sees_badge_only,
    slow_mode_s,
)
from tests.support.clock import START

PAGE = Path(__file__).resolve().parents[2] / "docs" / "AUTHORIZATION.md"
STAYS_AFTER_THE_END = {
    Action.KNOW,
    Action.SUBSCRIBE,
    Action.READ_HISTORY,
    Action.DELETE_ANY,
    Action.LEAVE,
    Action.VOID,
    Action.BREAK_GLASS,
}
READING = {Action.SUBSCRIBE, Action.READ_HISTORY}
JOINED = {Relation.SYSOP, Relation.MEMBER, Relation.OBSERVER}
LATER = Instant(START + HOUR_MS)

Table = dict[tuple[Action, RoomPublic], frozenset[Relation]]


def parse(text: str) -> Table:
    """The table of the page. Raises ValueError for an action, a visibility or a letter that is none."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    visibilities = [RoomPublic(name) for name in rows[0][2:]]
    table: Table = {}
    for row in rows[2:]:
        named = re.fullmatch(r"`(\w+)`", row[1])
        if named is None:
            raise ValueError(f"no action: {row[1]}")
        for visibility, cell in zip(visibilities, row[2:], strict=True):
            letters = [] if cell == "–" else cell.split()
            table[Action(named[1]), visibility] = frozenset(Relation(letter) for letter in letters)
    return table


TABLE = parse(PAGE.read_text(encoding="utf-8"))

ADA = Actor(MemberId("ada"), "Ada", AppRole.ROLE_USER)
ROOT = Actor(MemberId("root"), "Root", AppRole.ROLE_ADMIN)
RELATIONS = [*RoomRole, "owner", "exited", "none", "invited"]
STATUSES = [RoomMemberStatus.ALIVE, RoomMemberStatus.WARNING, RoomMemberStatus.VOID]


def a_room(public: RoomPublic, status: RoomStatus, owner: str = "somebody") -> Room:
    return Room(RoomId("r"), "Plaza", "", None, 100, public, status, MemberId(owner), START)


def a_membership(
    actor: Actor, relation: str, status: RoomMemberStatus = RoomMemberStatus.ALIVE
) -> Membership | None:
    if relation in ("none", "invited"):
        return None
    role = RoomRole(relation) if relation in list(RoomRole) else RoomRole.SYSOP
    if relation == "exited":
        status = RoomMemberStatus.EXITED
    until = LATER if status is RoomMemberStatus.VOID else None
    return Membership(RoomId("r"), actor.id, actor.nickname, role, status, START, void_until=until)


def letters(actor: Actor, relation: str) -> set[Relation]:
    """What applies to this person, said from the page and not from the code."""
    found = {
        RoomRole.SYSOP: {Relation.SYSOP},
        RoomRole.MEMBER: {Relation.MEMBER},
        RoomRole.OBSERVER: {Relation.OBSERVER},
        "owner": {Relation.SYSOP, Relation.OWNER},
        "exited": {Relation.NONE},
        "none": {Relation.NONE},
        "invited": {Relation.INVITED},
    }[relation]
    return found | ({Relation.ADMIN} if actor.is_admin else set())


def expected(
    who: set[Relation], action: Action, public: RoomPublic, status: RoomStatus, *, banned: bool = False
) -> type[Refusal] | None:
    if not who & TABLE[Action.KNOW, public]:
        return Hidden
    if banned:
        who = who & {Relation.ADMIN}
        if not who & TABLE[action, public]:
            return Banned
    if status is RoomStatus.ENDED and action not in STAYS_AFTER_THE_END:
        return RoomHasEnded
    if status is RoomStatus.ENDED and action in READING and not who & JOINED:
        return Forbidden
    if not who & TABLE[action, public]:
        reads_along = action is Action.SEND and who & TABLE[Action.SUBSCRIBE, public]
        return RoomIsReadOnly if reads_along else Forbidden
    if action is Action.LEAVE and Relation.OWNER in who and status is RoomStatus.ALIVE:
        return OwnerMayNotLeave
    return None


CELLS = list(product([ADA, ROOT], RELATIONS, STATUSES, Action, RoomPublic, RoomStatus))


@pytest.mark.req("4.2")
def test_the_page_has_a_row_for_every_action_and_a_column_for_every_visibility() -> None:
    assert set(TABLE) == set(product(Action, RoomPublic))


@pytest.mark.req("4.2")
@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("| S M O N I A | S M O N I A |", "| S M O N X | S |"),
        ("`end`", "`destroy`"),
        ("`send`", "send"),
        ("INVISIBLE | VOID |\n", "SECRET | VOID |\n"),
    ],
)
def test_a_page_with_an_unknown_letter_action_or_visibility_is_refused(found: str, instead: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert found in text
    with pytest.raises(ValueError):
        parse(text.replace(found, instead, 1))


@pytest.mark.req("4.1", "4.2", "4.3")
@pytest.mark.row(
    "room AVAILABLE",
    "room OBSERVER",
    "room PRIVATE",
    "room INVISIBLE",
    "room VOID",
    "room ENDED",
    "role SYSOP",
    "role MEMBER",
    "role OBSERVER",
    "member VOID",
    "member EXITED",
    "rule owner_exit",
    "rule owner_alone",
)
def test_every_cell_is_decided_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    for actor, relation, standing, action, public, status in CELLS:
        room = a_room(public, status, owner=actor.id if relation == "owner" else "somebody")
        membership = a_membership(actor, relation, standing)
        decided = decide(actor, room, membership, action, START, invited=relation == "invited")
        banned = membership is not None and membership.status is RoomMemberStatus.VOID
        wanted = expected(letters(actor, relation), action, public, status, banned=banned)
        cell = (actor.nickname, relation, standing, action, public, status)
        assert (type(decided) if decided else None) is wanted, cell
    with capsys.disabled():
        print(f"\n{len(CELLS)} cells of the authorization table walked", end="")


@pytest.mark.req("4.1")
def test_the_decision_is_pure() -> None:
    room, membership = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE), a_membership(ADA, "MEMBER")
    first = [decide(ADA, room, membership, action, START) for action in Action]
    again = [decide(ADA, room, membership, action, START) for action in Action]
    assert [type(one) for one in first] == [type(one) for one in again]


@pytest.mark.req("4.3")
def test_an_owner_who_has_left_owns_nothing_in_it() -> None:
    room = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE, owner=ADA.id)
    assert relations(ADA, room, a_membership(ADA, "exited")) == {Relation.NONE}


@pytest.mark.row("role ROLE_ADMIN rooms")
def test_an_administrator_is_no_member() -> None:
    """May all that a stranger may, and what A is given; reading a room's log is not among it."""
    room = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE)
    assert isinstance(decide(ROOT, room, None, Action.READ_HISTORY, START), Forbidden)
    assert isinstance(decide(ROOT, room, None, Action.SEND, START), Forbidden)
    assert decide(ROOT, room, None, Action.END, START) is None


@pytest.mark.row("role OBSERVER", "room OBSERVER")
def test_an_observer_reads_but_may_not_write() -> None:
    room = a_room(RoomPublic.OBSERVER, RoomStatus.ALIVE)
    observer = a_membership(ADA, "OBSERVER")
    assert decide(ADA, room, observer, Action.READ_HISTORY, START) is None
    assert isinstance(decide(ADA, room, observer, Action.SEND, START), RoomIsReadOnly)
    assert observer is not None
    assert decide(ADA, room, replace(observer, role=RoomRole.MEMBER), Action.SEND, START) is None


@pytest.mark.row("room OBSERVER", "room PRIVATE", "room INVISIBLE", "room AVAILABLE")
@pytest.mark.parametrize("public", [one for one in RoomPublic if one is not RoomPublic.VOID])
@pytest.mark.parametrize("invited", [False, True])
def test_joining_gives_the_role_its_action_names(public: RoomPublic, invited: bool) -> None:
    action = action_of_joining(public, invited=invited)
    role = role_on_joining(public, invited=invited)
    refused = decide(ADA, a_room(public, RoomStatus.ALIVE), None, action, START, invited=invited)
    if public is RoomPublic.INVISIBLE and not invited:
        assert isinstance(refused, Hidden)
        return
    assert refused is None
    if action is Action.ASK:
        assert public is RoomPublic.PRIVATE
        return
    named = {RoomRole.MEMBER: Action.JOIN_AS_MEMBER, RoomRole.OBSERVER: Action.JOIN_AS_OBSERVER}
    assert action is named[role]


@pytest.mark.req("4.3")
@pytest.mark.row("rule ban_ends", "member VOID")
def test_a_ban_ends_by_the_clock() -> None:
    room = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE)
    banned = a_membership(ADA, "MEMBER", RoomMemberStatus.VOID)
    assert banned is not None
    refusal = decide(ADA, room, banned, Action.SEND, Instant(LATER - 1))
    assert isinstance(refusal, Banned)
    assert refusal.until == LATER
    assert decide(ADA, room, banned, Action.SEND, LATER) is None
    assert banned.status_at(LATER) is RoomMemberStatus.ALIVE
    for_good = replace(banned, void_until=None)
    assert isinstance(decide(ADA, room, for_good, Action.SEND, Instant(LATER * 2)), Banned)


@pytest.mark.req("4.3")
@pytest.mark.row("rule owner_moderated", "rule sysop_moderated")
def test_nobody_moderates_themselves_the_owner_or_as_a_sysop_another_sysop() -> None:
    owner, sysop, other, member = (MemberId(name) for name in ("owner", "sysop", "other", "member"))
    room = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE, owner="owner")
    roles = {owner: RoomRole.SYSOP, sysop: RoomRole.SYSOP, other: RoomRole.SYSOP, member: RoomRole.MEMBER}
    may = set()
    for by, whom in product(roles, roles):
        actor = Actor(by, by, AppRole.ROLE_USER)
        target = Membership(room.id, whom, whom, roles[whom], RoomMemberStatus.ALIVE, START)
        if refuse_moderating(actor, room, target) is None and roles[by] is RoomRole.SYSOP:
            may.add((by, whom))
    assert may == {(owner, sysop), (owner, other), (owner, member), (sysop, member), (other, member)}


@pytest.mark.row("member WARNING")
@pytest.mark.parametrize(
    ("role", "status", "room_s", "expected_s"),
    [
        (RoomRole.MEMBER, RoomMemberStatus.ALIVE, 0, 0),
        (RoomRole.MEMBER, RoomMemberStatus.WARNING, 0, 10),
        (RoomRole.MEMBER, RoomMemberStatus.ALIVE, 30, 30),
        (RoomRole.MEMBER, RoomMemberStatus.WARNING, 30, 30),
        (RoomRole.MEMBER, RoomMemberStatus.WARNING, 5, 10),
        (RoomRole.SYSOP, RoomMemberStatus.ALIVE, 30, 0),
        (RoomRole.SYSOP, RoomMemberStatus.WARNING, 30, 10),
    ],
)
def test_how_long_one_waits_between_two_messages(
    role: RoomRole, status: RoomMemberStatus, room_s: int, expected_s: int
) -> None:
    room = replace(a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE), slow_mode_s=room_s)
    membership = Membership(room.id, ADA.id, "Ada", role, status, START)
    assert slow_mode_s(room, membership, START) == expected_s


@pytest.mark.row("room PRIVATE")
def test_a_private_room_is_a_badge_to_those_who_are_not_in_it() -> None:
    for public in RoomPublic:
        room = a_room(public, RoomStatus.ALIVE)
        assert sees_badge_only(room, None) == (public is RoomPublic.PRIVATE)
        assert sees_badge_only(room, a_membership(ADA, "exited")) == (public is RoomPublic.PRIVATE)
        assert not sees_badge_only(room, a_membership(ADA, "OBSERVER"))
