"""The table of docs/AUTHORIZATION.md, walked once more over REST, by people with browsers."""

from dataclasses import dataclass
from itertools import product

import pytest

from pac.rooms.model import RoomId, RoomPublic, RoomStatus
from pac.rooms.rules import Action, Relation
from tests.rooms.test_rules import NOT_AFTER_THE_END, TABLE
from tests.web.service import House, Person

RELATIONS = ["owner", "joined", "exited", "none", "admin"]
ROUTES = {
    Action.KNOW: ("GET", "/api/v1/room/{room}"),
    Action.READ_HISTORY: ("GET", "/api/v1/chat/log/{room}"),
    Action.END: ("DELETE", "/api/v1/room/{room}"),
    Action.LEAVE: ("POST", "/api/v1/room/{room}/exit"),
}
JOIN = ("POST", "/api/v1/room/{room}/join")


@dataclass(frozen=True)
class Cell:
    relation: str
    action: Action | None  # None: joining, whichever kind the room has
    public: RoomPublic
    status: RoomStatus


CELLS = [Cell(*cell) for cell in product(RELATIONS, [*ROUTES, None], list(RoomPublic), list(RoomStatus))]


def letters(relation: str, public: RoomPublic) -> set[Relation]:
    joined = Relation.OBSERVER if public is RoomPublic.OBSERVER else Relation.MEMBER
    return {
        "owner": {Relation.SYSOP, Relation.OWNER},
        "joined": {joined},
        "exited": {Relation.NONE},
        "none": {Relation.NONE},
        "admin": {Relation.NONE, Relation.ADMIN},
    }[relation]


def status_of(cell: Cell) -> int:
    """What the page says, as HTTP: 200, or 403, or 409 for what is in conflict with how things are."""
    who = letters(cell.relation, cell.public)
    joined = not who & {Relation.NONE}
    ended = cell.status is RoomStatus.ENDED
    if cell.action is None:
        return 409 if ended or joined else 200
    if ended and cell.action in NOT_AFTER_THE_END:
        return 409
    if ended and cell.action is not Action.KNOW and not joined:
        return 403
    if not who & TABLE[cell.action, cell.public]:
        return 403
    return 409 if cell.action is Action.LEAVE and Relation.OWNER in who and not ended else 200


async def a_room_with(house: House, people: dict[str, Person], cell: Cell) -> RoomId:
    room = await house.room(people["owner"], roomPublic=cell.public.value)
    for relation in ("joined", "exited"):
        await people[relation].browser.post(f"/api/v1/room/{room}/join")
    await people["exited"].browser.post(f"/api/v1/room/{room}/exit")
    if cell.status is RoomStatus.ENDED:
        await people["owner"].browser.delete(f"/api/v1/room/{room}")
    return room


@pytest.mark.req("4.1", "4.2", "4.3")
async def test_every_cell_is_answered_as_the_page_says(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    people = {name: await house.member(name, admin=name == "admin") for name in RELATIONS}
    for cell in CELLS:
        room = await a_room_with(house, people, cell)
        method, path = ROUTES[cell.action] if cell.action else JOIN
        before = house.dump()
        answer = await people[cell.relation].browser.request(method, path.replace("{room}", room))
        assert answer.status_code == status_of(cell), (cell, answer.text)
        if answer.status_code != 200:
            assert house.dump() == before, cell
    with capsys.disabled():
        print(f"\n{len(CELLS)} cells of the authorization table walked over REST", end="")


@pytest.mark.req("4.3")
async def test_who_is_not_signed_in_gets_401_everywhere_and_learns_nothing_of_a_room(house: House) -> None:
    ada = await house.member("ada")
    room = await house.room(ada)
    stranger = await house.guest()
    for method, path in house.routes():
        if path.startswith(("/api/v1/room", "/api/v1/chat")):
            said = set()
            for address in (room, "0" * 32):
                answer = await stranger.request(method, path.replace("{room_id}", address), json=_body(path))
                document = answer.json()
                document.pop("errorId")
                said.add((answer.status_code, str(document)))
            assert len(said) == 1, (method, path)
            assert next(iter(said))[0] == 401, (method, path)


def _body(path: str) -> dict[str, str] | None:
    return {"roomName": "x"} if path == "/api/v1/room" else None


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
