"""The rules Hypothesis chooses from. Each does one thing in the product and in the model, and compares what was told;
after it, everything that can be seen is compared (invariants at the end)."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pac.messages.model import Entry
from pac.rooms.model import Membership, RoomRow
from tests.model.product import Product
from tests.model.rooms import Line, Room, Rooms
from tests.support.clock import START

NAMES = ("ada", "boss", "cho", "dan", "eve", "fin")
ADMINISTRATOR = "boss"
ROOMS_MAX = 3
OWNER = "the owner"
WITHIN = "somebody in it"
GUEST = "somebody in it who does not own it"
GRANTED = ("ok", "asked", "dup")

whos = st.sampled_from([OWNER] * 6 + [WITHIN] * 3 + [ADMINISTRATOR, *NAMES])
whoms = st.sampled_from([GUEST] * 6 + [WITHIN, *NAMES])
choices = st.integers(0, 7)
numbers = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 7])
kinds = st.sampled_from(["AVAILABLE", "AVAILABLE", "OBSERVER", "PRIVATE", "INVISIBLE"])
capacities = st.sampled_from([3, 4, 6, 9, 1, 2])
steps = st.sampled_from([1_000, 60_000, 1_800_000, 3_600_000, 7_200_000])
seqs = st.sampled_from([1, 2, 3, 4, 5, 1, 2, 3, *range(31)])

counts: Counter[tuple[str, str]] = Counter()
"""How often each rule came to each outcome, over the whole run."""


class RoomsMachine(RuleBasedStateMachine):
    migrated: Path
    """A database that has its tables and no rows: copied, which is faster than making it."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a folder: what a power cut does is tried in tests/faults.
        shm = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="pac-model-", dir=shm if shm.is_dir() else None))
        self.product = Product(self.folder, self.migrated)
        self.model = Rooms()
        self.bans = 0
        self.steps = 0
        self.version = -1
        self.shapes: list[str] = []
        self.tops: list[int] = []
        for name in NAMES[:4]:
            self.sign_in(name)

    @initialize(first=kinds, second=kinds, capacity=capacities)
    def begin(self, first: str, second: str, capacity: int) -> None:
        """Two rooms with somebody in them: a story that has to find its stage first is mostly `not_found`."""
        for owner, public, places in ((0, first, 9), (2, second, capacity)):
            self.create(owner, "Plaza", places, public, 0)
        for who, number in (("cho", 0), (ADMINISTRATOR, 0), ("dan", 0), (ADMINISTRATOR, 1), ("dan", 1)):
            self.join(who, number)
        for who in ("ada", "cho", ADMINISTRATOR):
            self._send("send", who, 0, "first", "안녕", None)

    def teardown(self) -> None:
        try:
            self.product.carry()
            self.model.carry()
            self.everything_is_as_the_model_says()
            assert self.product.problems() == ()
        finally:
            self.product.finish()
            shutil.rmtree(self.folder)

    def sign_in(self, name: str) -> None:
        admin = name == ADMINISTRATOR
        assert self.product.sign_up(name, admin=admin) == self.model.sign_up(name, admin=admin)

    def agree(self, what: str, told: str, expected: str) -> None:
        counts[what, expected] += 1
        assert told == expected, f"{what}: the product says {told}, the model {expected}"

    def person(self, who: str, number: int, choice: int = 0) -> str:
        """Somebody by name, or as they stand to the room."""
        room = self.model.room(number)
        there = list(self.model.people)
        if who == OWNER:
            return room.owner if room else there[0]
        if who in (WITHIN, GUEST):
            inside = [name for name in room.places if who == WITHIN or name != room.owner] if room else []
            return (inside or there)[choice % len(inside or there)]
        return who if who in self.model.people else there[choice % len(there)]

    # People, rooms, and how they come in and go

    @precondition(lambda self: len(self.model.people) < len(NAMES))
    @rule(name=st.sampled_from(NAMES))
    def sign_up(self, name: str) -> None:
        admin = name == ADMINISTRATOR
        self.agree("sign up", self.product.sign_up(name, admin=admin), self.model.sign_up(name, admin=admin))

    @precondition(lambda self: len(self.model.rooms) < ROOMS_MAX)
    @rule(
        choice=choices,
        name=st.sampled_from(["Plaza", "광장", "x" * 64, "x" * 65]),
        capacity=st.sampled_from([3, 4, 6, 9, 1, 100_000, 0]),
        public=st.sampled_from(["AVAILABLE", "OBSERVER", "PRIVATE", "INVISIBLE"]),
        slow=st.sampled_from([0, 0, 5, 3_600, 3_601]),
    )
    def create(self, choice: int, name: str, capacity: int, public: str, slow: int) -> None:
        asked = (self.person(WITHIN, 7, choice), name, capacity, public, slow)
        self.agree("create", self.product.create(*asked), self.model.create(*asked))

    @rule(who=st.sampled_from(NAMES), number=numbers)
    def join(self, who: str, number: int) -> None:
        who = self.person(who, number)
        self.agree("join", self.product.join(who, number), self.model.join(who, number))

    @rule(who=st.sampled_from(NAMES), number=numbers)
    def join_again(self, who: str, number: int) -> None:
        """Chosen twice as often: rooms without people have no stories."""
        self.join(who, number)

    @precondition(lambda self: any(room.asking for room in self.model.rooms))
    @rule(who=whos, choice=choices, accept=st.booleans(), other=st.sampled_from([None, None, *NAMES[:2]]))
    def answer(self, who: str, choice: int, accept: bool, other: str | None) -> None:
        waiting = [(n, name) for n, room in enumerate(self.model.rooms) for name in room.asking]
        number, asker = waiting[choice % len(waiting)]
        who, asker = self.person(who, number, choice), other or asker
        told = self.product.answer(who, number, asker, accept=accept)
        self.agree("answer", told, self.model.answer(who, number, asker, accept=accept))

    @rule(
        who=whos,
        number=numbers,
        choice=choices,
        most=st.sampled_from([None, 1, 2, 0]),
        hours=st.sampled_from([None, 1, 2, 0]),
    )
    def invite(self, who: str, number: int, choice: int, most: int | None, hours: int | None) -> None:
        who = self.person(who, number, choice)
        told = self.product.invite(who, number, most, hours)
        self.agree("invite", told, self.model.invite(who, number, most, hours))

    @precondition(lambda self: self.model.invitations)
    @rule(who=whos, number=numbers, choice=choices)
    def revoke(self, who: str, number: int, choice: int) -> None:
        which = choice % (len(self.model.invitations) + 1)
        who = self.person(who, number, choice)
        self.agree("revoke", self.product.revoke(who, number, which), self.model.revoke(who, number, which))

    @precondition(lambda self: self.model.rooms)
    @rule(
        who=st.sampled_from([ADMINISTRATOR, *NAMES]),
        number=st.integers(0, 1),
        most=st.sampled_from([None, 1]),
        then=st.sampled_from(["accept", "accept", "revoke", "void", "demote", "wait"]),
    )
    def come_by_link(self, who: str, number: int, most: int | None, then: str) -> None:
        """An invitation is made, something may happen to it, and somebody opens it."""
        number %= len(self.model.rooms)
        self.invite(WITHIN, number, 0, most, 1)
        which = len(self.model.invitations) - 1
        if which < 0:
            return
        if then == "revoke":
            told = self.product.revoke(self.person(OWNER, number), number, which)
            self.agree("revoke", told, self.model.revoke(self.person(OWNER, number), number, which))
        elif then == "void":
            self.void(ADMINISTRATOR, number, 0, False)
        elif then == "demote":
            self.hand_over(OWNER, GUEST, number, 2)
        elif then == "wait":
            self.time_passes(3_600_000, False)
        self.accept(who, 1)
        if most and then == "accept":
            self.accept("dan", 1)

    @precondition(lambda self: self.model.invitations)
    @rule(who=st.sampled_from(NAMES), choice=choices)
    def accept(self, who: str, choice: int) -> None:
        which = len(self.model.invitations) - choice % (len(self.model.invitations) + 1)
        leads_to = self.model.invitations[which].room if which < len(self.model.invitations) else ROOMS_MAX
        who = self.person(who, 0)
        self.agree("accept", self.product.accept(who, which, leads_to), self.model.accept(who, which))

    @rule(who=whos, number=numbers, choice=choices)
    def exit(self, who: str, number: int, choice: int) -> None:
        who = self.person(who, number, choice)
        self.agree("exit", self.product.exit(who, number), self.model.exit(who, number))

    # Moderation

    @rule(who=whos, whom=whoms, number=numbers, choice=choices)
    def kick(self, who: str, whom: str, number: int, choice: int) -> None:
        who, whom = self.person(who, number, choice), self.person(whom, number, choice // 2)
        self.agree("kick", self.product.kick(who, number, whom), self.model.kick(who, number, whom))

    @rule(
        who=whos,
        whom=whoms,
        number=numbers,
        choice=choices,
        for_ms=st.sampled_from([None, 1_000, 1_800_000, 3_600_000, 0]),
    )
    def ban(self, who: str, whom: str, number: int, choice: int, for_ms: int | None) -> None:
        who, whom = self.person(who, number, choice), self.person(whom, number, choice // 2)
        self.bans += 1  # no two bans end in the same millisecond, so that their ends have an order
        until = None if for_ms is None else self.model.now + for_ms + (self.bans if for_ms else 0)
        asked = (who, number, whom, "VOID", until)
        self.agree("ban", self.product.set_status(*asked), self.model.set_status(*asked))

    @precondition(lambda self: self.model.rooms)
    @rule(
        whom=st.sampled_from([GUEST, GUEST, ADMINISTRATOR]),
        number=st.integers(0, 1),
        choice=choices,
        noted=st.booleans(),
    )
    def be_banned_for_a_while(self, whom: str, number: int, choice: int, noted: bool) -> None:
        """What somebody may who is banned, and then is no more."""
        number %= len(self.model.rooms)
        self.ban(OWNER, whom, number, choice, 1_800_000)
        who = self.person(whom, number, choice // 2)
        self._send("send", who, number, f"banned {self.bans}", "hello", None)
        self.join(who, number)
        self.exit(who, number, 0)
        if choice % 2:
            self.time_passes(3_600_000, noted)
            self._send("send", who, number, f"pardoned {self.bans}", "hello", None)

    @rule(who=whos, whom=whoms, number=numbers, choice=choices)
    def warn(self, who: str, whom: str, number: int, choice: int) -> None:
        asked = (self.person(who, number, choice), number, self.person(whom, number, choice // 2))
        told = self.product.set_status(*asked, "WARNING", None)
        self.agree("warn", told, self.model.set_status(*asked, "WARNING", None))

    @rule(who=whos, whom=whoms, number=numbers, choice=choices)
    def pardon(self, who: str, whom: str, number: int, choice: int) -> None:
        asked = (self.person(who, number, choice), number, self.person(whom, number, choice // 2))
        told = self.product.set_status(*asked, "ALIVE", None)
        self.agree("pardon", told, self.model.set_status(*asked, "ALIVE", None))

    @rule(
        who=whos,
        whom=whoms,
        number=numbers,
        choice=choices,
        role=st.sampled_from(["SYSOP", "SYSOP", "MEMBER", "OBSERVER"]),
    )
    def give_role(self, who: str, whom: str, number: int, choice: int, role: str) -> None:
        asked = (self.person(who, number, choice), number, self.person(whom, number, choice // 2), role)
        self.agree("give role", self.product.give_role(*asked), self.model.give_role(*asked))

    @rule(who=whos, whom=whoms, number=numbers, choice=choices)
    def hand_over(self, who: str, whom: str, number: int, choice: int) -> None:
        asked = (self.person(who, number, choice), number, self.person(whom, number, choice // 2))
        self.agree("hand over", self.product.hand_over(*asked), self.model.hand_over(*asked))

    @rule(ms=steps, noted=st.booleans())
    def time_passes(self, ms: int, noted: bool) -> None:
        """A ban is over by the clock, noted or not."""
        self.product.clock.advance(ms=ms)
        self.model.now += ms
        counts["time passes", "ok"] += 1
        if noted:
            expected = self.model.note_bans()
            counts["note ends of bans", "ok" if expected else "none"] += 1
            assert self.product.note_bans() == expected

    # The room itself

    @rule(
        who=whos,
        number=numbers,
        choice=choices,
        wanted=st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Plaza", "Square", ""]),
                "description": st.sampled_from(["", "A quiet place"]),
                "capacity": capacities,
                "public": st.sampled_from(
                    ["AVAILABLE", "AVAILABLE", "OBSERVER", "PRIVATE", "INVISIBLE", "VOID"]
                ),
                "slow": st.sampled_from([0, 5, 3_601]),
            },
        ),
    )
    def change(self, who: str, number: int, choice: int, wanted: dict[str, object]) -> None:
        who = self.person(who, number, choice)
        self.agree("change", self.product.change(who, number, wanted), self.model.change(who, number, wanted))

    @precondition(lambda self: self.model.rooms)
    @rule(who=whos, number=numbers, choice=choices, as_administrator=st.booleans(), really=choices)
    def end(self, who: str, number: int, choice: int, as_administrator: bool, really: int) -> None:
        """Seldom by those who may: a room that has ended has few stories left."""
        who = self.person(who, number, choice)
        if really > 2 and self.model.refusal(self.model.room(number), who, "end") is None:
            return
        told = self.product.end(who, number, as_administrator=as_administrator)
        self.agree("end", told, self.model.end(who, number, as_administrator=as_administrator))

    @rule(who=whos, number=numbers, choice=choices, undo=st.booleans())
    def void(self, who: str, number: int, choice: int, undo: bool) -> None:
        who = self.person(who, number, choice)
        what = "un-void" if undo else "void"
        self.agree(what, self.product.void(who, number, undo=undo), self.model.void(who, number, undo=undo))

    @precondition(lambda self: any(room.public == "VOID" for room in self.model.rooms))
    @rule()
    def un_void(self) -> None:
        number = next(n for n, room in enumerate(self.model.rooms) if room.public == "VOID")
        told = self.product.void(ADMINISTRATOR, number, undo=True)
        self.agree("un-void", told, self.model.void(ADMINISTRATOR, number, undo=True))

    # The log

    def _send(self, what: str, who: str, number: int, cid: str, body: str, reply_to: int | None) -> None:
        told, seq, slow = self.product.send(who, number, cid, body, reply_to)
        room = self.model.room(number)
        expected, at = self.model.send(who, number, cid, body, reply_to)
        self.agree(what, told, expected)
        if told in GRANTED:
            assert seq == at
            assert room is not None
            assert slow == self.model.slow_mode(room, who)

    @rule(
        who=whos,
        number=numbers,
        choice=choices,
        cid=st.integers(0, 40),
        body=st.sampled_from(["안녕", "hello", "a" * 300]),
        reply_to=st.sampled_from([None, None, 1, 5]),
    )
    def send(self, who: str, number: int, choice: int, cid: int, body: str, reply_to: int | None) -> None:
        self._send("send", self.person(who, number, choice), number, f"c{cid}", body, reply_to)

    @precondition(lambda self: self.model.sent)
    @rule(choice=choices, other=st.sampled_from([None, None, "body", "reply"]))
    def send_again(self, choice: int, other: str | None) -> None:
        sent = list(self.model.sent)
        number, seq = sent[-1 - choice % len(sent)]
        line = self.model.rooms[number].log[seq - 1]
        body, reply_to = self.model.sent[number, seq]
        assert line.cid is not None
        body = body + "!" if other == "body" else body
        reply_to = (reply_to or 0) + 1 if other == "reply" else reply_to
        self._send("send again", line.who, number, line.cid, body, reply_to)

    @precondition(lambda self: self.model.rooms)
    @rule(who=whos, number=numbers, choice=choices, seq=seqs)
    def delete(self, who: str, number: int, choice: int, seq: int) -> None:
        who = self.person(who, number, choice)
        self.agree("delete", self.product.delete(who, number, seq), self.model.delete(who, number, seq))

    @precondition(lambda self: self.model.sent)
    @rule(who=st.sampled_from(["its author", "its author", OWNER, WITHIN, *NAMES]), choice=choices)
    def delete_a_message(self, who: str, choice: int) -> None:
        sent = list(self.model.sent)
        number, seq = sent[-1 - choice % len(sent)]
        author = self.model.rooms[number].log[seq - 1].who
        who = author if who == "its author" else self.person(who, number, choice)
        what = "delete own" if who == author else "delete another's"
        self.agree(what, self.product.delete(who, number, seq), self.model.delete(who, number, seq))

    @rule(who=whos, number=numbers, choice=choices, before=st.none() | seqs, limit=st.integers(1, 9))
    def read_history(self, who: str, number: int, choice: int, before: int | None, limit: int) -> None:
        who = self.person(who, number, choice)
        told, page = self.product.read(who, number, before=before, limit=limit)
        self.agree("read history", told, self.model.read(who, number))
        room = self.model.room(number)
        if told == "ok" and room is not None:
            end = len(room.log) if before is None else max(0, min(before - 1, len(room.log)))
            begin = max(0, end - limit)
            assert [entry.seq for entry in page.entries] == list(range(begin + 1, end + 1))
            self.same_lines(page.entries, room.log[begin:end])
            assert page.more == (begin > 0)

    @rule(who=whos, number=numbers, choice=choices, after=seqs, limit=st.integers(1, 9))
    def resume(self, who: str, number: int, choice: int, after: int, limit: int) -> None:
        who = self.person(who, number, choice)
        told, page = self.product.read(who, number, after=after, limit=limit)
        self.agree("resume", told, self.model.read(who, number))
        room = self.model.room(number)
        if told == "ok" and room is not None:
            end = max(after, min(after + limit, len(room.log)))
            assert [entry.seq for entry in page.entries] == list(range(after + 1, end + 1))
            self.same_lines(page.entries, room.log[after:end])
            assert page.more == (end < len(room.log))

    @rule(who=whos, number=numbers, choice=choices, seq=seqs)
    def mark_read(self, who: str, number: int, choice: int, seq: int) -> None:
        who = self.person(who, number, choice)
        told = self.product.mark_read(who, number, seq)
        self.agree("mark read", told, self.model.mark_read(who, number, seq))

    @rule(who=whos, number=numbers, choice=choices)
    def list_members(self, who: str, number: int, choice: int) -> None:
        who = self.person(who, number, choice)
        told, places = self.product.members(who, number)
        room = self.model.room(number)
        self.agree("list members", told, self.model.refusal(room, who, "subscribe") or "ok")
        if told == "ok":
            self.same_places(number, places)

    @rule(then=st.sampled_from(["go on"] * 6 + ["restart before", "restart", "die"]))
    def carry_facts(self, then: str) -> None:
        """From the outbox into the log. Who dies in it has the lines in the log and the facts in the outbox still:
        the next round finds them there and adds none."""
        if then == "restart before":
            self.restart()
        if then == "die":
            self.product.carry_and_die()
        else:
            self.product.carry()
        self.model.carry()
        counts["carry facts", "ok"] += 1
        if then in ("restart", "die"):
            self.restart()

    def restart(self) -> None:
        self.product.close()
        self.product.open()
        counts["restart", "ok"] += 1
        self.everything_is_as_the_model_says()

    # What is always so

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        """After every step: each room that may have changed in either of the two, and everybody's lobby.

        Where neither the database nor the model has changed, nothing has to be read again. One room and one
        member's list are looked at in turn whatever changed.
        """
        self.steps += 1
        version, shapes = self.product.version(), [self.shape(room) for room in self.model.rooms]
        tops = [len(room.log) for room in self.model.rooms]
        if (version, shapes) != (self.version, self.shapes):
            turn = self.steps % len(shapes) if shapes else 0
            for number, shape in enumerate(shapes):
                if number == turn or number >= len(self.shapes) or shape != self.shapes[number]:
                    self.the_room_is_as_the_model_says(number)
            there = list(self.model.people)
            self.lobbies_are_as_the_model_says(
                there if shapes != self.shapes else [there[self.steps % len(there)]]
            )
        if tops != self.tops or version != self.version:
            for number in range(len(tops)):
                self.the_log_is_as_the_model_says(number)
            there = list(self.model.people)
            self.the_list_is_as_the_model_says(there[self.steps % len(there)])
        self.version, self.shapes, self.tops = version, shapes, tops

    def everything_is_as_the_model_says(self) -> None:
        for number in range(len(self.model.rooms)):
            self.the_room_is_as_the_model_says(number)
            self.the_log_is_as_the_model_says(number)
        self.lobbies_are_as_the_model_says(self.model.people)
        for who in self.model.people:
            self.the_list_is_as_the_model_says(who)
        self.version = self.product.version()

    def shape(self, room: Room) -> str:
        """All of a room but its log; the same text means that nothing is different."""
        links = [
            (which, link.uses)
            for which, link in enumerate(self.model.invitations)
            if self.model.rooms[link.room] is room and self.model.is_open(link)
        ]
        here = [(who, self.model.status(room, who)) for who in room.places]
        alone = (room.owner, room.name, room.description, room.capacity, room.public, room.former, room.slow)
        return repr((alone, room.ended, room.places, room.asking, links, here))

    def the_room_is_as_the_model_says(self, number: int) -> None:
        model, inside = self.model.rooms[number], self.product.inside(number)
        room = inside.room
        assert (room.name, room.description, room.capacity, room.public, room.slow_mode_s) == (
            model.name,
            model.description,
            model.capacity,
            model.public,
            model.slow,
        )
        assert room.status == ("ENDED" if model.ended else "ALIVE")
        assert room.owner_id == self.product.member(model.owner)
        assert inside.count == len(model.places) <= room.capacity
        if not model.ended:
            owners = [place for place in inside.places if place.member_id == room.owner_id]
            assert [owner.role for owner in owners] == ["SYSOP"], "a room has one owner, who runs it"
            assert not owners[0].is_banned(self.product.now)
        self.same_places(number, inside.places)
        assert {request.member_id: request.asked_at for request in inside.asking} == {
            self.product.member(who): START + at for who, at in model.asking.items()
        }
        assert {link.id: (link.uses, link.max_uses) for link in inside.links} == {
            self.product.invitations[which][0]: (invitation.uses, invitation.most)
            for which, invitation in enumerate(self.model.invitations)
            if invitation.room == number and self.model.is_open(invitation)
        }

    def the_log_is_as_the_model_says(self, number: int) -> None:
        entries = self.product.entries(number)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert len({entry.key for entry in entries}) == len(entries)
        assert len({entry.id for entry in entries}) == len(entries)
        self.same_lines(entries, self.model.rooms[number].log)

    def lobbies_are_as_the_model_says(self, viewers: Iterable[str]) -> None:
        ids = sorted(self.product.rooms[number] for number in self.model.lobby())
        lobbies = self.product.lobbies(viewers)
        for who, rows in lobbies.items():
            assert sorted(row.room.id for row in rows) == ids
            for row in rows:
                self.same_row(who, row)

    def the_list_is_as_the_model_says(self, who: str) -> None:
        joined = self.product.joined(who)
        assert joined.keys() == {self.product.rooms[number] for number in self.model.joined(who)}
        for room_id, (row, unread) in joined.items():
            self.same_row(who, row)
            room = self.model.rooms[self.product.rooms.index(room_id)]
            expected = None if self.model.banned(room, who) else room.unread(room.places[who])
            assert unread == expected

    def same_row(self, who: str, row: RoomRow) -> None:
        room = self.model.rooms[self.product.rooms.index(row.room.id)]
        place = room.places.get(who)
        assert (row.room.public, row.room.name, row.members_count) == (
            room.public,
            room.name,
            len(room.places),
        )
        assert (row.membership is None) == (place is None)
        if row.membership is not None and place is not None:
            assert (row.membership.role, row.membership.status_at(self.product.now)) == (
                place.role,
                self.model.status(room, who),
            )

    def same_places(self, number: int, places: Sequence[Membership]) -> None:
        room = self.model.rooms[number]
        expected = sorted(
            room.places.items(),
            key=lambda item: (item[1].role != "SYSOP", item[1].joined_at, self.product.member(item[0])),
        )
        assert [
            (
                place.member_id,
                place.role,
                place.status_at(self.product.now),
                place.is_banned(self.product.now),
            )
            for place in places
        ] == [
            (self.product.member(who), place.role, self.model.status(room, who), self.model.banned(room, who))
            for who, place in expected
        ]

    def same_lines(self, entries: Sequence[Entry], lines: list[Line]) -> None:
        assert len(entries) == len(lines)
        for entry, line in zip(entries, lines, strict=True):
            assert (
                entry.type,
                entry.member_id,
                entry.nickname,
                entry.event,
                entry.target,
                entry.reply_to,
                entry.at,
                entry.deleted,
            ) == (
                line.type,
                self.product.member(line.who),
                line.who.title(),
                line.event,
                line.target,
                line.reply_to,
                START + (line.at or 0),
                line.deleted,
            )
            if line.type == "SYSTEM":
                assert entry.cid.startswith("§")
                assert entry.body
            else:
                assert (entry.cid, entry.body) == (line.cid, line.body)
