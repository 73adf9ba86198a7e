"""One socket's bytes, bounded (PROTOCOL promise 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pac.live.outbox import STUCK_AFTER_S, Outbox, Verdict


class Wire:
    """A transport that can be told to stop taking bytes."""

    def __init__(self, limit: int = 100) -> None:
        self.written: list[bytes] = []
        self.outbox: Outbox[str] = Outbox(self.written.append, limit)


def test_an_open_transport_takes_everything_at_once() -> None:
    wire = Wire()
    assert wire.outbox.answer(b"a") is Verdict.QUEUED
    assert wire.outbox.entries(b"b" * 1_000, "room", 0) is Verdict.QUEUED
    assert wire.written == [b"a", b"b" * 1_000]
    assert wire.outbox.queued_bytes == 0


def test_what_waits_is_written_in_order_when_the_transport_opens() -> None:
    wire = Wire()
    wire.outbox.pause()
    wire.outbox.answer(b"1")
    wire.outbox.entries(b"2", "room", 0)
    wire.outbox.ephemeral(b"3")
    assert wire.written == []
    wire.outbox.resume()
    assert wire.written == [b"1", b"2", b"3"]
    assert wire.outbox.is_open


@pytest.mark.req("3.11")
@pytest.mark.row("promise 3 slow", "promise 4", "limit queue")
def test_ephemeral_frames_are_shed_at_half_and_entries_fall_back_to_the_log_at_the_limit() -> None:
    wire = Wire(limit=100)
    wire.outbox.pause()
    assert wire.outbox.entries(b"x" * 50, "room", 7) is Verdict.QUEUED
    assert wire.outbox.ephemeral(b"y") is Verdict.SHED_EPHEMERAL
    assert wire.outbox.entries(b"x" * 50, "room", 9) is Verdict.QUEUED
    assert wire.outbox.entries(b"x", "room", 11) is Verdict.REPLAY_FROM_LOG
    assert wire.outbox.queued_bytes == 100


@pytest.mark.row("promise 3 slow")
def test_dropping_entries_says_from_where_each_room_is_read_again_and_keeps_answers() -> None:
    wire = Wire()
    wire.outbox.pause()
    wire.outbox.entries(b"a", "lobby", 3)
    wire.outbox.answer(b"ok")
    wire.outbox.entries(b"b", "games", 10)
    wire.outbox.entries(b"c", "lobby", 4)
    assert wire.outbox.drop_entries(now=1.0) == {"lobby": 3, "games": 10}
    assert wire.outbox.queued_bytes == 2
    wire.outbox.resume()
    assert wire.written == [b"ok"]


def test_forgetting_a_room_leaves_the_others() -> None:
    wire = Wire()
    wire.outbox.pause()
    wire.outbox.entries(b"a", "left", 0)
    wire.outbox.entries(b"b", "stays", 0)
    wire.outbox.forget("left")
    wire.outbox.resume()
    assert wire.written == [b"b"]


@pytest.mark.req("3.11")
def test_a_reader_whose_answers_alone_fill_the_outbox_is_slow() -> None:
    wire = Wire(limit=10)
    wire.outbox.pause()
    for _ in range(10):
        assert wire.outbox.answer(b"x") is Verdict.QUEUED
    assert wire.outbox.answer(b"x") is Verdict.SLOW


@pytest.mark.req("3.11")
@pytest.mark.row("promise 3 slow")
def test_an_outbox_that_has_been_full_for_thirty_seconds_is_stuck_until_it_drains() -> None:
    wire = Wire()
    wire.outbox.pause()
    wire.outbox.drop_entries(now=100.0)
    assert not wire.outbox.is_stuck(100.0 + STUCK_AFTER_S - 0.001)
    assert wire.outbox.is_stuck(100.0 + STUCK_AFTER_S)
    wire.outbox.resume()
    assert not wire.outbox.is_stuck(1_000.0)


@pytest.mark.row("promise 3 slow", "limit queue")
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("answer"), st.integers(1, 20)),
            st.tuples(st.just("ephemeral"), st.integers(1, 20)),
            st.tuples(st.sampled_from(["lobby", "games"]), st.integers(1, 20)),
            st.tuples(st.sampled_from(["pause", "resume", "drop"]), st.just(0)),
        )
    )
)
def test_whatever_happens_the_bound_holds_and_no_answer_is_lost_or_reordered(
    steps: list[tuple[str, int]],
) -> None:
    wire = Wire(limit=60)
    answers: list[bytes] = []
    for number, (what, size) in enumerate(steps, 1):
        frame = f"{what}{number}".encode().ljust(size, b".")
        match what:
            case "pause":
                wire.outbox.pause()
            case "resume":
                wire.outbox.resume()
            case "drop":
                wire.outbox.drop_entries(0.0)
            case "answer":
                if wire.outbox.answer(frame) is Verdict.QUEUED:
                    answers.append(frame)
            case "ephemeral":
                wire.outbox.ephemeral(frame)
            case room:
                wire.outbox.entries(frame, room, number)
        assert wire.outbox.queued_bytes <= 60
    wire.outbox.resume()
    assert [frame for frame in wire.written if frame.startswith(b"answer")] == answers


@pytest.mark.req("3.15")
def test_nothing_is_written_once_it_is_closed() -> None:
    wire = Wire()
    wire.outbox.answer(b"before")
    wire.outbox.pause()
    wire.outbox.entries(b"waits", "room", 0)
    wire.outbox.close()
    wire.outbox.resume()
    assert wire.outbox.entries(b"later", "room", 1) is Verdict.QUEUED
    wire.outbox.answer(b"an answer")
    wire.outbox.ephemeral(b"top")
    assert wire.written == [b"before"]
    assert wire.outbox.queued_bytes == 0
