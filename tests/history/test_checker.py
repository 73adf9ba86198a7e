"""The checker is itself checked: it sees every lie, names the place, and never accuses a chat that kept its word."""

import random
import time
from collections.abc import Callable
from itertools import count

import pytest

from tests.history.checker import Kind, Violation, check, report
from tests.history.model import (
    Ack,
    Disconnected,
    Event,
    LogRow,
    Opened,
    Read,
    Receive,
    Refused,
    Removed,
    Restored,
    Send,
    Settled,
    Subscribed,
)
from tests.history.mutations import MUTATIONS, Mutation
from tests.history.recorder import Recorder, figures
from tests.history.simulation import Simulation

ROOM = "room-1"
SEED = 20261123

pytestmark = pytest.mark.req("7.8", "7.9")


class Told:
    """A history told by hand, a tenth of a second a line."""

    def __init__(self) -> None:
        self._ticks = count(10_000)
        self._last = 0.0
        self._recorder = Recorder(lambda: self._last)
        self.rows: list[LogRow] = []
        for member in ("jieun", "minsu", "ada"):
            self.happens(Opened, socket=f"{member}#1", client=member, member=member)

    @property
    def events(self) -> list[Event]:
        return self._recorder.events

    def happens(self, kind: Callable[..., Event], **fields: object) -> None:
        self._last = next(self._ticks) / 10
        self._recorder.note(kind, **fields)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            next(self._ticks)

    def reads(self, member: str, after: int = 0, top: int = 0, socket: str | None = None) -> None:
        socket = socket or f"{member}#1"
        self.happens(Subscribed, socket=socket, room=ROOM, after=after, top=top, epoch="e1")

    def sends(
        self, member: str, cid: str, body: str | None = None, socket: str | None = None, frame: str = ""
    ) -> None:
        socket = socket or f"{member}#1"
        self.happens(Send, socket=socket, id=frame or cid, room=ROOM, cid=cid, body=body or f"body of {cid}")

    def acks(
        self,
        member: str,
        cid: str,
        seq: int,
        *,
        dup: bool = False,
        socket: str | None = None,
        frame: str = "",
    ) -> None:
        socket = socket or f"{member}#1"
        self.happens(Ack, socket=socket, id=frame or cid, room=ROOM, cid=cid, seq=seq, dup=dup)

    def refuses(self, member: str, cid: str, code: str) -> None:
        self.happens(Refused, socket=f"{member}#1", id=cid, room=ROOM, cid=cid, code=code)

    def gets(
        self, reader: str, seq: int, author: str, cid: str, body: str | None = None, socket: str | None = None
    ) -> None:
        self.happens(
            Receive,
            socket=socket or f"{reader}#1",
            room=ROOM,
            seq=seq,
            member=author,
            body=body or f"body of {cid}",
        )

    def stored(self, seq: int, member: str, cid: str, body: str | None = None) -> None:
        self.rows.append(LogRow(ROOM, seq, member, body or f"body of {cid}", cid=cid))

    def three_messages(self) -> None:
        """지은 says a, b and c, one after the other; 민수 reads along."""
        self.reads("minsu")
        for seq, cid in enumerate("abc", 1):
            self.sends("jieun", cid)
            self.acks("jieun", cid, seq)
            self.gets("minsu", seq, "jieun", cid)
            self.stored(seq, "jieun", cid)

    def judged(self) -> set[tuple[Kind, str, int]]:
        return {(found.kind, found.room, found.seq) for found in self.violations()}

    def violations(self) -> list[Violation]:
        return check(self.events, self.rows)


@pytest.fixture
def told() -> Told:
    return Told()


def test_three_messages_that_were_kept_break_no_promise(told: Told) -> None:
    told.three_messages()
    assert told.judged() == set()


def test_an_acked_message_that_is_missing_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.acks("jieun", "a", 1)
    assert told.judged() == {(Kind.MISSING, ROOM, 1)}


def test_a_delivered_message_that_is_missing_is_seen(told: Told) -> None:
    told.three_messages()
    told.sends("ada", "d")
    told.gets("minsu", 4, "ada", "d")
    assert told.judged() == {(Kind.MISSING, ROOM, 4)}


def test_an_acked_message_that_is_changed_is_seen(told: Told) -> None:
    told.sends("jieun", "a", "내일 봐요")
    told.acks("jieun", "a", 1)
    told.sends("jieun", "b", "모레 봐요")
    told.stored(1, "jieun", "a", "모레 봐요")
    assert (Kind.CHANGED, ROOM, 1) in told.judged()


def test_an_ack_for_another_body_under_the_same_cid_is_seen(told: Told) -> None:
    told.three_messages()
    told.sends("jieun", "a", "something else", frame="again")
    told.acks("jieun", "a", 1, dup=True, frame="again")
    assert told.judged() == {(Kind.CHANGED, ROOM, 1)}


def test_a_gap_in_the_log_is_seen(told: Told) -> None:
    for seq, cid in ((1, "a"), (3, "c")):
        told.sends("jieun", cid)
        told.stored(seq, "jieun", cid)
    assert told.judged() == {(Kind.GAP, ROOM, 2)}


def test_a_log_that_does_not_begin_at_one_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.stored(2, "jieun", "a")
    assert told.judged() == {(Kind.GAP, ROOM, 1)}


def test_a_seq_that_is_in_the_log_twice_is_seen(told: Told) -> None:
    for cid in "ab":
        told.sends("jieun", cid)
        told.stored(1, "jieun", cid)
    assert told.judged() == {(Kind.DUPLICATE, ROOM, 1)}


def test_a_seq_that_is_given_again_after_a_restart_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.acks("jieun", "a", 1)
    told.happens(Disconnected, socket="jieun#1")
    told.happens(Opened, socket="minsu#2", client="minsu", member="minsu")
    told.sends("minsu", "b", socket="minsu#2")
    told.acks("minsu", "b", 1, socket="minsu#2")
    told.stored(1, "minsu", "b")
    assert (Kind.REUSED, ROOM, 1) in told.judged()


def test_a_client_id_that_is_stored_twice_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.stored(1, "jieun", "a")
    told.stored(2, "jieun", "a")
    assert told.judged() == {(Kind.STORED_TWICE, ROOM, 2)}


def test_a_message_that_is_stored_twice_is_seen_where_the_reader_is_not_told_the_cid(told: Told) -> None:
    told.sends("jieun", "a")
    told.rows += [LogRow(ROOM, seq, "jieun", "body of a") for seq in (1, 2)]
    assert told.judged() == {(Kind.STORED_TWICE, ROOM, 2)}


def test_two_acks_of_one_cid_with_two_numbers_are_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.acks("jieun", "a", 1)
    told.sends("jieun", "a", frame="again")
    told.acks("jieun", "a", 2, frame="again")
    told.stored(1, "jieun", "a")
    told.stored(2, "jieun", "a")
    assert told.judged() == {(Kind.STORED_TWICE, ROOM, 2)}


def test_a_receiver_that_skips_is_seen(told: Told) -> None:
    told.three_messages()
    told.reads("ada")
    told.gets("ada", 1, "jieun", "a")
    told.gets("ada", 3, "jieun", "c")
    assert told.judged() == {(Kind.SKIPPED, ROOM, 2)}


def test_a_hole_right_behind_a_resume_is_seen(told: Told) -> None:
    told.three_messages()
    told.reads("ada", after=1, top=3)
    told.gets("ada", 3, "jieun", "c")
    assert told.judged() == {(Kind.SKIPPED, ROOM, 2)}


def test_a_last_message_that_never_came_is_seen(told: Told) -> None:
    told.three_messages()
    told.reads("ada", after=1, top=3)
    told.gets("ada", 2, "jieun", "b")
    told.happens(Settled, socket="ada#1", room=ROOM, top=3)
    assert told.judged() == {(Kind.SKIPPED, ROOM, 3)}


def test_a_receiver_that_goes_back_is_seen(told: Told) -> None:
    told.three_messages()
    told.gets("minsu", 2, "jieun", "b")
    assert told.judged() == {(Kind.WENT_BACK, ROOM, 2)}


def test_a_receiver_that_resumes_may_go_back(told: Told) -> None:
    told.three_messages()
    told.reads("minsu", after=1, top=3)
    told.gets("minsu", 2, "jieun", "b")
    assert told.judged() == set()


def test_a_receiver_that_asks_again_without_a_place_goes_on_where_it_was(told: Told) -> None:
    told.reads("minsu")
    told.happens(Subscribed, socket="minsu#1", room=ROOM, after=None, top=2, epoch="e1")
    told.sends("jieun", "a")
    told.gets("minsu", 1, "jieun", "a")
    told.stored(1, "jieun", "a")
    assert told.judged() == set()


def test_a_receiver_that_was_told_to_reset_goes_on_behind_the_top(told: Told) -> None:
    told.three_messages()
    told.happens(Subscribed, socket="ada#1", room=ROOM, after=9, top=3, epoch="e1", reset=True)
    told.sends("jieun", "d")
    told.gets("ada", 4, "jieun", "d")
    told.stored(4, "jieun", "d")
    assert told.judged() == set()


def test_two_receivers_that_differ_are_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.sends("jieun", "b")
    for reader, cid in (("minsu", "a"), ("ada", "b")):
        told.reads(reader)
        told.gets(reader, 1, "jieun", cid)
    told.stored(1, "jieun", "a")
    assert told.judged() == {(Kind.DIFFER, ROOM, 1)}


def test_what_is_read_as_history_must_be_the_same_too(told: Told) -> None:
    told.three_messages()
    told.happens(Read, socket="ada#1", room=ROOM, seq=2, member="jieun", body="body of a")
    assert told.judged() == {(Kind.DIFFER, ROOM, 2)}


def test_a_message_sent_after_an_ack_and_numbered_before_it_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.acks("jieun", "a", 2)
    told.sends("minsu", "b")
    told.acks("minsu", "b", 1)
    told.stored(1, "minsu", "b")
    told.stored(2, "jieun", "a")
    assert told.judged() == {(Kind.REAL_TIME, ROOM, 1)}


def test_two_messages_under_way_at_once_may_come_in_either_order(told: Told) -> None:
    told.sends("jieun", "a")
    told.sends("minsu", "b")
    told.acks("jieun", "a", 2)
    told.acks("minsu", "b", 1)
    told.stored(1, "minsu", "b")
    told.stored(2, "jieun", "a")
    assert told.judged() == set()


def test_the_sends_of_one_socket_in_another_order_are_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.sends("jieun", "b")
    told.acks("jieun", "a", 2)
    told.acks("jieun", "b", 1)
    told.stored(1, "jieun", "b")
    told.stored(2, "jieun", "a")
    assert told.judged() == {(Kind.REORDERED, ROOM, 1)}


def test_a_resend_on_a_new_socket_may_come_behind_what_was_sent_after_it(told: Told) -> None:
    told.sends("jieun", "a")
    told.refuses("jieun", "a", "unavailable")
    told.sends("jieun", "b")
    told.acks("jieun", "b", 1)
    told.happens(Opened, socket="jieun#2", client="jieun", member="jieun")
    told.sends("jieun", "a", socket="jieun#2")
    told.acks("jieun", "a", 2, socket="jieun#2")
    told.stored(1, "jieun", "b")
    told.stored(2, "jieun", "a")
    assert told.judged() == set()


def test_a_message_nobody_sent_is_seen(told: Told) -> None:
    told.three_messages()
    told.stored(4, "jieun", "d")
    assert told.judged() == {(Kind.NOBODY_SENT, ROOM, 4)}


def test_a_message_that_is_pushed_before_it_was_sent_is_seen(told: Told) -> None:
    told.reads("minsu")
    told.gets("minsu", 1, "jieun", "a")
    told.sends("jieun", "a")
    told.stored(1, "jieun", "a")
    assert (Kind.NOBODY_SENT, ROOM, 1) in told.judged()


def test_a_wrong_author_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.stored(1, "minsu", "a")
    assert told.judged() == {(Kind.WRONG_AUTHOR, ROOM, 1)}


def test_a_message_that_was_refused_and_is_there_is_seen(told: Told) -> None:
    told.sends("jieun", "a")
    told.refuses("jieun", "a", "forbidden")
    told.stored(1, "jieun", "a")
    assert told.judged() == {(Kind.STORED_THOUGH_REFUSED, ROOM, 1)}


@pytest.mark.parametrize("there", [True, False])
def test_a_send_without_an_answer_may_be_there_or_not(told: Told, there: bool) -> None:
    told.sends("jieun", "a")
    told.sends("minsu", "b")
    told.refuses("minsu", "b", "unavailable")
    if there:
        told.stored(1, "minsu", "b")
        told.stored(2, "jieun", "a")
    assert told.judged() == set()


def test_a_delivery_more_than_two_seconds_after_removal_is_seen(told: Told) -> None:
    told.reads("minsu")
    told.happens(Removed, member="minsu", room=ROOM)
    told.sends("jieun", "a")
    told.gets("minsu", 1, "jieun", "a")  # within two seconds: on its way
    told.sends("jieun", "b")
    told.wait(2)
    told.gets("minsu", 2, "jieun", "b")
    told.stored(1, "jieun", "a")
    told.stored(2, "jieun", "b")
    assert told.judged() == {(Kind.AFTER_REMOVAL, ROOM, 2)}


def test_a_send_that_is_taken_long_after_removal_is_seen(told: Told) -> None:
    told.happens(Removed, member="minsu", room=ROOM)
    told.wait(3)
    told.sends("minsu", "a")
    told.acks("minsu", "a", 1)
    told.stored(1, "minsu", "a")
    assert told.judged() == {(Kind.AFTER_REMOVAL, ROOM, 1)}


def test_one_who_came_back_reads_again(told: Told) -> None:
    told.reads("minsu")
    told.happens(Removed, member="minsu", room=ROOM)
    told.wait(3)
    told.happens(Restored, member="minsu", room=ROOM)
    told.sends("jieun", "a")
    told.gets("minsu", 1, "jieun", "a")
    told.stored(1, "jieun", "a")
    assert told.judged() == set()


def test_an_entry_without_a_subscription_is_seen(told: Told) -> None:
    told.three_messages()
    told.gets("ada", 3, "jieun", "c")
    assert told.judged() == {(Kind.UNASKED, ROOM, 3)}


def test_a_log_that_is_another_one_is_seen(told: Told) -> None:
    told.reads("minsu")
    told.happens(Subscribed, socket="ada#1", room=ROOM, after=0, top=0, epoch="e2")
    assert told.judged() == {(Kind.EPOCH, ROOM, 0)}


def test_two_faults_at_once_are_both_seen_where_they_are(told: Told) -> None:
    """A lost ack hides behind a number that was given again, and a receiver skips elsewhere."""
    told.three_messages()
    told.reads("ada")
    told.gets("ada", 2, "jieun", "b")
    told.sends("ada", "d")
    told.acks("ada", "d", 4)
    assert told.judged() == {(Kind.SKIPPED, ROOM, 1), (Kind.MISSING, ROOM, 4)}


def test_a_wrong_author_and_a_double_are_both_seen(told: Told) -> None:
    told.three_messages()
    told.sends("ada", "d")
    told.stored(4, "minsu", "d")
    told.stored(5, "jieun", "c")
    assert told.judged() == {(Kind.WRONG_AUTHOR, ROOM, 4), (Kind.STORED_TWICE, ROOM, 5)}


def test_faults_in_two_rooms_are_told_apart() -> None:
    told = Told()
    for room in ("room-1", "room-2"):
        told.happens(Send, socket="jieun#1", id=f"{room}a", room=room, cid="a", body="hello")
        told.happens(Ack, socket="jieun#1", id=f"{room}a", room=room, cid="a", seq=1)
    told.rows.append(LogRow("room-1", 1, "jieun", "hello", cid="a"))
    assert told.judged() == {(Kind.MISSING, "room-2", 1)}


def test_a_violation_prints_the_shortest_history_that_shows_it(told: Told) -> None:
    told.three_messages()
    told.reads("ada")
    told.gets("ada", 1, "jieun", "a")
    told.gets("ada", 3, "jieun", "c")
    (violation,) = told.violations()
    assert [event.seq for event in violation.evidence if isinstance(event, Receive)] == [1, 3]
    assert len(violation.evidence) == 2
    assert "room-1, seq 2" in str(violation)
    assert "body of c" in report([violation])


def test_a_history_of_a_socket_that_was_never_opened_is_no_history() -> None:
    with pytest.raises(ValueError, match="never opened"):
        check([Send(1.0, "nobody#1", "1", ROOM, "a", "hello")], [])


def test_figures_count_messages_and_not_attempts(told: Told) -> None:
    told.sends("jieun", "a")
    told.sends("jieun", "a", frame="again")
    told.acks("jieun", "a", 1, frame="again")
    told.sends("minsu", "b")
    told.sends("ada", "c")
    told.refuses("ada", "c", "forbidden")
    found = figures(told.events)
    assert (found.ops, found.acks, found.unknowns) == (3, 1, 1)
    assert found.worst_ack_s == pytest.approx(0.2)


@pytest.mark.parametrize("hundred", range(10))
def test_a_chat_that_kept_its_word_is_never_accused(hundred: int) -> None:
    """A thousand histories, with crashes, resumes, doubles, refusals, unknown outcomes and removals in them."""
    for seed in range(SEED + hundred * 100, SEED + hundred * 100 + 100):
        simulated = Simulation(seed, forgets_cids=seed % 2 == 0).run(300)
        violations = check(simulated.events, simulated.rows)
        assert not violations, f"seed {seed}: {report(violations)}"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_lie_is_seen_and_its_room_is_named(mutation: Mutation) -> None:
    lies = 0
    for seed in range(SEED, SEED + 60):
        simulated = Simulation(seed, forgets_cids=seed % 2 == 0).run(400)
        lie = mutation(simulated.events, simulated.rows, random.Random(seed))
        if lie is None:
            continue
        lies += 1
        violations = check(lie.events, lie.rows)
        assert lie.room in {violation.room for violation in violations}, f"seed {seed}: {mutation.__name__}"
    assert lies >= 20, "the simulation hardly ever gives this lie a chance"


def test_a_hundred_thousand_events_are_judged_in_seconds() -> None:
    simulated = Simulation(SEED, members=60, rooms=20).run(150_000)
    assert len(simulated.events) >= 100_000
    begun = time.perf_counter()
    violations = check(simulated.events, simulated.rows)
    assert time.perf_counter() - begun < 5.0
    assert violations == []
