"""The table of docs/AUTHORIZATION.md, walked once more over REST, by people with browsers."""

from dataclasses import dataclass
from itertools import product

import pytest

from pac.errors import Banned, Forbidden, Hidden, OwnerMayNotLeave, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.rooms.model import RoomId, RoomPublic, RoomStatus
from pac.rooms.rules import Action, Relation
from tests.rooms.places import PEOPLE, PLACES, SEQ_OF, TARGET, Place, furnish, secret_of
from tests.web.api.bodies import body_for
from tests.web.service import House

ROOM, LOG, ADMIN = "/api/v1/room/{room}", "/api/v1/chat/log/{room}", "/api/v1/admin/room/{room}"
ROUTES: dict[Action, tuple[str, str, dict[str, object] | None]] = {
    Action.KNOW: ("GET", ROOM, None),
    Action.JOIN_AS_MEMBER: ("POST", f"{ROOM}/join", None),
    Action.SUBSCRIBE: ("GET", f"{ROOM}/member", None),
    Action.READ_HISTORY: ("GET", LOG, None),
    Action.SEND: ("DELETE", f"{LOG}/{{own}}", None),
    Action.DELETE_ANY: ("DELETE", f"{LOG}/{{other}}", None),
    Action.MODERATE: ("DELETE", f"{ROOM}/member/{{target}}", None),
    Action.ADMIT: ("GET", f"{ROOM}/request", None),
    Action.CHANGE: ("PUT", ROOM, {"description": "new"}),
    Action.APPOINT: ("PUT", f"{ROOM}/owner", {"ownerMemberId": "{target}"}),
    Action.END: ("DELETE", ROOM, None),
    Action.LEAVE: ("POST", f"{ROOM}/exit", None),
    Action.VOID: ("PUT", ADMIN, {"void": True, "reason": "spam"}),
    Action.BREAK_GLASS: ("POST", f"{ADMIN}/log", {"reason": "a report"}),
}
"""One route for each row of the table; deleting one's own message is in the row of `send`."""

STATUS_OF: dict[type[Refusal], int] = {
    Hidden: 404, Forbidden: 403, Banned: 403, RoomIsReadOnly: 403, RoomHasEnded: 409, OwnerMayNotLeave: 409,
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    place: Place
    action: Action

    @property
    def answer(self) -> int:
        """What the page says, as HTTP."""
        if self.action in (Action.VOID, Action.BREAK_GLASS) and self.place.who != "admin":
            return 403  # these routes are for administrators, whatever room it is
        action = self.action
        if action is Action.JOIN_AS_MEMBER:
            action = {RoomPublic.OBSERVER: Action.JOIN_AS_OBSERVER, RoomPublic.PRIVATE: Action.ASK}.get(
                self.place.public, action
            )
        of_own = action is Action.SEND  # what REST offers of that row
        refused = self.place.refusal_to_delete_own() if of_own else self.place.refusal(action)
        joined = not self.place.letters & {Relation.NONE}
        if action is not self.action or action is Action.JOIN_AS_MEMBER:
            if refused is Forbidden and joined:
                return 409  # already in it
            return (202 if action is Action.ASK else 200) if refused is None else STATUS_OF[refused]
        return 200 if refused is None else STATUS_OF[refused]


CELLS = [Cell(*cell) for cell in product(PLACES, ROUTES)]


@pytest.mark.timeout(300)
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
    "role ROLE_ADMIN deletes",
    "status 403",
    "status 404",
    "status 409",
)
async def test_every_cell_is_answered_as_the_page_says(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    people = {name: await house.member(name, admin=name == "admin") for name in [*PEOPLE, TARGET]}
    rooms: dict[tuple[RoomPublic, RoomStatus], RoomId] = {}
    for cell in CELLS:
        who, kind = cell.place.who, (cell.place.public, cell.place.status)
        room = rooms.get(kind)
        if room is None:
            room = rooms[kind] = await furnish(
                house.parts.database, house.parts.log, people, *kind, now=house.clock.now(), ids=house.ids
            )
        method, path, body = ROUTES[cell.action]
        names = {"room": room, "target": people[TARGET].id, "own": SEQ_OF[who], "other": SEQ_OF[TARGET]}
        if body is not None:
            body = {
                field: value.format(**names) if isinstance(value, str) else value
                for field, value in body.items()
            }
        before = house.writes()
        answer = await people[who].browser.request(method, path.format(**names), json=body)
        assert answer.status_code == cell.answer, (cell, answer.text)
        if cell.answer >= 400:
            assert house.writes() == before, cell
            assert secret_of(room) not in answer.text, cell
        elif method != "GET":
            del rooms[kind]  # it is not as the cell wants it any more
    with capsys.disabled():
        print(f"\n{len(CELLS)} cells of the authorization table walked over REST", end="")


@pytest.mark.req("4.3")
@pytest.mark.row("status 401")
async def test_who_is_not_signed_in_gets_401_everywhere_and_learns_nothing_of_a_room(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    stranger = await house.guest()
    for method, path in house.routes():
        if path.startswith(("/api/v1/room", "/api/v1/chat")):
            said = set()
            for address in (room, "0" * 32):
                for name in ("member_id", "invitation_id", "seq"):
                    path = path.replace(f"{{{name}}}", "1")
                answer = await stranger.request(
                    method, path.replace("{room_id}", address), json=body_for(method, path)
                )
                document = answer.json()
                document.pop("errorId")
                said.add((answer.status_code, str(document)))
            assert len(said) == 1, (method, path)
            assert next(iter(said))[0] == 401, (method, path)


@pytest.mark.req("4.6")
async def test_nobody_does_anything_to_a_room_of_somebody_else(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    await house.say(room, ada, "between us")
    before = house.dump()
    for method, path in (
        ("DELETE", f"/api/v1/room/{room}"),
        ("POST", f"/api/v1/room/{room}/exit"),
        ("GET", f"/api/v1/chat/log/{room}"),
        ("GET", f"/api/v1/chat/log/{room}?after=0"),
    ):
        answer = await ben.browser.request(method, path)
        assert answer.status_code == 403, (method, path)
        assert "between us" not in answer.text
    assert house.dump() == before


@pytest.mark.req("4.6")
@pytest.mark.row("rest unknown fields", "status 422")
@pytest.mark.parametrize("path", ["join", "exit", "logout", "DELETE"])
async def test_a_field_in_a_body_that_names_somebody_else_is_refused(house: House, path: str) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = await house.room(ada)
    before = house.dump()
    method = "DELETE" if path == "DELETE" else "POST"
    address = {"logout": "/api/v1/auth/logout", "DELETE": f"/api/v1/room/{room}"}.get(
        path, f"/api/v1/room/{room}/{path}"
    )
    answer = await ben.browser.request(method, address, json={"memberId": ada.id})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "memberId"
    assert house.dump() == before


@pytest.mark.req("4.6")
@pytest.mark.row("rest unknown fields", "status 422")
async def test_a_query_field_a_route_does_not_know_is_refused(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    for path in (
        "/api/v1/room/list",
        "/api/v1/room/own/list",
        "/api/v1/chat/log",
        f"/api/v1/chat/log/{room}",
    ):
        for query in ("memberId=x", "a[$ne]=1", "page[$gt]=", "size=1000"):
            answer = await ada.browser.get(f"{path}?{query}")
            assert answer.status_code == 422, (path, query)
            assert answer.json()["errors"][0]["code"] == "unknown"
