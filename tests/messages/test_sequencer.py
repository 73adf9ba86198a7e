"""The sequencer against a model: contiguous numbers, none reused, each cid once, whatever fails in between."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pac.accounts.model import MemberId
from pac.ids import SeededIds
from pac.messages.model import Cid, CidKey, Draft, Entry, Epoch, Known, MessageType, Position, Seq, digest
from pac.messages.sequencer import Conflict, Numbered, Plan, Sequencer
from pac.rooms.model import RoomId
from tests.contracts.entries import AT, ROOM, draft
from tests.support.clock import SteppedClock

drafts = st.builds(
    Draft,
    room_id=st.sampled_from([RoomId("a"), RoomId("b"), RoomId("c")]),
    member_id=st.sampled_from([MemberId("jisu"), MemberId("minho")]),
    nickname=st.just("지수"),
    cid=st.sampled_from([Cid(f"c{number}") for number in range(12)]),
    type=st.just(MessageType.TEXT),
    body=st.sampled_from(["하나", "둘"]),
    event=st.none(),
    reply_to=st.sampled_from([None, Seq(1)]),
)


class FencedStore:
    """The contract of messages/log.py in memory, as dictionaries: what the sequencer is measured by."""

    def __init__(self) -> None:
        self.rooms: dict[RoomId, list[Entry]] = {}
        self.cids: dict[CidKey, Entry] = {}

    def append(self, entries: tuple[Entry, ...]) -> bool:
        tops = {room: len(stored) for room, stored in self.rooms.items()}
        keys = set(self.cids)
        for entry in entries:
            if entry.seq != tops.get(entry.room_id, 0) + 1 or entry.key in keys:
                return False
            tops[entry.room_id] = entry.seq
            keys.add(entry.key)
        for entry in entries:
            self.rooms.setdefault(entry.room_id, []).append(entry)
            self.cids[entry.key] = entry
        return True

    def known(self, keys: set[CidKey]) -> dict[CidKey, Known]:
        return {
            key: Known(entry.seq, entry.at, digest(entry.type, entry.body, entry.reply_to))
            for key in keys
            if (entry := self.cids.get(key))
        }

    def positions(self, rooms: set[RoomId]) -> dict[RoomId, Position]:
        return {room: Position(Epoch("e"), Seq(1), Seq(len(self.rooms.get(room, [])))) for room in rooms}


class SequencerMachine(RuleBasedStateMachine):
    """Two sequencers, one of which may be stale, over one store; `said` is what senders were told."""

    @initialize()
    def begin(self) -> None:
        self.ids = SeededIds(1)
        self.clock = SteppedClock()
        self.store = FencedStore()
        self.ours = Sequencer(self.ids.uuid7)
        self.theirs = Sequencer(self.ids.uuid7)
        self.said: dict[CidKey, tuple[Numbered, Draft]] = {}

    def turn(self, sequencer: Sequencer, batch: list[Draft]) -> Plan:
        self.clock.advance(ms=1)
        known = self.store.known({one.key for one in batch})
        sequencer.learn(self.store.positions(sequencer.unread_rooms(batch)))
        return sequencer.plan(batch, known, self.clock.now())

    def forget(self, sequencer: Sequencer, batch: list[Draft]) -> None:
        sequencer.forget({one.room_id for one in batch})

    def tell(self, batch: list[Draft], plan: Plan) -> None:
        for one, answer in zip(batch, plan.answers, strict=True):
            stored = self.store.cids[one.key]
            same = digest(one.type, one.body, one.reply_to) == digest(
                stored.type, stored.body, stored.reply_to
            )
            if isinstance(answer, Conflict):
                assert not same
                continue
            assert same
            assert (answer.seq, answer.at) == (stored.seq, stored.at)
            assert answer.duplicate == (one.key in self.said)
            self.said.setdefault(one.key, (answer, one))

    @rule(batch=st.lists(drafts, min_size=1, max_size=8))
    def a_batch_is_stored(self, batch: list[Draft]) -> None:
        self.finish(self.ours, batch)

    @rule(batch=st.lists(drafts, min_size=1, max_size=4))
    def another_writer_stores_a_batch(self, batch: list[Draft]) -> None:
        self.finish(self.theirs, batch)

    def finish(self, sequencer: Sequencer, batch: list[Draft]) -> None:
        plan = self.turn(sequencer, batch)
        if not self.store.append(plan.entries):
            self.forget(sequencer, batch)
            plan = self.turn(sequencer, batch)
            assert self.store.append(plan.entries), "read anew, so the fence lets it pass"
        sequencer.committed(plan)
        self.tell(batch, plan)

    @rule(batch=st.lists(drafts, min_size=1, max_size=8), stored=st.booleans())
    def the_outcome_is_unknown(self, batch: list[Draft], stored: bool) -> None:
        """Nobody is told. What was stored all the same counts as said: a resend is a duplicate of it."""
        plan = self.turn(self.ours, batch)
        if stored and self.store.append(plan.entries):
            for entry in plan.entries:
                self.said[entry.key] = (Numbered(entry.seq, entry.at), batch[0])
        self.forget(self.ours, batch)

    @rule(batch=st.lists(drafts, min_size=1, max_size=8))
    def it_is_sent_twice(self, batch: list[Draft]) -> None:
        self.finish(self.ours, batch)
        self.finish(self.ours, batch)

    @rule(rooms=st.sets(st.sampled_from([RoomId("a"), RoomId("b")])))
    def rooms_are_forgotten(self, rooms: set[RoomId]) -> None:
        self.ours.forget(rooms)

    @rule()
    def the_process_starts_anew(self) -> None:
        self.ours = Sequencer(self.ids.uuid7)

    @invariant()
    def every_room_is_numbered_without_a_hole(self) -> None:
        for stored in self.store.rooms.values():
            assert [entry.seq for entry in stored] == list(range(1, len(stored) + 1))

    @invariant()
    def whoever_was_told_a_number_has_it_alone_and_for_ever(self) -> None:
        for key, (answer, _) in self.said.items():
            assert self.store.rooms[key.room_id][answer.seq - 1].key == key
        places = [(key.room_id, answer.seq) for key, (answer, _) in self.said.items()]
        assert len(set(places)) == len(places)


SequencerMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


@pytest.mark.req("7.1", "7.5")
class TestSequencer(SequencerMachine.TestCase):
    """Hypothesis looks for a sequence of the rules above that breaks an invariant."""


def test_a_plan_changes_nothing_until_it_is_committed(ids: SeededIds, clock: SteppedClock) -> None:
    sequencer = Sequencer(ids.uuid7)
    sequencer.learn({ROOM: Position(Epoch("e"), Seq(1), Seq(6))})
    first = sequencer.plan([draft("a")], {}, clock.now())
    again = sequencer.plan([draft("b")], {}, clock.now())
    assert [first.entries[0].seq, again.entries[0].seq] == [7, 7]
    sequencer.committed(first)
    assert sequencer.plan([draft("b")], {}, clock.now()).entries[0].seq == 8


def test_a_body_said_twice_in_a_batch_is_stored_once_and_another_is_a_conflict(
    ids: SeededIds, clock: SteppedClock
) -> None:
    sequencer = Sequencer(ids.uuid7)
    sequencer.learn({ROOM: Position(Epoch("e"), Seq(1), Seq(0))})
    plan = sequencer.plan(
        [draft("a", "하나"), draft("a", "하나"), draft("a", "둘"), draft("a", "하나", reply_to=1)],
        {},
        clock.now(),
    )
    assert plan.answers == (
        Numbered(Seq(1), AT),
        Numbered(Seq(1), AT, duplicate=True),
        Conflict(),
        Conflict(),
    )
    assert len(plan.entries) == 1


def test_rooms_it_has_not_read_are_named(ids: SeededIds) -> None:
    sequencer = Sequencer(ids.uuid7)
    batch = [draft("a"), draft("b", room=RoomId("b"))]
    assert sequencer.unread_rooms(batch) == {ROOM, RoomId("b")}
    sequencer.learn({ROOM: Position(Epoch("e"), Seq(1), Seq(0))})
    assert sequencer.unread_rooms(batch) == {RoomId("b")}
    sequencer.forget([ROOM])
    assert sequencer.unread_rooms(batch) == {ROOM, RoomId("b")}
