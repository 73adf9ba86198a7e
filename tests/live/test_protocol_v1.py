"""The original's frames: what they ask for, what they become, and what is not told to them. No server."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from pac.accounts.model import MemberId
from pac.adapters.local.limiter import LocalLimiter
from pac.clock import Instant
from pac.errors import RateLimited, RoomIsReadOnly
from pac.limits.rules import Limits, Rate
from pac.live.channels import Channels
from pac.live.connection import Connection, State
from pac.live.dialect import PAC_V2
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect, Hangup, Perform
from pac.live.frames import Opcode
from pac.live.guests import CHANNEL, guest_name
from pac.live.handshake import Admission, Turned, UpgradeRequest, judge
from pac.live.outbox import Outbox
from pac.live.protocol import (
    Drain,
    Error,
    MembershipChanged,
    Ok,
    Pong,
    RoomRefusal,
    RoomState,
    Sent,
    Subscribed,
    Top,
    Unsubscribed,
)
from pac.live.protocol_v1 import (
    GUEST_REQUESTS,
    MEMBER_REQUESTS,
    Channel,
    NamedChannel,
    Original,
    Say,
    SignedChannel,
    SubscribeAsGuest,
    SubscribeChannel,
)
from pac.live.subscriptions import Progress, Subscription
from pac.messages.model import Cid, Entry, MessageType, Seq
from pac.rooms.events import Fact
from pac.rooms.model import RoomId
from tests.live.original import MESSAGE, SUBSCRIBE
from tests.live.test_broadcaster import ROOM, Reader, Rig, entry
from tests.support.clock import SteppedClock

SEOUL = ZoneInfo("Asia/Seoul")
SAID = {b"channel": b"8f3a", b"nickname": b"Ada", b"token": b"kX3", b"message": b"hello"}
ORIGIN = "https://chat.example.org"


class Line:
    """A connection of the original's frames with its wire."""

    def __init__(
        self, state: State = State.OPEN, requests: dict[str, type[Struct]] = MEMBER_REQUESTS
    ) -> None:
        self.clock = SteppedClock()
        self.dialect = Original(requests, self.clock, SEOUL)
        self.written: list[bytes] = []
        self.outbox: Outbox[Subscription] = Outbox(self.written.append, 1_000)
        self.connection = Connection(
            Admission("", "", "en", "192.0.2.7", ""),
            Limits(),
            self.outbox,
            id="c1",
            ping_every=25.0,
            now=0.0,
            dialect=self.dialect,
        )
        self.connection.state = state

    def say(self, payload: bytes, opcode: int = Opcode.TEXT) -> list[Effect]:
        return self.connection.receive(opcode, True, False, payload, 0.0)

    def heard(self) -> list[dict[str, Any]]:
        found, data = [], b"".join(self.written)
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            found.append(json.loads(data[start : start + size]))
            data = data[start + size :]
        return found

    def lines(self) -> list[tuple[str, str]]:
        return [(frame["identifier"]["nickname"], frame["message"]) for frame in self.heard()]


def code_of(effects: list[Effect]) -> Disconnect | None:
    return next((effect.code for effect in effects if isinstance(effect, Hangup)), None)


# In


@pytest.mark.row("v1 SUBSCRIBE")
def test_the_first_subscribe_is_the_greeting_and_becomes_a_command() -> None:
    line = Line(State.NEW)
    assert line.say(SUBSCRIBE % SAID) == [
        Perform("SUBSCRIBE", SubscribeChannel(SignedChannel(channel="8f3a", token="kX3")))
    ]
    assert line.connection.state is State.GREETING


@pytest.mark.row("v1 SUBSCRIBE", "v1 MESSAGE")
def test_subscribe_is_heard_again_and_message_after_it() -> None:
    line = Line()
    assert line.say(SUBSCRIBE % SAID) != []
    line.connection.busy = False
    assert line.say(MESSAGE % SAID) == [Perform("MESSAGE", Say(Channel(channel="8f3a"), message="hello"))]


@pytest.mark.req("3.3")
@pytest.mark.row("v1 SUBSCRIBE", "close 4500")
@pytest.mark.parametrize(
    "payload",
    [
        MESSAGE % SAID,
        b'{"command":"hello","identifier":{"channel":"8f3a"}}',
        b"[]",
        b"SUBSCRIBE",
    ],
)
def test_anything_else_first_closes_with_4500(payload: bytes) -> None:
    assert code_of(Line(State.NEW).say(payload)) is Disconnect.BAD_FRAMES


@pytest.mark.req("3.3")
@pytest.mark.row("v1 SUBSCRIBE", "close 4001")
def test_silence_before_the_first_subscribe_closes_with_4001_after_ten_seconds() -> None:
    line = Line(State.NEW)
    assert line.connection.tick(9.9) == []
    assert code_of(line.connection.tick(10.0)) is Disconnect.HELLO_TIMEOUT


@pytest.mark.req("3.7")
def test_a_binary_frame_closes_with_4500() -> None:
    assert code_of(Line().say(SUBSCRIBE % SAID, Opcode.BINARY)) is Disconnect.BAD_FRAMES


@pytest.mark.req("5.5")
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"op":"ping"}', id="a frame of pac.v2.json"),
        pytest.param(b'{"command":"SHOUT","identifier":{"channel":"8f3a"}}', id="an unknown command"),
        pytest.param(b'{"command":"message","identifier":{"channel":"8f3a"}}', id="small letters"),
        pytest.param(b'{"command":"MESSAGE","message":"x"}', id="no identifier"),
        pytest.param(b'{"command":"MESSAGE","message":"x","identifier":{}}', id="no channel"),
        pytest.param(b'{"command":"MESSAGE","message":5,"identifier":{"channel":"8f3a"}}', id="a number"),
        pytest.param(
            b'{"command":"MESSAGE","message":"x","identifier":{"channel":"%s"}}' % (b"r" * 65), id="65 long"
        ),
        pytest.param(b'{"command":"MESSAGE","x":' + b"[" * 60_000, id="60,000 deep"),
    ],
)
def test_a_frame_of_the_wrong_form_gets_a_system_line_and_the_tenth_closes(payload: bytes) -> None:
    line = Line()
    for _ in range(9):
        assert line.say(payload) == []
    assert [nickname for nickname, _ in line.lines()] == ["SYSTEM"] * 9
    assert code_of(line.say(payload)) is Disconnect.BAD_FRAMES


@pytest.mark.req("3.4")
@pytest.mark.row("v1 identity")
@pytest.mark.parametrize("claimed", [b"7", b'"7"', b"null", b"{}", b"[[]]"])
def test_who_a_frame_says_it_is_is_not_even_decoded(claimed: bytes) -> None:
    payload = (
        b'{"command":"MESSAGE","message":"x","sendTime":%s,'
        b'"identifier":{"channel":"8f3a","memberId":%s,"nickname":%s,"token":null}}'
    ) % (claimed, claimed, claimed)
    assert Line().say(payload) == [Perform("MESSAGE", Say(Channel(channel="8f3a"), message="x"))]


def test_a_guest_s_subscribe_brings_a_name_and_no_token() -> None:
    line = Line(State.NEW, GUEST_REQUESTS)
    assert line.say(SUBSCRIBE % SAID) == [
        Perform("SUBSCRIBE", SubscribeAsGuest(NamedChannel(channel="8f3a", nickname="Ada")))
    ]


# Out


def stored(body: str, *, nickname: str = "Ada", event: Fact | None = None, at: int = 0) -> Entry:
    return Entry(
        RoomId("8f3a"), Seq(1), "id", Instant(at), MessageType.SYSTEM if event else MessageType.TEXT,
        MemberId("ada"), nickname, Cid("c"), body, event,
    )  # fmt: skip


def said(line: Line, *entries: Entry) -> list[dict[str, Any]]:
    line.written.append(line.dialect.entries(entries))
    return line.heard()


@pytest.mark.row("v1 broadcast")
def test_a_message_is_a_broadcast_in_the_zone_of_the_settings() -> None:
    at = 1_795_409_167_089  # 2026-11-23T05:06:07.089Z
    assert said(Line(), stored("안녕", at=at - at % 86_400_000 + 18_367_089)) == [
        {
            "command": "broadcast",
            "message": "안녕",
            "timestamp": "14:06:07",
            "identifier": {"channel": "8f3a", "nickname": "Ada"},
        }
    ]


@pytest.mark.req("1.2")
@pytest.mark.row("v1 escaped")
@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"quoted\" & 'single'", "&quot;quoted&quot; &amp; &#x27;single&#x27;"),
        ("&lt;", "&amp;lt;"),
        ("안녕 🙂\n\t둘째 줄", "안녕 🙂\n\t둘째 줄"),
    ],
)
def test_message_and_nickname_are_escaped_here_and_nowhere_else(typed: str, told: str) -> None:
    written = stored(typed, nickname=typed)
    frame = said(Line(), written)[0]
    assert (frame["message"], frame["identifier"]["nickname"]) == (told, told)
    v2 = json.loads(PAC_V2.entries([written])[4 if len(PAC_V2.entries([written])) > 127 else 2 :])
    assert (v2["body"], v2["member"]["nickname"]) == (typed, typed)


@pytest.mark.row("v1 escaped", "v1 SYSTEM")
def test_an_entry_of_the_system_comes_as_system_with_its_text_escaped() -> None:
    frame = said(Line(), stored("<b>님이 들어왔습니다.", nickname="<b>", event=Fact.JOINED))[0]
    assert frame["identifier"]["nickname"] == "SYSTEM"
    assert frame["message"] == "&lt;b&gt;님이 들어왔습니다."


def test_an_entry_whose_text_is_gone_is_not_told() -> None:
    assert [frame["message"] for frame in said(Line(), stored("one"), stored(""), stored("two"))] == [
        "one",
        "two",
    ]


@pytest.mark.row("v1 refused")
@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (RateLimited(2_100), "That was too fast. Try again in 3 seconds."),
        (RoomIsReadOnly(), "You read along in this room. Only members its operators chose can write."),
    ],
)
def test_a_refusal_is_a_system_line_in_the_language_of_the_connection(refusal: Any, words: str) -> None:
    line = Line()
    assert line.connection.refuse(refusal, 0.0, room="8f3a") == []
    assert line.lines() == [("SYSTEM", words)]
    assert line.heard()[0]["identifier"]["channel"] == "8f3a"


@pytest.mark.row("v1 broadcast")
@pytest.mark.parametrize(
    "frame",
    [
        Ok("1"),
        Sent("1", "8f3a", "c", 1, "ts"),
        Subscribed("1", [RoomState("8f3a", "ALIVE", "e", 1, 1, 1, 1)]),
        MembershipChanged("8f3a", "joined"),
        Drain(100),
        Pong("ts"),
        Top("8f3a", "e", 1),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_what_these_frames_have_no_words_for_is_not_sent(frame: Struct) -> None:
    line = Line()
    assert line.connection.answer(frame) == []
    assert line.written == []


def test_what_is_encoded_for_everybody_is_not_sent_either() -> None:
    line = Line()
    line.connection.push(b"typing")
    assert line.connection.tell(b"room") == []
    assert line.written == []


@pytest.mark.req("3.15")
@pytest.mark.row("close 4505")
@pytest.mark.parametrize(
    "frame",
    [
        Subscribed("1", [RoomRefusal("8f3a", "not_found", "It is not here.")]),
        Subscribed("1", [RoomRefusal("8f3a", "forbidden", "Not for you.")]),
        Unsubscribed("8f3a", "left"),
        Unsubscribed("8f3a", "ended"),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_a_room_that_may_not_be_read_closes_with_4505(frame: Struct) -> None:
    assert code_of(Line().connection.answer(frame)) is Disconnect.NOT_ALLOWED


@pytest.mark.row("hear error")
def test_an_error_of_the_other_protocol_stays_one_there() -> None:
    assert json.loads(PAC_V2.frame(Error("forbidden", "No.")) or b"") == {  # type: ignore[arg-type]
        "op": "error",
        "code": "forbidden",
        "message": "No.",
    }


# Both protocols in one room


class Counting(Original):
    encoded = 0

    def entries(self, entries: Any) -> bytes:
        self.encoded += 1
        return super().entries(entries)


class OriginalReader(Reader):
    """A reader of the original's frames in the rig of test_broadcaster."""

    def __init__(self, rig: Rig, dialect: Original, limit: int = 1_000_000) -> None:
        super().__init__(rig, limit)
        self.connection.dialect = dialect

    def messages(self) -> list[str]:
        found, data = [], b"".join(self.written)
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            found.append(json.loads(data[start : start + size])["message"])
            data = data[start + size :]
        return found


async def test_one_room_serves_both_protocols_each_encoded_once_a_flush() -> None:
    rig = Rig()
    dialect = Counting(MEMBER_REQUESTS, rig.clock, SEOUL)
    originals = [OriginalReader(rig, dialect) for _ in range(3)]
    others = [Reader(rig) for _ in range(3)]
    for reader in (*originals, *others):
        assert rig.broadcaster.attach(reader.subscription)
    rig.broadcaster.receive(ROOM, [entry(1), entry(2)])
    assert [reader.messages() for reader in originals] == [["1", "2"]] * 3
    assert [reader.seqs() for reader in others] == [[1, 2]] * 3
    assert dialect.encoded == 1


async def test_the_original_s_frames_cost_nothing_where_nobody_reads_them() -> None:
    rig = Rig()
    dialect = Counting(MEMBER_REQUESTS, rig.clock, SEOUL)
    reader = Reader(rig)
    rig.broadcaster.attach(reader.subscription)
    rig.broadcaster.receive(ROOM, [entry(1)])
    assert reader.seqs() == [1]
    assert dialect.encoded == 0


@pytest.mark.req("3.11")
async def test_a_reader_of_the_original_s_frames_that_falls_behind_reads_on_from_the_log() -> None:
    rig = Rig()
    slow = OriginalReader(rig, Original(MEMBER_REQUESTS, rig.clock, SEOUL), limit=400)
    assert rig.broadcaster.attach(slow.subscription)
    slow.connection.outbox.pause()
    for seq in range(1, 31):
        rig.log.entries.append(entry(seq))
        rig.broadcaster.receive(ROOM, [entry(seq)])
        rig.clock.advance(seconds=1)
    assert slow.subscription.progress is Progress.BEHIND
    assert slow.messages() == []
    slow.connection.outbox.resume()
    await rig.replay.run(slow.connection)
    assert slow.messages() == [str(seq) for seq in range(1, 31)]
    assert slow.subscription.progress is Progress.LIVE


# Who comes and goes


class Lobby:
    def __init__(self, comings: Rate) -> None:
        self.clock = SteppedClock()
        self.channels = Channels(
            Original(MEMBER_REQUESTS, self.clock, SEOUL), LocalLimiter(self.clock), comings
        )


@pytest.mark.row("v1 SYSTEM")
def test_who_enters_is_told_to_everybody_there_and_to_the_one_who_enters() -> None:
    lobby, ada, min_ = Lobby(Limits().comings), Line(), Line()
    lobby.channels.enter(ada.connection, "a", "Ada")
    lobby.channels.enter(min_.connection, "a", "민")
    lobby.channels.enter(min_.connection, "a", "민")
    lobby.channels.enter(min_.connection, "b", "민")
    assert ada.lines() == [
        ("SYSTEM", "Ada님이 채팅방에 입장 했습니다."),
        ("SYSTEM", "민님이 채팅방에 입장 했습니다."),
    ]
    lobby.channels.leave(min_.connection)
    lobby.channels.leave(min_.connection)
    assert ada.lines()[2:] == [("SYSTEM", "민가 퇴장합니다.")]
    lobby.channels.leave(ada.connection)
    assert len(lobby.channels) == 0


def test_a_crowd_at_the_door_is_not_told_to_everybody() -> None:
    lobby, ada, min_ = Lobby(Rate("comings", 0.001, 1)), Line(), Line()
    lobby.channels.enter(ada.connection, "a", "Ada")
    lobby.channels.enter(min_.connection, "a", "민")
    lobby.channels.leave(min_.connection)
    assert ada.lines() == [("SYSTEM", "Ada님이 채팅방에 입장 했습니다.")]
    assert min_.lines() == [("SYSTEM", "민님이 채팅방에 입장 했습니다.")]


def test_a_line_is_lost_to_a_reader_that_is_behind_and_to_one_that_is_closed() -> None:
    lobby, slow, gone = Lobby(Limits().comings), Line(), Line()
    lobby.channels.enter(slow.connection, "a", "Slow")
    lobby.channels.enter(gone.connection, "a", "Gone")
    slow.outbox.pause()
    gone.connection.hang_up(Disconnect.NOT_ALLOWED)
    before = len(gone.written)
    for _ in range(100):
        lobby.channels.tell("a", "Ada", "hello")
    assert slow.outbox.queued_bytes <= 500
    assert len(gone.written) == before


# Guests


@pytest.mark.row("guests names")
@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("민", "손님 민"),
        ("  Ada   L. ", "손님 Ada L."),
        ("<b>", "손님 <b>"),
        ("", "손님"),
        ("   ", "손님"),
        ("x" * 33, "손님"),
        ("\u202ekcah", "손님"),
        ("\u3164", "손님"),
        ("a\0b", "손님"),
        ("\ud800", "손님"),
    ],
)
def test_a_guest_is_shown_as_one(chosen: str, shown: str) -> None:
    assert guest_name(chosen) == shown


@pytest.mark.row("guests channels")
@pytest.mark.parametrize(
    ("channel", "exists"),
    [
        ("random", True),
        ("random-1", True),
        ("random-a-B-9", True),
        ("random-" + "x" * 40, True),
        ("random-" + "x" * 41, False),
        ("random-", False),
        ("random1", False),
        ("Random", False),
        ("random\n", False),
        ("random-방", False),
        ("random-a b", False),
        ("8f3a7c1e8f3a7c1e8f3a7c1e8f3a7c1e", False),
        ("", False),
    ],
)
def test_only_random_channels_exist_for_guests(channel: str, exists: bool) -> None:
    assert (CHANNEL.fullmatch(channel) is not None) is exists


# The door


class OpenDoor:
    def refusal(self, address: str) -> Turned | None:
        return None


def knock(path: str, *headers: tuple[str, str]) -> Admission | Turned:
    asked = [("sec-websocket-version", "13"), ("cookie", "PAC_SESSIONID=abc; lang=en"), *headers]
    return judge(UpgradeRequest("GET", path, asked, "192.0.2.7"), {ORIGIN}, "PAC_SESSIONID", OpenDoor())


@pytest.mark.req("3.2")
@pytest.mark.row("subprotocol")
def test_no_subprotocol_means_the_original_s_frames() -> None:
    assert knock("/message", ("origin", ORIGIN)) == Admission("abc", "", "en", "192.0.2.7", "")
    assert knock("/message") == Admission("", "", "en", "192.0.2.7", "")


@pytest.mark.req("3.2")
@pytest.mark.row("subprotocol")
@pytest.mark.parametrize("offered", ["", "chat", "pac.v1.json", "pac.v2.json, chat"])
def test_another_subprotocol_is_not_the_original_s(offered: str) -> None:
    turned = knock("/message", ("sec-websocket-protocol", offered))
    assert isinstance(turned, Turned)
    assert turned.status == 400


@pytest.mark.req("3.1")
@pytest.mark.row("guests origin", "guests")
def test_a_guest_brings_nothing_that_says_who_it_is() -> None:
    asked = knock("/simplemessage", ("origin", ORIGIN), ("authorization", "Bearer live-token"))
    assert asked == Admission("", "", "en", "192.0.2.7", "")
    assert isinstance(knock("/simplemessage"), Admission)


@pytest.mark.req("3.1", "3.2")
@pytest.mark.row("guests origin")
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (("origin", "https://evil.example"), 403),
        (("origin", "null"), 403),
        (("sec-websocket-protocol", "pac.v2.json"), 400),
    ],
)
def test_a_guest_of_another_page_or_protocol_is_turned_away(header: tuple[str, str], status: int) -> None:
    turned = knock("/simplemessage", header)
    assert isinstance(turned, Turned)
    assert turned.status == status
