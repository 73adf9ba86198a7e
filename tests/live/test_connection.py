"""One socket as a state machine: what may be said when, how often, and what ends it. No loop, no store."""

import json
from typing import Any

import pytest

from pac.errors import Forbidden, LogUnavailable
from pac.limits.rules import Limits, Rate
from pac.live import presence
from pac.live.connection import PING_EVERY_S, PING_JITTER, PONG_WITHIN_S, Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Drop, Effect, Hangup, Perform, Reading
from pac.live.frames import Opcode
from pac.live.handshake import Admission
from pac.live.outbox import STUCK_AFTER_S, Outbox
from pac.live.protocol import Hello, Ping, Send, Subscribe

TEXT = Opcode.TEXT


class Line:
    """A connection with its wire: what it wrote, and what it asked for."""

    def __init__(self, limits: Limits | None = None, state: State = State.OPEN) -> None:
        self.written: list[bytes] = []
        self.now = 1_000.0
        self.connection = Connection(
            Admission("", "", "en", "192.0.2.7"),
            limits or Limits(),
            Outbox(self.written.append, 1_000_000),
            id="c1",
            ping_every=25.0,
            now=self.now,
        )
        self.connection.state = state

    def say(self, frame: Any, opcode: int = TEXT) -> list[Effect]:
        payload = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        return self.connection.receive(opcode, True, False, payload, self.now)

    def say_and_answer(self, frame: Any) -> list[Effect]:
        """As a command that answers at once does."""
        effects = self.say(frame)
        self.connection.busy = False
        return effects

    def heard(self) -> list[dict[str, Any]]:
        """The text frames written so far."""
        frames = [frame[2:] if frame[1] < 126 else frame[4:] for frame in self.written if frame[0] == 0x81]
        return [json.loads(frame) for frame in frames]


def code_of(effects: list[Effect]) -> Disconnect | None:
    return next((effect.code for effect in effects if isinstance(effect, Hangup)), None)


@pytest.mark.row("hello")
def test_hello_is_heard_first_and_becomes_a_command() -> None:
    line = Line(state=State.NEW)
    assert line.say({"op": "hello", "id": "1", "token": "t"}) == [Perform("hello", Hello(id="1", token="t"))]
    assert line.connection.state is State.GREETING


@pytest.mark.req("3.3")
@pytest.mark.row("hello", "close 4500")
@pytest.mark.parametrize(
    "frame",
    [
        {"op": "ping"},
        {"op": "send", "id": "1", "room": "r", "cid": "c", "body": "b"},
        {"op": "subscribe", "id": "1", "rooms": [{"room": "r"}]},
        {"op": "history", "id": "1", "room": "r"},
        {"op": "nonsense"},
    ],
)
def test_anything_else_first_closes_with_4500(frame: dict[str, Any]) -> None:
    assert code_of(Line(state=State.NEW).say(frame)) is Disconnect.BAD_FRAMES


@pytest.mark.req("3.3")
@pytest.mark.row("close 4001")
def test_silence_before_hello_closes_with_4001_after_ten_seconds() -> None:
    line = Line(state=State.NEW)
    assert line.connection.deadline() == 1_010.0
    assert line.connection.tick(1_009.9) == []
    assert code_of(line.connection.tick(1_010.0)) is Disconnect.HELLO_TIMEOUT


@pytest.mark.row("hello twice")
def test_a_second_hello_is_a_bad_request() -> None:
    line = Line()
    assert line.say({"op": "hello", "id": "2"}) == []
    assert line.heard()[0]["code"] == "bad_request"
    assert line.heard()[0]["id"] == "2"


@pytest.mark.row("hello queue")
def test_frames_behind_a_command_that_waits_are_handled_in_order_afterwards() -> None:
    line = Line()
    assert line.say({"op": "subscribe", "id": "1", "rooms": [{"room": "r"}]})
    assert line.say({"op": "send", "id": "2", "room": "r", "cid": "c", "body": "b"}) == []
    assert line.say({"op": "ping", "id": "3"}) == []
    first = line.connection.performed(line.now)
    assert first == [Perform("send", Send(id="2", room="r", cid="c", body="b"))]
    assert line.connection.performed(line.now) == [Perform("ping", Ping(id="3"))]


def test_reading_pauses_when_too_much_waits_and_resumes_when_it_is_done() -> None:
    line = Line()
    line.say({"op": "subscribe", "id": "1", "rooms": [{"room": "r"}]})
    effects = [effect for _ in range(300) for effect in line.say({"op": "ping"})]
    assert effects == [Reading.PAUSE]
    resumed = []
    while not resumed:
        for effect in line.connection.performed(line.now):
            line.connection.busy = False
            resumed += [effect] if effect is Reading.RESUME else []
    assert resumed == [Reading.RESUME]


@pytest.mark.req("5.5", "5.6")
@pytest.mark.row("frames", "error bad_request", "error unknown_op", "close 4500", "subscribe")
@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        pytest.param(b"not json", Disconnect.BAD_FRAMES, id="no JSON"),
        pytest.param(b"[1]", Disconnect.BAD_FRAMES, id="no object"),
        pytest.param(b"{}", "bad_request", id="no op"),
        pytest.param(b'{"op":1}', "bad_request", id="an op that is a number"),
        pytest.param(b'{"op":"shout","id":"9"}', "unknown_op", id="an unknown op"),
        pytest.param(b'{"op":"ping","x":' + b"[" * 60_000, "bad_request", id="60,000 deep"),
        pytest.param(
            b'{"op":"send","id":"1","room":"r","cid":5,"body":"b"}', "bad_request", id="a number as cid"
        ),
        pytest.param(
            b'{"op":"send","id":1,"room":"r","cid":"c","body":"b"}', "bad_request", id="a number as id"
        ),
        pytest.param(b'{"op":"history","id":"1","room":"r","before":1.0}', "bad_request", id="1.0"),
        pytest.param(b'{"op":"history","id":"1","room":"r","before":true}', "bad_request", id="true"),
        pytest.param(b'{"op":"history","id":"1","room":"r","before":"1"}', "bad_request", id="a string"),
        pytest.param(b'{"op":"history","id":"1","room":"r","before":-1}', "bad_request", id="-1"),
        pytest.param(
            b'{"op":"history","id":"1","room":"r","before":9007199254740992}', "bad_request", id="2^53"
        ),
        pytest.param(
            b'{"op":"history","id":"1","room":"r","before":123456789012345678901234567890}',
            "bad_request",
            id="thirty digits",
        ),
        pytest.param(b'{"op":"ping","id":"' + b"x" * 65 + b'"}', "bad_request", id="an id of 65"),
        pytest.param(b'{"op":"ping","id":"\\u0000"}', "bad_request", id="an id with NUL"),
        pytest.param(b'{"op":"subscribe","id":"1","rooms":[]}', "bad_request", id="no rooms"),
        pytest.param(
            b'{"op":"subscribe","id":"1","rooms":[%s]}' % b",".join([b'{"room":"r"}'] * 513),
            "bad_request",
            id="513 rooms",
        ),
    ],
)
def test_a_frame_of_the_wrong_form_gets_an_answer_or_the_door(
    frame: bytes, outcome: str | Disconnect
) -> None:
    line = Line()
    effects = line.say(frame)
    if isinstance(outcome, Disconnect):
        assert code_of(effects) is outcome
    else:
        assert effects == []
        assert line.heard()[0]["op"] == "error"
        assert line.heard()[0]["code"] == outcome


@pytest.mark.req("5.5")
def test_a_frame_that_names_two_ops_is_refused_as_bad() -> None:
    line = Line()
    assert line.say(b'{"op":"ping","op":"send","id":"1","room":"r","cid":"c","body":"b"}') == []
    assert [frame["code"] for frame in line.heard()] == ["bad_request"]


@pytest.mark.req("3.4")
@pytest.mark.row("identity claimed", "frames")
def test_what_a_client_says_of_itself_is_not_looked_at() -> None:
    frame = {"op": "send", "id": "1", "room": "r", "cid": "c", "body": "b"}
    lies = {"memberId": "root", "userId": 0, "nickname": "root", "role": "SYSOP", "ts": "1999", "seq": 1}
    assert Line().say({**frame, **lies}) == Line().say(frame)


@pytest.mark.row("bad frames")
def test_the_tenth_bad_frame_in_ten_seconds_closes_with_4500() -> None:
    line = Line()
    for _ in range(9):
        assert line.say({"op": "shout"}) == []
    assert code_of(line.say({"op": "shout"})) is Disconnect.BAD_FRAMES


@pytest.mark.row("bad frames")
def test_ten_bad_frames_in_more_than_ten_seconds_do_not() -> None:
    line = Line()
    for _ in range(30):
        assert line.say({"op": "shout"}) == []
        line.now += 1.2


@pytest.mark.row("bad frames", "error forbidden")
def test_a_well_formed_frame_that_is_refused_is_no_bad_one() -> None:
    line = Line()
    for _ in range(100):
        assert line.connection.refuse(Forbidden(), line.now, frame_id="1", room="r") == []
    assert line.heard()[99]["code"] == "forbidden"


@pytest.mark.row("error unavailable", "hear error")
def test_what_is_not_known_to_be_stored_is_told_with_when_to_send_it_again() -> None:
    line = Line()
    assert line.connection.refuse(LogUnavailable(), line.now, frame_id="1", room="r") == []
    told = line.heard()[0]
    assert (told["code"], told["id"], told["room"]) == ("unavailable", "1", "r")
    assert told["retry_after_ms"] > 0


@pytest.mark.row("close 4008")
def test_a_reader_that_has_been_stuck_for_thirty_seconds_is_cut_off() -> None:
    """Also one that answers pings: without its pong it would be dead after ten seconds."""
    line = Line()
    line.connection.outbox.pause()
    line.connection.outbox.drop_entries(line.now)
    line.connection.tick(line.now + 25)
    line.say(b"", Opcode.PONG)
    assert line.connection.tick(line.now + STUCK_AFTER_S - 0.1) == []
    assert line.connection.deadline() == line.now + STUCK_AFTER_S
    assert code_of(line.connection.tick(line.now + STUCK_AFTER_S)) is Disconnect.SLOW_CONSUMER


@pytest.mark.req("3.13")
@pytest.mark.row("limit ops", "limit refusals", "close 4012", "error rate_limited")
def test_frames_over_the_rate_are_told_when_to_come_back_and_the_hundredth_in_a_minute_closes() -> None:
    line = Line(Limits(ops=Rate("ops", 10, 5)))
    for _ in range(5):
        assert line.say_and_answer({"op": "ping"})
    assert line.say({"op": "ping", "id": "6"}) == []
    told = line.heard()[-1]
    assert told["code"] == "rate_limited"
    assert told["id"] == "6"
    line.now += told["retry_after_ms"] / 1_000
    assert line.say_and_answer({"op": "ping"})
    codes = [code_of(line.say({"op": "ping"})) for _ in range(99)]
    assert codes == [None] * 98 + [Disconnect.TOO_MANY_REFUSALS]


@pytest.mark.req("3.10")
@pytest.mark.row("limit ping", "close 4002")
def test_a_ping_goes_out_and_its_pong_is_due_in_ten_seconds() -> None:
    line = Line()
    assert line.connection.deadline() == 1_025.0
    line.connection.tick(1_025.0)
    assert line.written == [b"\x89\x00"]
    assert line.connection.deadline() == 1_035.0
    assert code_of(line.connection.tick(1_035.0)) is Disconnect.PING_TIMEOUT


@pytest.mark.req("3.10")
@pytest.mark.row("limit ping")
def test_a_pong_in_time_keeps_the_connection() -> None:
    line = Line()
    line.connection.tick(1_025.0)
    line.now = 1_030.0
    line.say(b"", Opcode.PONG)
    assert line.connection.tick(1_035.0) == []
    assert line.connection.deadline() == 1_050.0


@pytest.mark.req("3.10")
@pytest.mark.row("limit ping")
def test_whoever_is_gone_without_a_word_is_told_gone_within_forty_seconds() -> None:
    """From the pong before; presence has its grace and its pace."""
    noticed = PING_EVERY_S * max(PING_JITTER) + PONG_WITHIN_S
    assert noticed + presence.GRACE_S + presence.EVERY_S + presence.SOON_S <= 40
    assert PING_EVERY_S * min(PING_JITTER) >= 20


@pytest.mark.req("3.8")
@pytest.mark.row("close 1008")
def test_a_ping_is_answered_with_its_payload_and_the_eleventh_in_a_second_closes_with_1008() -> None:
    line = Line()
    line.say(b"hi", Opcode.PING)
    assert line.written == [b"\x8a\x02hi"]
    codes = [code_of(line.say(b"", Opcode.PING)) for _ in range(10)]
    assert codes == [None] * 9 + [Disconnect.POLICY]


@pytest.mark.req("3.6")
def test_a_frame_whose_bytes_drip_is_cut_off_after_ten_seconds() -> None:
    line = Line()
    line.connection.read(1_001.0, whole=False)
    line.connection.read(1_005.0, whole=False)
    assert line.connection.deadline() == 1_011.0
    assert code_of(line.connection.tick(1_011.0)) is Disconnect.POLICY


@pytest.mark.req("3.6")
def test_fragments_that_never_end_are_cut_off_after_ten_seconds() -> None:
    line = Line()
    line.connection.receive(TEXT, False, False, b"{", 1_001.0)
    line.connection.read(1_001.0, whole=True)
    assert code_of(line.connection.tick(1_011.0)) is Disconnect.POLICY


@pytest.mark.req("3.7", "3.9")
@pytest.mark.row("close 1002", "no compression")
def test_reserved_bits_close_with_1002_since_nothing_was_negotiated() -> None:
    line = Line()
    assert code_of(line.connection.receive(TEXT, True, True, b"{}", line.now)) is Disconnect.PROTOCOL_ERROR


@pytest.mark.req("3.7")
def test_what_comes_after_a_close_is_ignored() -> None:
    line = Line()
    assert code_of(line.say(b"\x03\xe8", Opcode.CLOSE)) is Disconnect.NORMAL
    assert line.say({"op": "ping"}) == []
    assert line.say({"op": "subscribe", "id": "1", "rooms": [{"room": "r"}]}) == []
    assert line.connection.hang_up(Disconnect.INTERNAL) == []


@pytest.mark.req("3.15")
def test_nothing_is_sent_behind_our_close_frame() -> None:
    line = Line()
    line.connection.hang_up(Disconnect.SESSION_ENDED)
    line.connection.outbox.entries(b"a message of a room", None, 0)  # type: ignore[arg-type]
    line.connection.outbox.ephemeral(b"a top")
    assert line.written == []


@pytest.mark.req("3.7", "8.1")
def test_a_close_with_a_code_that_may_not_be_sent_is_answered_and_the_connection_dropped() -> None:
    """The peer sends no other: waiting for one would keep the connection for nothing."""
    hangup, drop = Line().say(b"\x03\xee", Opcode.CLOSE)  # 1006
    assert code_of([hangup]) is Disconnect.PROTOCOL_ERROR
    assert drop == Drop()


def test_the_peers_close_after_ours_ends_the_connection() -> None:
    line = Line()
    line.connection.hang_up(Disconnect.SESSION_ENDED)
    assert line.say(b"\x03\xe8", Opcode.CLOSE) == [Drop()]


def test_a_subscribe_is_read_whole() -> None:
    frame = {"op": "subscribe", "id": "1", "rooms": [{"room": "a", "after": 3, "epoch": "e"}, {"room": "b"}]}
    effect = Line().say(frame)[0]
    assert isinstance(effect, Perform)
    assert isinstance(effect.request, Subscribe)
    assert [(cursor.room, cursor.after, cursor.epoch) for cursor in effect.request.rooms] == [
        ("a", 3, "e"),
        ("b", None, None),
    ]
