"""What a peer meets on the wire: the handshake, RFC 6455, the frames of pac.v2.json, and the limits."""

import asyncio
import json

import pytest

from tests.live.conftest import House, MakeHouse


@pytest.mark.req("3.1", "3.2", "3.3", "3.9", "1.15")
@pytest.mark.row("subprotocol", "no compression", "origin", "version and path")
async def test_the_handshake_is_answered_before_101(house: House) -> None:
    ours = f"http://localhost:{house.server.web_port}"
    good = await house.upgrade(Origin=ours, Sec_WebSocket_Extensions="permessage-deflate")
    assert good.status == 101
    assert "sec-websocket-protocol: pac.v2.json" in good.head.lower()
    assert "permessage-deflate" not in good.head
    for status, asked in (
        (403, {"Origin": "https://evil.example"}),
        (403, {"Origin": ours + "/"}),
        (403, {"Origin": "null"}),
        (400, {"Sec_WebSocket_Protocol": "chat"}),
        (426, {"Sec_WebSocket_Version": "8"}),
    ):
        assert (await house.upgrade(**asked)).status == status, asked
    for path in ("/", "/test", "/ws/test", "/message/x", "/simplemessage/x"):
        assert (await house.upgrade(path)).status == 404, path


@pytest.mark.req("3.1", "2.11")
@pytest.mark.row("identity cookie", "identity token", "identity judged", "close 4501")
async def test_a_cookie_without_an_origin_is_worth_nothing(house: House) -> None:
    import httpx

    ada = await house.person("ada")
    async with httpx.AsyncClient(base_url=house.server.url) as http:
        answer = await http.post(
            "/api/v1/auth/login", json={"username": "ada", "password": ada.persona.password}
        )
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    without = await house.upgrade(Cookie=cookie)
    without.say(op="hello", id="1")
    assert await without.close_code() == 4501
    browser = await house.upgrade(Cookie=cookie, Origin=f"http://localhost:{house.server.web_port}")
    browser.say(op="hello", id="1")
    assert (await browser.hear())["op"] == "welcome"
    query = await house.upgrade(f"/message?token={await ada.live_token()}")
    query.say(op="hello", id="1")
    assert await query.close_code() == 4501


@pytest.mark.req("3.6", "3.7", "3.8", "3.9", "5.5")
@pytest.mark.row(
    "close 1002",
    "close 1007",
    "close 1008",
    "close 1009",
    "close 4500",
    "frames",
    "limit frame",
    "limit fragments",
)
async def test_a_peer_that_breaks_rfc_6455_is_closed_with_its_code(house: House) -> None:
    ada = await house.person("ada")

    async def after(*frames: dict[str, object]) -> int:
        wire = await house.socket(ada)
        for frame in frames:
            wire.frame(**frame)  # type: ignore[arg-type]
        return await wire.close_code()

    text, continuation, binary, ping = 1, 0, 2, 9
    assert await after({"opcode": text, "payload": b"\xff"}) == 1007
    assert await after({"opcode": text, "payload": b'{"op":"ping","x":"\xff"}'}) == 1007
    assert await after({"opcode": continuation, "payload": b"x"}) == 1002
    assert (
        await after({"opcode": text, "payload": b"{", "fin": False}, {"opcode": text, "payload": b"}"})
        == 1002
    )
    assert await after({"opcode": text, "payload": b"{}", "reserved": 4}) == 1002
    assert await after({"opcode": text, "payload": b"{}", "masked": False}) == 1002
    assert await after({"opcode": ping, "payload": b"x" * 126}) == 1002
    assert await after({"opcode": ping, "payload": b"", "fin": False}) == 1002
    assert await after({"opcode": 3, "payload": b""}) == 1002
    assert await after({"opcode": 8, "payload": b"\x03\xe7"}) == 1002
    assert await after({"opcode": binary, "payload": b"{}"}) == 4500
    assert await after({"opcode": text, "payload": b"not json"}) == 4500
    assert await after({"opcode": text, "payload": b"[" * 60_000}) == 4500
    assert await after({"opcode": text, "payload": b" " * 65_537}) == 1009
    halves = [
        {"opcode": text, "payload": b" " * 40_000, "fin": False},
        {"opcode": continuation, "payload": b" " * 30_000},
    ]
    assert await after(*halves) == 1009
    many = [{"opcode": continuation, "payload": b"", "fin": False}] * 70
    assert await after({"opcode": text, "payload": b"{", "fin": False}, *many) == 1008
    assert await after(*[{"opcode": ping}] * 11) == 1008


@pytest.mark.req("3.6")
async def test_a_header_that_claims_two_to_the_63_bytes_is_closed_and_takes_no_memory(house: House) -> None:
    ada = await house.person("ada")
    before = house.server.rss_bytes()
    wire = await house.socket(ada)
    wire.raw(b"\x81\xff" + (2**63 - 1).to_bytes(8, "big") + b"mask")
    assert await wire.close_code() in (1009, 1002)
    assert house.server.rss_bytes() - before < 5 * 2**20


@pytest.mark.row("limit fragments", "close 1008")
async def test_65537_fragments_are_cut_off_long_before_the_last(house: House) -> None:
    wire = await house.socket(await house.person("ada"))
    wire.frame(1, b"{", fin=False)
    for _ in range(65_535):
        wire.raw(b"\x00\x81mask" + bytes([ord(" ") ^ ord("m")]))
    assert await wire.close_code() == 1008


@pytest.mark.row("several frames", "hello queue")
async def test_several_frames_in_one_segment_are_several_frames(house: House) -> None:
    wire = await house.upgrade()
    token = await (await house.person("ada")).live_token()
    wire.say(op="hello", id="1", token=token)
    wire.say(op="ping", id="2")
    wire.say(op="ping", id="3")
    assert [(await wire.hear()).get("id") for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.req("3.3")
@pytest.mark.row("hello", "close 4500")
async def test_anything_before_hello_is_closed(house: House) -> None:
    early = await house.upgrade()
    early.say(op="ping", id="1")
    assert await early.close_code() == 4500


@pytest.mark.row("bad frames", "error unknown_op", "close 4500")
async def test_bad_frames_get_an_answer_each_and_the_tenth_the_door(house: House) -> None:
    wire = await house.socket(await house.person("ada"))
    for _ in range(9):
        wire.say(op="shout", id="1")
        assert (await wire.hear())["code"] == "unknown_op"
    wire.say(op="shout", id="1")
    assert await wire.close_code() == 4500


@pytest.mark.req("3.4", "3.5", "5.1", "5.6", "7.5")
@pytest.mark.row(
    "send",
    "send cid",
    "send dup",
    "hear ok",
    "hear message cid",
    "limit body",
    "frames",
    "identity claimed",
    "error not_subscribed",
    "error bad_request",
    "error too_large",
    "error cid_conflict",
)
async def test_a_send_is_checked_and_answered(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.socket(ada)

    async def send(**fields: object) -> dict[str, object]:
        wire.say(**{"op": "send", "id": "x", "room": room, "cid": "c1", "body": "hello"} | fields)
        while True:
            frame = await wire.hear()
            if frame.get("id") == "x":
                return frame

    assert (await send())["code"] == "not_subscribed"
    assert (await send(room="nowhere"))["code"] == "not_subscribed"
    wire.say(op="subscribe", id="s", rooms=[{"room": room}])
    await wire.hear("ok")
    assert (await send(cid="c" * 65))["code"] == "bad_request"
    assert (await send(cid=""))["code"] == "bad_request"
    assert (await send(cid="안녕"))["code"] == "bad_request"
    assert (await send(cid=5))["code"] == "bad_request"
    assert (await send(body="가" * 4_001))["code"] == "too_large"
    assert (await send(body=" \n\t "))["code"] == "bad_request"
    assert (await send(body="a\0b"))["code"] == "bad_request"
    assert (await send(type="IMAGE"))["code"] == "bad_request"
    stored = await send(memberId="root", nickname="root", seq=999, ts="1999")
    assert stored["op"] == "ok"
    push = await wire.hear("message")
    assert (push["seq"], push["body"], push["member"]["nickname"]) == (stored["seq"], "hello", "Ada")
    assert "cid" not in push
    again = await send()
    assert (again["seq"], again["dup"]) == (stored["seq"], True)
    assert (await send(body="another"))["code"] == "cid_conflict"
    assert (await send(cid="c2", body="가" * 4_000))["op"] == "ok"
    wire.say(op="history", id="h", room=room, limit=1_000)
    page = await wire.hear("ok")
    assert [message.get("cid") for message in page["messages"]][1:] == ["c1", "c2"]
    assert [message["seq"] for message in page["messages"]] == [1, 2, 3]


@pytest.mark.row("send ok first", "send order")
async def test_ok_comes_before_the_push_on_the_same_socket_every_time(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(300):
        wire.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body=f"{number}")
    acked: set[int] = set()
    pushed: list[int] = []
    while len(pushed) < 300:
        frame = await wire.hear()
        if frame["op"] == "ok":
            acked.add(frame["seq"])
        elif frame.get("type") != "SYSTEM":  # that Ada joined may be told late
            assert frame["op"] == "message", frame
            assert frame["seq"] in acked, "the push came before its ok"
            pushed.append(frame["seq"])
    assert pushed == list(range(2, 302)), "in the order sent"


@pytest.mark.req("7.1")
@pytest.mark.row("subscribe replay", "subscribe reset", "limit replay", "promise 3")
async def test_resume_gives_the_exact_rest_and_a_cursor_that_cannot_be_is_reset(
    make_house: MakeHouse,
) -> None:
    house = await make_house(LIMIT_REPLAY=10)
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(19):
        wire.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body=f"{number}")
    seqs = [(await wire.hear("message"))["seq"] for _ in range(19)]
    assert seqs == list(range(2, 21))

    async def resumed(**cursor: object) -> tuple[bool, list[int]]:
        fresh = await house.socket(ada)
        fresh.say(op="subscribe", id="s", rooms=[{"room": room, **cursor}])
        state = (await fresh.hear("ok"))["rooms"][0]
        assert state["top"] == 20
        fresh.say(op="ping", id="p")
        got: list[int] = []
        while len(got) < 20:
            try:
                async with asyncio.timeout(0.3):
                    frame = await fresh.hear()
            except TimeoutError:
                break
            if frame["op"] == "message":
                got.append(frame["seq"])
        return state.get("reset", False), got

    assert await resumed(after=15) == (False, [16, 17, 18, 19, 20])
    assert await resumed(after=20) == (False, [])
    assert await resumed(after=10) == (False, list(range(11, 21)))
    assert await resumed(after=9) == (True, [])
    assert await resumed(after=21) == (True, [])
    assert await resumed(after=15, epoch="another") == (True, [])
    assert await resumed() == (False, [])


@pytest.mark.req("3.5", "4.6")
@pytest.mark.row("subscribe stranger", "error forbidden", "error not_found", "error read_only")
async def test_a_stranger_is_told_what_the_protocol_says(house: House) -> None:
    ada, mallory = await house.person("ada"), await house.person("mallory")
    closed, board = await ada.create_room("광장"), await ada.create_room("공지", public="OBSERVER")
    wire = await house.socket(mallory)
    wire.say(op="subscribe", id="s", rooms=[{"room": closed}, {"room": board}, {"room": "nowhere"}])
    entries = (await wire.hear("ok"))["rooms"]
    assert [entry.get("code") for entry in entries] == ["forbidden", None, "not_found"]
    assert "role" not in entries[1]
    wire.say(op="send", id="1", room=board, cid="c", body="hi")
    assert (await wire.hear())["code"] == "read_only"
    wire.say(op="history", id="2", room=closed)
    assert (await wire.hear())["code"] == "forbidden"
    wire.say(op="history", id="3", room="nowhere")
    assert (await wire.hear())["code"] == "not_found"


@pytest.mark.req("3.12", "3.13")
@pytest.mark.row(
    "limit connections",
    "limit send",
    "limit rooms",
    "limit ungreeted",
    "close 4504",
    "error too_many_rooms",
    "error rate_limited",
    "send dup",
    "error cid_conflict",
)
async def test_caps_and_rates_hold(make_house: MakeHouse) -> None:
    house = await make_house(
        LIMIT_CONNECTIONS_PER_MEMBER=2,
        LIMIT_SEND_PER_S=1,
        LIMIT_SEND_BURST=2,
        LIMIT_ROOMS_PER_CONNECTION=2,
        LIMIT_UNGREETED_PER_ADDRESS=3,
    )
    ada = await house.person("ada")
    rooms = [await ada.create_room(f"room {number}") for number in range(3)]
    one, two = await house.socket(ada), await house.socket(ada)
    third = await house.upgrade()
    third.say(op="hello", id="h", token=await ada.live_token())
    assert await third.close_code() == 4504
    third.frame(8, b"\x03\xe8")
    one.say(op="subscribe", id="s", rooms=[{"room": room} for room in rooms])
    assert [entry.get("code") for entry in (await one.hear("ok"))["rooms"]] == [None, None, "too_many_rooms"]
    two.say(op="subscribe", id="s", rooms=[{"room": rooms[0]}])
    await two.hear("ok")
    for number in range(2):
        one.say(op="send", id="x", room=rooms[0], cid=f"c{number}", body="x")
        assert (await one.hear("ok"))["op"] == "ok"
    two.say(op="send", id="y", room=rooms[0], cid="c9", body="x")
    refused = await two.hear("error")
    assert refused["code"] == "rate_limited"
    two.say(op="send", id="z", room=rooms[0], cid="c0", body="x")
    assert (await two.hear("ok"))["dup"] is True, "a resend costs no rate"
    two.say(op="send", id="w", room=rooms[0], cid="c0", body="another")
    assert (await two.hear("error"))["code"] == "cid_conflict"
    await asyncio.sleep(refused["retry_after_ms"] / 1_000)
    two.say(op="send", id="y", room=rooms[0], cid="c9", body="x")
    assert (await two.hear("ok"))["seq"] == 4
    waiting = [await house.upgrade() for _ in range(3)]
    assert [wire.status for wire in waiting] == [101, 101, 101]
    assert (await house.upgrade()).status == 429


@pytest.mark.req("3.13")
@pytest.mark.row("limit refusals", "limit ops", "close 4012")
async def test_the_hundredth_rate_refusal_in_a_minute_closes(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_OPS_PER_S=1, LIMIT_OPS_BURST=3, LIMIT_REFUSALS_PER_MIN=100)
    wire = await house.socket(await house.person("ada"))
    for _ in range(103):
        wire.say(op="ping")
    assert await wire.close_code() == 4012


@pytest.mark.row("history", "error bad_request")
async def test_history_pages_both_ways_and_bad_ranges_are_told(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(9):
        wire.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body=f"{number}")
        await wire.hear("message")

    async def page(**part: int) -> tuple[list[int], bool] | str:
        wire.say(op="history", id="h", room=room, **part)
        while (frame := await wire.hear()).get("id") != "h":
            pass
        return (
            frame["code"]
            if frame["op"] == "error"
            else ([m["seq"] for m in frame["messages"]], frame["more"])
        )

    assert await page() == (list(range(1, 11)), False)
    assert await page(limit=3) == ([8, 9, 10], True)
    assert await page(before=4, limit=2) == ([2, 3], True)
    assert await page(before=3, limit=2) == ([1, 2], False)
    assert await page(after=7, limit=2) == ([8, 9], True)
    assert await page(after=8, limit=2) == ([9, 10], False)
    assert await page(after=99) == ([], False)
    assert await page(before=4, after=2) == "bad_request"
    assert await page(limit=0) == "bad_request"


@pytest.mark.row("history bytes")
async def test_a_page_of_history_stays_within_its_bytes(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(40):
        wire.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body="가" * 4_000)
        await wire.hear("message")
    wire.say(op="history", id="h", room=room, limit=100)
    while True:
        opcode, payload = await wire.next()
        if opcode == 1 and json.loads(payload).get("id") == "h":
            break
    frame = json.loads(payload)
    assert len(payload) <= 262_144 + 200
    assert frame["more"] is True
    seqs = [message["seq"] for message in frame["messages"]]
    assert seqs == list(range(seqs[0], 42))
