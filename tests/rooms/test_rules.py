"""The one decision, walked through every combination, against the table of docs/AUTHORIZATION.md."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from pac.accounts.model import Actor, AppRole, MemberId
from pac.errors import Forbidden, Hidden, OwnerMayNotLeave, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.rooms.model import Membership, Room, RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.rooms.rules import Action, Relation, action_of_joining, decide, relations, role_on_joining
from tests.support.clock import START

PAGE = Path(__file__).resolve().parents[2] / "docs" / "AUTHORIZATION.md"
NOT_AFTER_THE_END = {Action.JOIN_AS_MEMBER, Action.JOIN_AS_OBSERVER, Action.SEND, Action.END}
JOINED = {Relation.SYSOP, Relation.MEMBER, Relation.OBSERVER}

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
RELATIONS = [*RoomRole, "owner", "exited", "none"]


def a_room(public: RoomPublic, status: RoomStatus, owner: str = "somebody") -> Room:
    return Room(RoomId("r"), "Plaza", "", None, 100, public, status, MemberId(owner), START)


def a_membership(actor: Actor, relation: str) -> Membership | None:
    if relation == "none":
        return None
    role = RoomRole(relation) if relation in list(RoomRole) else RoomRole.SYSOP
    status = RoomMemberStatus.EXITED if relation == "exited" else RoomMemberStatus.ALIVE
    return Membership(RoomId("r"), actor.id, actor.nickname, role, status, START)


def letters(actor: Actor, relation: str) -> set[Relation]:
    """What applies to this person, said from the page and not from the code."""
    found = {
        RoomRole.SYSOP: {Relation.SYSOP},
        RoomRole.MEMBER: {Relation.MEMBER},
        RoomRole.OBSERVER: {Relation.OBSERVER},
        "owner": {Relation.SYSOP, Relation.OWNER},
        "exited": {Relation.NONE},
        "none": {Relation.NONE},
    }[relation]
    return found | ({Relation.ADMIN} if actor.is_admin else set())


def expected(
    who: set[Relation], action: Action, public: RoomPublic, status: RoomStatus
) -> type[Refusal] | None:
    if not who & TABLE[Action.KNOW, public]:
        return Hidden
    if status is RoomStatus.ENDED and action in NOT_AFTER_THE_END:
        return RoomHasEnded
    if status is RoomStatus.ENDED and action is not Action.KNOW and not who & JOINED:
        return Forbidden
    if not who & TABLE[action, public]:
        reads_along = action is Action.SEND and public is RoomPublic.OBSERVER
        return RoomIsReadOnly if reads_along else Forbidden
    if action is Action.LEAVE and Relation.OWNER in who and status is RoomStatus.ALIVE:
        return OwnerMayNotLeave
    return None


CELLS = list(product([ADA, ROOT], RELATIONS, Action, RoomPublic, RoomStatus))


@pytest.mark.req("4.2")
def test_the_page_has_a_row_for_every_action_and_a_column_for_every_visibility() -> None:
    assert set(TABLE) == set(product(Action, RoomPublic))


@pytest.mark.req("4.2")
@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("| S M O N A | S M O N A |", "| S M O N X | S |"),
        ("`end`", "`destroy`"),
        ("`send`", "send"),
        ("OBSERVER |\n", "SECRET |\n"),
    ],
)
def test_a_page_with_an_unknown_letter_action_or_visibility_is_refused(found: str, instead: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert found in text
    with pytest.raises(ValueError):
        parse(text.replace(found, instead, 1))


@pytest.mark.req("4.1", "4.2", "4.3")
def test_every_cell_is_decided_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    for actor, relation, action, public, status in CELLS:
        room = a_room(public, status, owner=actor.id if relation == "owner" else "somebody")
        decided = decide(actor, room, a_membership(actor, relation), action, START)
        wanted = expected(letters(actor, relation), action, public, status)
        assert (type(decided) if decided else None) is wanted, (
            actor.nickname,
            relation,
            action,
            public,
            status,
        )
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


def test_an_administrator_is_no_member() -> None:
    """May all that a stranger may, and what A is given; reading a room's log is not among it."""
    room = a_room(RoomPublic.AVAILABLE, RoomStatus.ALIVE)
    assert isinstance(decide(ROOT, room, None, Action.READ_HISTORY, START), Forbidden)
    assert isinstance(decide(ROOT, room, None, Action.SEND, START), Forbidden)
    assert decide(ROOT, room, None, Action.END, START) is None


def test_an_observer_reads_but_may_not_write() -> None:
    room = a_room(RoomPublic.OBSERVER, RoomStatus.ALIVE)
    observer = a_membership(ADA, "OBSERVER")
    assert decide(ADA, room, observer, Action.READ_HISTORY, START) is None
    assert isinstance(decide(ADA, room, observer, Action.SEND, START), RoomIsReadOnly)
    assert observer is not None
    assert decide(ADA, room, replace(observer, role=RoomRole.MEMBER), Action.SEND, START) is None


@pytest.mark.parametrize("public", list(RoomPublic))
def test_joining_gives_the_role_its_action_names(public: RoomPublic) -> None:
    named = {RoomRole.MEMBER: Action.JOIN_AS_MEMBER, RoomRole.OBSERVER: Action.JOIN_AS_OBSERVER}
    assert action_of_joining(public) is named[role_on_joining(public)]
    assert decide(ADA, a_room(public, RoomStatus.ALIVE), None, action_of_joining(public), START) is None
