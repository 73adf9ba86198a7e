"""The client without a socket: what it writes and tells, whatever the server says and however often it is lost."""

import random

import pytest

from pac.chat import events
from pac.chat.backoff import Turn
from pac.chat.outbox import SendState
from pac.chat.wire import ANSWER_WITHIN_S
from pac.ids import SeededIds
from tests.chat.line import ROOM, Line
from tests.support.clock import SteppedClock


@pytest.fixture
def line(clock: SteppedClock, ids: SeededIds) -> Line:
    return Line(clock, ids)


def shown(told: list[events.Event]) -> list[int]:
    return [one.seq for event in told if isinstance(event, events.Entries) for one in event.entries]


# Opening and reading


def test_an_opened_room_shows_its_latest_page_and_then_what_comes(line: Line) -> None:
    line.connect()
    line.wire.open(ROOM)
    asked = line.asked("subscribe")
    assert asked["rooms"] == [{"room": ROOM}]
    line.subscribed(asked, top=120)
    asked = line.asked("history")
    assert (asked["before"], asked["limit"]) == (121, 50)
    line.push(121)  # before the page: it waits for it
    assert shown(line.told()) == []
    line.page(asked, 71, 120)
    line.push(122)
    assert shown(line.told()) == list(range(71, 123))


def test_a_room_with_no_message_is_open_at_once(line: Line) -> None:
    line.open(top=0)
    line.push(1)
    assert shown(line.told()) == [1]


def test_a_repeated_push_is_shown_once(line: Line) -> None:
    line.open(top=3)
    for seq in (3, 4, 4, 2, 5):
        line.push(seq)
    assert shown(line.told()) == [4, 5]


def test_a_hole_is_filled_before_what_follows_it_is_shown(line: Line) -> None:
    line.open(top=3)
    line.push(7)
    assert shown(line.told()) == []
    asked = line.asked("history")
    assert asked["after"] == 3
    line.push(8)
    assert line.written() == [], "one question at a time"
    line.page(asked, 4, 6)
    assert shown(line.told()) == [4, 5, 6, 7, 8]


def test_top_shows_a_hole_at_the_end(line: Line) -> None:
    line.open(top=3)
    line.hear(op="top", room=ROOM, epoch="e1", top=5)
    line.page(line.asked("history"), 4, 5)
    assert shown(line.told()) == [4, 5]


def test_top_where_nothing_is_missing_asks_nothing(line: Line) -> None:
    line.open(top=3)
    line.hear(op="top", room=ROOM, epoch="e1", top=3)
    assert line.written() == []


def test_history_that_cannot_be_read_now_is_asked_again_when_the_server_says(line: Line) -> None:
    line.open(top=3)
    line.push(5)
    asked = line.asked("history")
    line.hear(op="error", id=asked["id"], code="unavailable", message="…", retry_after_ms=2_000)
    line.wire.tick()
    assert line.written() == []
    assert line.wire.due() == line.clock.monotonic() + 2
    line.clock.advance(seconds=2)
    line.wire.tick()
    assert line.asked("history")["after"] == 3


def test_older_pages_go_back_to_the_first_message(line: Line) -> None:
    line.open(top=60)
    assert line.wire.older(ROOM)
    asked = line.asked("history")
    assert (asked["before"], asked["limit"]) == (11, 50)
    line.page(asked, 1, 10)
    (told,) = line.told()
    assert isinstance(told, events.OlderEntries)
    assert [one.seq for one in told.entries] == list(range(1, 11))
    assert not told.more
    assert not line.wire.older(ROOM)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_order_and_the_losses_the_log_is_shown_whole(line: Line, seed: int) -> None:
    """A server that drops, repeats and swaps pushes, loses the line, and answers every question truly."""
    chance = random.Random(seed)
    line.open(top=0)
    seen: list[int] = []
    top = 0
    for _ in range(200):
        top += 1
        for seq in chance.choice([[], [top], [top, top], [max(1, top - 1), top], [top + 1]]):
            if seq <= top:
                line.push(seq)
        if chance.random() < 0.05:
            line.wire.closed(None)
            asked = line.connect()[0]
            last = asked["rooms"][0]["after"]
            reset = chance.random() < 0.5
            line.subscribed(asked, top=top, reset=reset)
            if not reset:
                for seq in range(last + 1, top + 1):
                    line.push(seq)
        for asked in line.written():
            if asked["op"] == "history":
                line.page(asked, asked["after"] + 1, min(top, asked["after"] + chance.randint(1, 100)))
        seen += shown(line.told())
    line.hear(op="top", room=ROOM, epoch="e1", top=top)
    while frames := line.written():
        for asked in frames:
            line.page(asked, asked["after"] + 1, min(top, asked["after"] + 100))
    seen += shown(line.told())
    assert seen == list(range(1, top + 1))


# Coming back


def test_a_return_resumes_after_the_last_entry_of_the_epoch(line: Line) -> None:
    line.open(top=3)
    line.push(4)
    line.told()
    assert line.wire.closed(4010).turn is Turn.RETURN
    (asked,) = line.connect()
    assert asked["rooms"] == [{"room": ROOM, "after": 4, "epoch": "e1"}]
    line.subscribed(asked, top=6)
    assert line.written() == [], "the replay comes by itself"
    line.push(5)
    line.push(6)
    assert shown(line.told()) == [5, 6]


def test_a_reset_pages_what_was_missed(line: Line) -> None:
    line.open(top=3)
    line.wire.closed(None)
    (asked,) = line.connect()
    line.subscribed(asked, top=153, reset=True)
    line.page(line.asked("history"), 4, 103)
    asked = line.asked("history")
    assert asked["after"] == 103
    line.page(asked, 104, 153)
    told = line.told()
    assert shown(told) == list(range(4, 154))
    assert not any(isinstance(event, events.LogReplaced) for event in told)


@pytest.mark.parametrize(("epoch", "top"), [("e2", 5), ("e2", 2), ("e1", 2)])
def test_another_log_is_told_and_begun_anew(line: Line, epoch: str, top: int) -> None:
    line.open(top=3)
    line.wire.closed(None)
    (asked,) = line.connect()
    line.subscribed(asked, top=top, epoch=epoch, reset=True)
    asked = line.asked("history")
    assert asked["before"] == top + 1
    line.page(asked, 1, top)
    told = line.told()
    assert sum(isinstance(event, events.LogReplaced) for event in told) == 1
    assert shown(told) == list(range(1, top + 1))
    line.push(top + 1)
    assert shown(line.told()) == [top + 1]


def test_a_top_of_another_epoch_subscribes_again(line: Line) -> None:
    line.open(top=3)
    line.hear(op="top", room=ROOM, epoch="e2", top=9)
    assert line.asked("subscribe")["rooms"] == [{"room": ROOM, "after": 3, "epoch": "e1"}]


def test_a_loss_while_a_room_is_being_opened_opens_it_from_the_start(line: Line) -> None:
    line.connect()
    line.wire.open(ROOM)
    line.subscribed(line.asked("subscribe"), top=9)
    line.asked("history")
    line.wire.closed(None)
    (asked,) = line.connect()
    assert asked["rooms"] == [{"room": ROOM}]


def test_drain_is_told_and_gives_the_wait(line: Line) -> None:
    line.open()
    line.hear(op="drain", reconnect_in_ms=2_500)
    lost = line.wire.closed(4010)
    assert (lost.turn, lost.wait_s) == (Turn.RETURN, 2.5)
    assert [type(event) for event in line.told()] == [events.Draining, events.Lost]


@pytest.mark.parametrize("op", ["hello", "subscribe", "history", "send"])
def test_a_line_that_does_not_answer_is_dead(line: Line, op: str) -> None:
    if op == "hello":
        line.wire.connected("a-token")
    else:
        line.open(top=3)
        if op == "subscribe":
            line.wire.open("another")
        elif op == "history":
            line.wire.older(ROOM)
            line.push(9)
        else:
            line.wire.say(ROOM, "hello?")
    assert line.asked(op)
    line.clock.advance(seconds=ANSWER_WITHIN_S - 1)
    line.wire.tick()
    assert not line.wire.is_dead
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.wire.is_dead


def test_frames_it_does_not_know_change_nothing(line: Line) -> None:
    line.open(top=3)
    for text in ('{"op":"future","room":"x"}', '{"op":"message"}', "[]", "no json", '{"op":"top","top":"x"}'):
        line.wire.received(text)
    assert line.written() == []
    assert line.told() == []


# Sending


def test_a_message_is_pending_until_ok(line: Line) -> None:
    line.open()
    pending = line.wire.say(ROOM, "hello")
    asked = line.asked("send")
    assert (asked["room"], asked["cid"], asked["body"]) == (ROOM, pending.cid, "hello")
    assert line.wire.outbox.all() == [pending]
    line.hear(op="ok", id=asked["id"], room=ROOM, cid=pending.cid, seq=1, ts="…")
    assert line.wire.outbox.all() == []
    assert line.told() == [events.Delivered(pending, 1)]


def test_without_an_answer_it_goes_out_again_under_the_same_cid_in_the_same_order(line: Line) -> None:
    line.open()
    said = [line.wire.say(ROOM, body) for body in ("one", "two", "three")]
    asked = line.asked("send")
    assert asked["cid"] == said[0].cid, "one on its way at a time"
    line.wire.closed(None)
    line.wire.say(ROOM, "four")
    (subscribe,) = line.connect()
    assert line.written() == [], "nothing is sent before the room is subscribed"
    line.subscribed(subscribe, top=1)
    sent = []
    for seq in (1, 2, 3, 4):
        asked = line.asked("send")
        sent.append((asked["cid"], asked["body"]))
        dup = {"dup": True} if seq == 1 else {}
        line.hear(op="ok", id=asked["id"], room=ROOM, cid=asked["cid"], seq=seq, ts="…", **dup)
    assert sent[:3] == [(pending.cid, pending.body) for pending in said]
    assert [body for _, body in sent] == ["one", "two", "three", "four"]
    assert line.written() == []


def test_an_answer_of_the_connection_before_is_not_taken_for_one_of_this(line: Line) -> None:
    line.open()
    pending = line.wire.say(ROOM, "hello")
    old = line.asked("send")
    line.wire.closed(None)
    (subscribe,) = line.connect()
    line.hear(op="ok", id=old["id"], seq=7)
    assert line.wire.outbox.all() == [pending]
    line.subscribed(subscribe, top=0)
    assert line.asked("send")["cid"] == pending.cid


@pytest.mark.parametrize("code", ["rate_limited", "slow_mode", "unavailable"])
def test_what_came_too_fast_waits_as_told_and_holds_back_what_is_behind_it(line: Line, code: str) -> None:
    line.open()
    first = line.wire.say(ROOM, "one")
    line.wire.say(ROOM, "two")
    asked = line.asked("send")
    line.hear(op="error", id=asked["id"], code=code, message="…", retry_after_ms=2_000)
    assert first.state is SendState.WAITING
    assert line.told() == [events.Delayed(first, 2.0)]
    assert line.wire.due() == line.clock.monotonic() + 2
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.written() == []
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.asked("send")["cid"] == first.cid


@pytest.mark.parametrize("code", ["forbidden", "read_only", "room_ended", "cid_conflict", "too_large", "new"])
def test_what_is_refused_for_good_is_told_and_the_next_goes_out(line: Line, code: str) -> None:
    line.open()
    first = line.wire.say(ROOM, "one")
    second = line.wire.say(ROOM, "two")
    asked = line.asked("send")
    line.hear(op="error", id=asked["id"], code=code, message="no")
    assert line.told() == [events.NotSent(first, code, "no")]
    assert line.asked("send")["cid"] == second.cid


def test_not_subscribed_subscribes_and_sends_again(line: Line) -> None:
    line.open()
    pending = line.wire.say(ROOM, "one")
    asked = line.asked("send")
    line.hear(op="error", id=asked["id"], code="not_subscribed", message="…")
    subscribe = line.asked("subscribe")
    assert subscribe["rooms"] == [{"room": ROOM, "after": 0, "epoch": "e1"}]
    line.subscribed(subscribe, top=0)
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.asked("send")["cid"] == pending.cid


@pytest.mark.parametrize("limits", [{"body": 3}, {"frame": 90}])
def test_what_no_frame_could_carry_is_not_written(line: Line, limits: dict[str, int]) -> None:
    line.connect(**limits)
    line.wire.open(ROOM)
    line.subscribed(line.asked("subscribe"), top=0)
    line.told()
    pending = line.wire.say(ROOM, "four")
    assert line.written() == []
    (told,) = line.told()
    assert isinstance(told, events.NotSent)
    assert (told.pending, told.code) == (pending, "too_large")


# Losing a room


def test_a_refused_room_is_told_and_what_waits_for_it_is_not_sent(line: Line) -> None:
    line.connect()
    line.wire.open(ROOM)
    pending = line.wire.say(ROOM, "hello")
    asked = line.asked("subscribe")
    line.hear(op="ok", id=asked["id"], rooms=[{"room": ROOM, "code": "forbidden", "message": "no"}])
    assert line.told()[-2:] == [
        events.RoomRefused(ROOM, "forbidden", "no"),
        events.NotSent(pending, "forbidden", "no"),
    ]
    line.wire.closed(None)
    assert line.connect() == [], "it is not asked for again"


def test_a_room_refused_for_now_is_asked_for_again_when_told(line: Line) -> None:
    line.connect()
    line.wire.open(ROOM)
    asked = line.asked("subscribe")
    line.hear(
        op="ok", id=asked["id"], rooms=[{"room": ROOM, "code": "rate_limited", "message": "", "retry_after_ms": 2_000}]
    )  # fmt: skip
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.written() == []
    line.clock.advance(seconds=1)
    line.wire.tick()
    assert line.asked("subscribe")["rooms"] == [{"room": ROOM}]


def test_unsubscribed_ends_the_room_but_waits_for_what_is_on_its_way(line: Line) -> None:
    line.open(top=3)
    on_its_way = line.wire.say(ROOM, "one")
    behind = line.wire.say(ROOM, "two")
    asked = line.asked("send")
    line.hear(op="unsubscribed", room=ROOM, code="kicked")
    assert line.told() == [events.RoomClosed(ROOM, "kicked"), events.NotSent(behind, "kicked")]
    line.hear(op="ok", id=asked["id"], room=ROOM, cid=on_its_way.cid, seq=4, ts="…")
    assert line.told() == [events.Delivered(on_its_way, 4)]
    line.push(5)
    assert line.told() == []


def test_what_was_on_its_way_to_a_lost_room_when_the_line_broke_is_told_as_unknown(line: Line) -> None:
    line.open(top=3)
    pending = line.wire.say(ROOM, "one")
    line.hear(op="unsubscribed", room=ROOM, code="ended")
    line.told()
    line.wire.closed(None)
    assert line.told()[0] == events.NotSent(pending, "unknown")
    assert line.wire.outbox.all() == []


def test_a_membership_is_handed_on(line: Line) -> None:
    line.connect()
    line.told()
    line.hear(op="membership", room="x", change="invited", role="MEMBER")
    (told,) = line.told()
    assert isinstance(told, events.MembershipChanged)
    assert told.membership.change == "invited"
