"""The table of docs/AUTHORIZATION.md, walked once more over the socket, on a node in this process.

Everybody has two sockets, so that what a member's other devices hear is looked at too. What comes over any of them
is judged by its ear as well: no entry of a log to who may not read it, whatever was asked.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pac.accounts.model import Actor, AppRole
from pac.clock import HOUR_MS, Instant
from pac.errors import Banned, Forbidden, Hidden, Refusal, RoomHasEnded, RoomIsReadOnly
from pac.limits.rules import Limits, Rate
from pac.rooms.events import Fact
from pac.rooms.model import RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.rooms.record import record
from pac.rooms.rules import Action
from tests.contracts.accounts import sign_up
from tests.fuzz.conftest import Line, World, open_world, token_of
from tests.fuzz.mutation import TEXT, WireFrame
from tests.fuzz.observer import Observer
from tests.rooms.places import PEOPLE, SEQ_OF, STANDINGS, TARGET, Place, furnish, secret_of

CODES: dict[type[Refusal], str] = {
    Hidden: "not_found", Forbidden: "forbidden", Banned: "banned", RoomIsReadOnly: "read_only",
    RoomHasEnded: "room_ended",
}  # fmt: skip
UNBOUNDED = Rate("unbounded", 1_000_000, 1_000_000)
ROOMY = replace(Limits(), send=UNBOUNDED, ops=UNBOUNDED, subscribe=UNBOUNDED)
MISSING = RoomId("0" * 32)
ROOMS = list(product(RoomPublic, RoomStatus))
NEWS = {"typing", "presence", "room", "top"}
"""What is told of a room, beside its log, to those who read it."""
PATIENCE_S = 10.0

Standings = Mapping[str, tuple[RoomRole, RoomMemberStatus]]
MEMBERS: Standings = {**dict.fromkeys(STANDINGS, STANDINGS["member"]), "owner": STANDINGS["owner"]}

Told = dict[str, dict[str, Any]]
"""Who was told what."""


def outcome(refused: type[Refusal] | None) -> str:
    return "ok" if refused is None else CODES[refused]


class Ear(Observer):
    """Keeps what it hears. `readable` grows with the rooms whose log may come over this socket."""

    def __init__(self) -> None:
        self.readable: set[str] = set()
        self.frames: list[dict[str, Any]] = []
        super().__init__(self.readable, ())

    def heard(self, opcode: int, payload: bytes) -> None:
        super().heard(opcode, payload)
        if opcode == TEXT:
            frame = json.loads(payload)
            assert frame["op"] not in NEWS or frame["room"] in self.readable, (
                f"of a room it may not read: {frame}"
            )
            self.frames.append(frame)

    def of(self, room: str, op: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame.get("room") == room and frame["op"] == op]


@dataclass
class Plaza:
    """Everybody on one node, in the rooms they are looked at in."""

    world: World
    people: dict[str, Actor]
    ears: dict[str, Ear]
    lines: dict[str, Line]
    others: dict[str, Ear]
    asked: int = 0

    async def furnish(
        self, public: RoomPublic, status: RoomStatus, standings: Standings = STANDINGS
    ) -> RoomId:
        world, stores = self.world, self.world.stores
        room = await furnish(
            stores.database, stores.log, self.people, public, status,
            now=world.clock.now(), ids=world.ids, standings=standings,
        )  # fmt: skip
        for who in PEOPLE:
            if standings is MEMBERS or Place(who, public, status).refusal(Action.READ_HISTORY) is None:
                self.ears[who].readable.add(room)
        return room

    async def say(self, ask: Callable[[str], dict[str, Any]]) -> Told:
        """Everybody says this at once. The answer of each: ops that have none are `ok` where nothing was said."""
        self.asked += 1
        number, room = f"n{self.asked}", ""
        said = {who: len(self.ears[who].frames) for who in PEOPLE}
        for who in PEOPLE:
            frame = {"id": number, **ask(who)}
            room = frame.get("room", "")
            self.lines[who].feed([WireFrame(TEXT, json.dumps(frame).encode())])
        await self.world.settle()
        answers = {}
        for who, heard in said.items():
            new = self.ears[who].frames[heard:]
            mine = [
                frame
                for frame in new
                if frame.get("id") == number or (frame["op"] == "error" and frame.get("room") == room)
            ]
            assert len(mine) <= 1, mine
            answers[who] = mine[0] if mine else {"op": "ok"}
        return answers

    async def subscribe(self, room: RoomId) -> Told:
        """The entry of each for this room, as an answer."""
        told = await self.say(lambda _: {"op": "subscribe", "rooms": [{"room": room}]})
        entries = {who: answer["rooms"][0] for who, answer in told.items()}
        return {who: {"op": "error" if "code" in entry else "ok", **entry} for who, entry in entries.items()}

    async def publish(self, room: RoomId, cid: str) -> None:
        await self.world.say(self.people[TARGET], room, cid, f"{cid} {room}")

    async def hear(self, room: RoomId, op: str, wanted: dict[str, Counter[str]], what: str) -> None:
        """Wait until everybody was pushed what they should be; whoever should not be has been told by then too,
        as a flush goes to all its readers at once. Then nobody has heard anything else."""

        def heard(who: str) -> Counter[str]:
            return Counter(
                frame["body"] if op == "message" else frame["member"]["id"]
                for frame in self.ears[who].of(room, op)
            )

        async with asyncio.timeout(PATIENCE_S):
            while any(heard(who) < those for who, those in wanted.items()):
                await asyncio.sleep(0.001)
        assert {who: heard(who) for who in PEOPLE} == {who: wanted.get(who, Counter()) for who in PEOPLE}, (
            what
        )

    def forget(self) -> None:
        for ear in (*self.ears.values(), *self.others.values()):
            assert ear.faults == []
            assert not ear.closes
            ear.frames.clear()


@asynccontextmanager
async def open_plaza(folder: Path) -> AsyncIterator[Plaza]:
    async with open_world(folder, 20261123, ROOMY) as world:
        await sign_up(world.stores.database, *PEOPLE, TARGET)
        people = {}
        async with world.stores.database.writing() as tx:
            for name in (*PEOPLE, TARGET):
                found = await tx.accounts.by_username(name)
                assert found is not None
                people[name] = found.actor
            await tx.accounts.set_app_role(people["admin"].id, AppRole.ROLE_ADMIN, world.clock.now())
        plaza = Plaza(world, people, {}, {}, {})
        for who in PEOPLE:
            token = await token_of(people[who], world.stores, world.clock, world.ids)
            for ears in (plaza.others, plaza.ears):
                ears[who] = Ear()
                plaza.lines[who] = Line(world, ears[who])
                plaza.lines[who].feed(
                    [WireFrame(TEXT, json.dumps({"op": "hello", "id": "h", "token": token}).encode())]
                )
                await world.settle()
                assert [frame["op"] for frame in ears[who].frames] == ["welcome"]
        yield plaza
        plaza.forget()


class Walk:
    """Counts the cells, and says of the first that is not as the page has it which one that is."""

    def __init__(self, plaza: Plaza) -> None:
        self.plaza = plaza
        self.cells = 0

    def hold(self, told: Told, wanted: dict[str, str], cell: object) -> None:
        assert {who: answer.get("code", answer["op"]) for who, answer in told.items()} == wanted, cell
        self.cells += len(wanted)

    async def needs_a_subscription(self, room: RoomId, cell: object) -> Told:
        """Nobody reads the room on this socket: that is said first, whoever asks and whatever room it is."""
        told = {}
        for op, fields in (
            ("send", {"cid": "never", "body": "hello"}),
            ("typing", {"on": True}),
            ("read", {"seq": 1}),
        ):
            told = await self.plaza.say(lambda _, op=op, fields=fields: {"op": op, "room": room, **fields})
            self.hold(told, dict.fromkeys(PEOPLE, "not_subscribed"), (cell, op))
        return told

    async def needs_only_the_right(self, room: RoomId) -> dict[str, Told]:
        """What each is told who asks without a subscription."""
        say = self.plaza.say
        return {
            "history": await say(lambda _: {"op": "history", "room": room}),
            "presence": await say(lambda _: {"op": "presence", "room": room}),
            "delete any": await say(lambda _: {"op": "delete", "room": room, "seq": SEQ_OF[TARGET]}),
            "delete own": await say(lambda who: {"op": "delete", "room": room, "seq": SEQ_OF[who]}),
        }


@pytest.fixture
async def plaza(tmp_path: Path) -> AsyncIterator[Plaza]:
    async with open_plaza(tmp_path) as plaza:
        yield plaza


@pytest.mark.req("4.1", "4.2", "4.3", "4.5")
async def test_every_cell_is_answered_as_the_page_says(
    plaza: Plaza, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = Walk(plaza)
    for public, status in ROOMS:
        room = await plaza.furnish(public, status)
        places = {who: Place(who, public, status) for who in PEOPLE}
        await walk.needs_a_subscription(room, (public, status))

        told = await walk.needs_only_the_right(room)
        for what, action in (
            ("history", Action.READ_HISTORY),
            ("presence", Action.SUBSCRIBE),
            ("delete any", Action.DELETE_ANY),
        ):
            wanted = {who: outcome(place.refusal(action)) for who, place in places.items()}
            walk.hold(told[what], wanted, (public, status, what))
        own = {who: outcome(place.refusal_to_delete_own()) for who, place in places.items()}
        walk.hold(told["delete own"], own, (public, status, "delete own"))
        for who, answer in told["history"].items():
            assert (secret_of(room) in str(answer)) == (answer["op"] == "ok"), (places[who], answer)

        granted = {who: outcome(place.refusal(Action.SUBSCRIBE)) for who, place in places.items()}
        walk.hold(await plaza.subscribe(room), granted, (public, status, "subscribe"))
        readers = [who for who, code in granted.items() if code == "ok"]

        said = await plaza.say(lambda _, room=room: {"op": "read", "room": room, "seq": 1})
        wanted = {who: "ok" if who in readers else "not_subscribed" for who in PEOPLE}
        walk.hold(said, wanted, (public, status, "read"))
        plaza.world.node.read_marks.tell()
        for who in PEOPLE:  # a mark is a member's: who reads along has none
            moved = who in readers and who in STANDINGS and who != "exited"
            heard = [frame["seq"] for frame in plaza.others[who].of(room, "read")]
            assert heard == ([1] if moved else []), (places[who], "read")
        walk.cells += len(PEOPLE)

        wanted = {
            who: outcome(place.refusal(Action.SEND)) if who in readers else "not_subscribed"
            for who, place in places.items()
        }
        writers = [who for who, code in wanted.items() if code == "ok"]
        said = await plaza.say(lambda _, room=room: {"op": "typing", "room": room, "on": True})
        walk.hold(said, wanted, (public, status, "typing"))
        typing = {who: Counter(plaza.people[one].id for one in writers if one != who) for who in readers}
        await plaza.hear(room, "typing", typing, f"{public} {status}: typing")
        said = await plaza.say(
            lambda who, room=room: {"op": "send", "room": room, "cid": who, "body": f"{who} {room}"}
        )
        walk.hold(said, wanted, (public, status, "send"))
        await plaza.publish(room, "published")
        spoken = Counter(f"{who} {room}" for who in (*writers, "published"))
        await plaza.hear(room, "message", dict.fromkeys(readers, spoken), f"{public} {status}: fan-out")
        walk.cells += 2 * len(PEOPLE)

        await plaza.say(lambda _, room=room: {"op": "unsubscribe", "rooms": [room]})
        await plaza.publish(room, "afterwards")
        await walk.needs_a_subscription(room, (public, status, "afterwards"))
        await plaza.hear(room, "message", dict.fromkeys(readers, spoken), f"{public} {status}: unsubscribed")
        walk.cells += len(PEOPLE)
        assert not any(ear.of(room, "message") for ear in plaza.others.values())
        plaza.forget()
    with capsys.disabled():
        print(f"\n{walk.cells} cells of the authorization table walked over the socket", end="")


@pytest.mark.req("4.3", "4.4")
async def test_a_room_one_may_not_know_of_is_answered_as_one_that_is_not_there(
    plaza: Plaza, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = Walk(plaza)

    def alike(told: Told, room: RoomId) -> dict[str, str]:
        return {
            who: json.dumps({**answer, "id": ""}, sort_keys=True).replace(room, MISSING)
            for who, answer in told.items()
        }

    async def told_of(room: RoomId) -> dict[str, dict[str, str]]:
        needs = await walk.needs_a_subscription(room, "a room nobody may know of")
        told = {
            **await walk.needs_only_the_right(room),
            "subscribe": await plaza.subscribe(room),
            "read": needs,
        }
        return {what: alike(answers, room) for what, answers in told.items()}

    absent = await told_of(MISSING)
    for what, answers in absent.items():
        code = "not_subscribed" if what == "read" else "not_found"
        assert {json.loads(answer)["code"] for answer in answers.values()} == {code}, what
    for public, status in ROOMS:
        room = await plaza.furnish(public, status)
        for what, answers in (await told_of(room)).items():
            for who, answer in answers.items():
                if Place(who, public, status).refusal(Action.KNOW) is Hidden:
                    assert answer == absent[what][who], (who, public, status, what)
                    walk.cells += 1
    with capsys.disabled():
        print(f"\n{walk.cells} cells of rooms that are not there, or not theirs to know", end="")


@pytest.mark.req("4.4")
@pytest.mark.parametrize(
    ("public", "code"),
    [
        (RoomPublic.AVAILABLE, "forbidden"),
        (RoomPublic.OBSERVER, "ok"),
        (RoomPublic.PRIVATE, "forbidden"),
        (RoomPublic.INVISIBLE, "not_found"),
        (RoomPublic.VOID, "not_found"),
    ],
)
async def test_a_stranger_subscribes(plaza: Plaza, public: RoomPublic, code: str) -> None:
    """The protocol's own words, and not the table's."""
    room = await plaza.furnish(public, RoomStatus.ALIVE)
    answer = (await plaza.subscribe(room))["none"]
    assert answer.get("code", answer["op"]) == code


CHANGED: dict[str, Fact] = {
    "sysop": Fact.ROLE, "observer": Fact.ROLE, "warned": Fact.WARNED, "banned": Fact.BANNED, "exited": Fact.LEFT
}  # fmt: skip
"""From MEMBER to the standing of that name."""


async def change(plaza: Plaza, room_id: RoomId, public: RoomPublic, status: RoomStatus) -> None:
    """An OBSERVER room full of MEMBERs becomes as the cells want it, in one transaction."""
    world = plaza.world
    now, ids = world.clock.now(), world.ids
    async with world.stores.database.writing() as tx:
        room = await tx.rooms.by_id_to_change(room_id)
        assert room is not None
        former = room.public if public is RoomPublic.VOID else None
        room = replace(room, public=public, status=status, former_public=former)
        await tx.rooms.save(room)
        for who, fact in CHANGED.items():
            membership = await tx.rooms.membership(room_id, plaza.people[who].id)
            assert membership is not None
            role, standing = STANDINGS[who]
            until = Instant(now + HOUR_MS) if standing is RoomMemberStatus.VOID else None
            membership = replace(membership, role=role, status=standing, void_until=until)
            await tx.rooms.save_membership(membership)
            await record(tx, room, fact, membership, now=now, ids=ids, quiet=True)
        owner = plaza.people["owner"]
        fact = Fact.VOIDED if public is RoomPublic.VOID else Fact.CHANGED
        await record(tx, room, fact, owner, now=now, ids=ids, quiet=True)
        if status is RoomStatus.ENDED:
            await record(tx, room, Fact.ENDED, owner, now=now, ids=ids, quiet=True)
    await world.live.follower.catch_up()


@pytest.mark.req("4.1", "4.3", "4.5")
async def test_who_loses_the_right_while_reading_hears_no_more(
    plaza: Plaza, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody reads; then the room and their places in it become those of each cell. A subscription that
    ends is told so, with the reason, and what it would have been pushed is not."""
    cells = 0
    for public, status in ROOMS:
        room = await plaza.furnish(RoomPublic.OBSERVER, RoomStatus.ALIVE, MEMBERS)
        assert {answer["op"] for answer in (await plaza.subscribe(room)).values()} == {"ok"}
        await change(plaza, room, public, status)

        endings = {who: _ending(Place(who, public, status)) for who in PEOPLE}
        for who, code in endings.items():
            told = [frame["code"] for frame in plaza.ears[who].of(room, "unsubscribed")]
            assert told == ([code] if code else []), (who, public, status)
        told = await plaza.say(
            lambda who, room=room: {"op": "send", "room": room, "cid": f"s {who}", "body": f"{who} {room}"}
        )
        wanted = {
            who: "not_subscribed" if ending else outcome(Place(who, public, status).refusal(Action.SEND))
            for who, ending in endings.items()
        }
        answers = {who: answer.get("code", answer["op"]) for who, answer in told.items()}
        assert answers == wanted, (public, status)
        await plaza.publish(room, "published")
        spoken = Counter(
            f"{who} {room}" for who in (*(w for w, code in wanted.items() if code == "ok"), "published")
        )
        readers = [who for who, ending in endings.items() if not ending]
        await plaza.hear(room, "message", dict.fromkeys(readers, spoken), f"{public} {status}: fan-out")
        cells += 3 * len(PEOPLE)
        plaza.forget()
    with capsys.disabled():
        print(f"\n{cells} cells of rights that change under a subscription", end="")


def _ending(place: Place) -> str | None:
    """Why the subscription of somebody who comes into this place ends, None where it goes on."""
    refused = place.refusal(Action.SUBSCRIBE)
    if refused is Banned:
        return "banned"
    if place.who == "exited":
        return "left"  # although a stranger may read along in an OBSERVER room: that is another subscription
    if refused is Hidden:
        return "gone"
    if refused is not None:
        return "forbidden"
    return "ended" if place.status is RoomStatus.ENDED else None
