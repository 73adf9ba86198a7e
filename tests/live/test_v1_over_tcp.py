"""The original's clients against a real server: they talk with `pac.v2.json`, and guests with each other alone."""

import asyncio
import re
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.live.conftest import House, MakeHouse, Wire
from tests.live.original import OriginalPage, original
from tests.support.client import Person

SCRIPT = "<script>x()</script>"
ESCAPED = "&lt;script&gt;x()&lt;/script&gt;"
ENTERS = "{}님이 채팅방에 입장 했습니다."
LEAVES = "{}가 퇴장합니다."


async def page_of(house: House, person: Person, *rooms: str) -> OriginalPage:
    """Past the SUBSCRIBE of these rooms, which were granted, and past the line that says so."""
    page = await original(house, token=await person.live_token())
    for room in rooms:
        page.subscribe(room)
        await page.hears("SYSTEM", ENTERS.format(person.persona.nickname))
    return page


async def guest(house: House, nickname: str, channel: str = "random") -> OriginalPage:
    page = await original(house, path="/simplemessage", nickname=nickname)
    page.subscribe(channel)
    await page.hears("SYSTEM", ENTERS.format(f"손님 {nickname}".strip()))
    return page


async def settled(person: Person, room: str, rows: int) -> None:
    """The log has so many rows: the lines that tell who joined are written a little later than the join."""
    async with asyncio.timeout(10):
        while len(await person.log(room)) < rows:
            await asyncio.sleep(0.01)


@pytest.mark.req("1.2", "3.4")
@pytest.mark.row("v1 MESSAGE", "v1 own messages", "v1 escaped")
async def test_it_talks_with_pac_v2_json_both_ways_and_what_is_typed_is_escaped_for_it_alone(
    house: House,
) -> None:
    ada, mallory = await house.person("ada"), await house.person("mallory", SCRIPT)
    room = await ada.create_room("광장")
    await mallory.join(room)
    await settled(ada, room, 2)
    page, wire = await page_of(house, ada, room), await house.reader(mallory, room)
    wire.say(op="send", id="1", room=room, cid="c1", body=SCRIPT)
    assert (await wire.hear("message"))["body"] == SCRIPT
    assert await page.line() == (ESCAPED, ESCAPED)
    page.say(room, SCRIPT)
    assert await page.line() == ("Ada", ESCAPED), "one's own messages come back"
    told = await wire.hear("message")
    assert (told["body"], told["member"]["nickname"], told["type"]) == (SCRIPT, "Ada", "TEXT")
    assert [row.body for row in await ada.log(room)][-2:] == [SCRIPT, SCRIPT]


@pytest.mark.row("v1 broadcast")
async def test_the_time_of_a_line_is_that_of_the_zone_in_the_settings(make_house: MakeHouse) -> None:
    house = await make_house(TIMEZONE="Pacific/Kiritimati")
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    await settled(ada, room, 1)
    page, wire = await page_of(house, ada, room), await house.reader(ada, room)
    page.say(room, "now")
    stamp, ts = (await page.hear())["timestamp"], (await wire.hear("message"))["ts"]
    assert stamp == f"{(int(ts[11:13]) + 14) % 24:02}{ts[13:19]}"


@pytest.mark.row("v1 no history", "v1 SUBSCRIBE", "v1 MESSAGE")
async def test_nothing_older_is_told_and_several_rooms_are_read_on_one_socket(house: House) -> None:
    ada = await house.person("ada")
    one, two = await ada.create_room("하나"), await ada.create_room("둘")
    await settled(ada, one, 1)
    await settled(ada, two, 1)
    wire = await house.reader(ada, one)
    wire.say(op="send", id="1", room=one, cid="c1", body="before")
    await wire.hear("message")
    page = await original(house, token=await ada.live_token())
    page.subscribe(one)
    page.subscribe(two)
    page.say(one, "to one")
    page.say(two, "to two")
    page.say(one, "")
    page.say(one, " \n ")
    page.say(one, "the end")
    heard = [await page.hear() for _ in range(5)]
    assert {(frame["identifier"]["channel"], frame["message"]) for frame in heard} == {
        (one, ENTERS.format("Ada")), (two, ENTERS.format("Ada")), (one, "to one"), (two, "to two"), (one, "the end"),
    }  # fmt: skip
    assert [row.body for row in await ada.log(one) if row.type == "TEXT"] == ["before", "to one", "the end"]


@pytest.mark.req("3.1", "3.3", "3.14")
@pytest.mark.row("v1 identity", "identity judged", "close 4501")
async def test_who_is_not_signed_in_is_told_at_the_first_subscribe(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    for token in ("", "x" * 43):
        page = await original(house, token=token)
        page.subscribe(room)
        assert await page.wire.close_code() == 4501
    async with httpx.AsyncClient(base_url=house.server.url) as http:
        answer = await http.post(
            "/api/v1/auth/login", json={"username": "ada", "password": ada.persona.password}
        )
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    ours = f"http://localhost:{house.server.web_port}"
    for origin, token, code in ((ours, "", None), (ours, "x" * 43, None), (None, "", 4501)):
        wire = await house.upgrade(Sec_WebSocket_Protocol=None, Cookie=cookie, Origin=origin)
        assert "sec-websocket-protocol" not in wire.head.lower()
        page = OriginalPage(wire, token=token)
        page.subscribe(room)
        if code is None:
            await page.hears("SYSTEM", ENTERS.format("Ada"))
        else:
            assert await wire.close_code() == code


@pytest.mark.req("3.5", "3.14", "4.3")
@pytest.mark.row("v1 joins nobody", "close 4505")
async def test_a_subscribe_that_is_not_allowed_closes_with_4505_and_joins_nobody(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("광장")
    for channel in (room, "0" * 32, "random"):
        page = await original(house, token=await grace.live_token())
        page.subscribe(channel)
        assert await page.wire.close_code() == 4505, channel
    assert (await ada.room(room))["roomMembersCount"] == 1


@pytest.mark.req("3.3", "3.7", "3.14")
@pytest.mark.row("close 4500", "v1 SUBSCRIBE")
async def test_what_is_no_frame_of_the_original_closes_with_4500(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    early = await original(house, token=await ada.live_token())
    early.say(room, "before the SUBSCRIBE")
    assert await early.wire.close_code() == 4500
    for opcode, payload in ((2, b"{}"), (1, b"SUBSCRIBE"), (1, b"[]")):
        page = await page_of(house, ada, room)
        page.wire.frame(opcode, payload)
        assert await page.wire.close_code() == 4500, payload


@pytest.mark.req("3.5")
@pytest.mark.row("v1 MESSAGE")
async def test_a_message_needs_a_granted_subscribe_of_its_channel(house: House) -> None:
    ada = await house.person("ada")
    one, two = await ada.create_room("하나"), await ada.create_room("둘")
    await settled(ada, one, 1)
    page = await page_of(house, ada, one)
    page.say(two, "over there")
    frame = await page.hear()
    assert frame["identifier"] == {"channel": two, "nickname": "SYSTEM"}
    assert "over there" not in [row.body for row in await ada.log(two)]


@pytest.mark.req("3.13")
@pytest.mark.row("v1 refused")
async def test_a_message_that_is_refused_is_a_line_to_its_sender_alone(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_SEND_PER_S=0.01, LIMIT_SEND_BURST=1, LIMIT_BODY_CHARS=10)
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("공지", public="OBSERVER")
    await grace.join(room)
    await settled(ada, room, 2)
    writer, reader = await page_of(house, ada, room), await page_of(house, grace, room)
    await writer.hears("SYSTEM", ENTERS.format("Grace"))
    writer.say(room, "x" * 11)
    assert (await writer.line())[0] == "SYSTEM", "too long"
    writer.say(room, "one")
    assert await writer.line() == ("Ada", "one")
    writer.say(room, "two")
    nickname, words = await writer.line()
    assert nickname == "SYSTEM"
    assert re.search(r"1?\d\d초", words), words
    assert await reader.line() == ("Ada", "one")
    reader.say(room, "may I?")
    assert (await reader.line())[0] == "SYSTEM", "read only"
    wire = await house.reader(grace, room, after=0)
    assert [(await wire.hear("message"))["body"] for _ in range(3)][-1] == "one"
    wire.say(op="ping", id="p")
    assert (await wire.hear())["op"] == "pong", "nobody else was told anything"


@pytest.mark.row("v1 SYSTEM")
async def test_who_comes_and_goes_is_told_to_these_sockets_and_not_stored(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("광장")
    await grace.join(room)
    await settled(ada, room, 2)
    wire = await house.reader(ada, room)
    stays, goes = await page_of(house, ada, room), await page_of(house, grace, room)
    goes.subscribe(room)
    assert await stays.line() == ("SYSTEM", ENTERS.format("Grace"))
    goes.wire.writer.close()
    assert await stays.line() == ("SYSTEM", LEAVES.format("Grace")), "the second SUBSCRIBE told nobody"
    stays.say(room, "gone")
    assert (await wire.hear("message"))["body"] == "gone"
    assert [row.body for row in await ada.log(room) if row.type == "TEXT"] == ["gone"]
    assert len(await ada.log(room)) == 3
    await grace.leave(room)
    await stays.hears("SYSTEM", "Grace님이 나갔습니다.")


async def test_what_it_has_no_words_for_is_not_told_and_a_deletion_is_a_line(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("광장")
    await grace.join(room)
    await settled(ada, room, 2)
    page, wire = await page_of(house, ada, room), await house.reader(grace, room)
    wire.say(op="typing", room=room, on=True)
    wire.say(op="send", id="1", room=room, cid="c1", body="oops")
    sent = await wire.hear("message")
    wire.say(op="delete", id="2", room=room, seq=sent["seq"])
    assert (await wire.hear("message"))["event"] == "deleted"
    assert await page.line() == ("Grace", "oops")
    assert await page.line() == ("SYSTEM", "Grace님이 메시지를 삭제했습니다.")


@pytest.mark.req("2.15", "3.15")
@pytest.mark.row("close 4505", "close 4502")
async def test_losing_the_right_or_the_session_closes_with_its_code(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room, other = await ada.create_room("광장"), await ada.create_room("다른 방")
    for one in (room, other):
        await grace.join(one)
    leaver = await page_of(house, grace, room, other)
    await grace.leave(room)
    assert await leaver.wire.close_code(within_s=3) == 4505
    owner = await page_of(house, ada, other)
    owner.say(other, "is she gone?")
    await owner.hears("Ada", "is she gone?")
    with pytest.raises(asyncio.IncompleteReadError):
        await leaver.wire.next()
    reader = await page_of(house, grace, other)
    await ada.end(other)
    assert await reader.wire.close_code(within_s=3) == 4505
    assert await owner.wire.close_code(within_s=3) == 4505
    signed_in = await page_of(house, ada, room)
    await ada.sign_out()
    assert await signed_in.wire.close_code(within_s=3) == 4502


@pytest.mark.req("3.12")
@pytest.mark.row("close 4504", "limit connections", "limit ungreeted")
async def test_its_sockets_count_as_any_other(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_CONNECTIONS_PER_MEMBER=2, LIMIT_UNGREETED_PER_ADDRESS=2)
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    await house.socket(ada)
    await page_of(house, ada, room)
    third = await original(house, token=await ada.live_token())
    third.subscribe(room)
    assert await third.wire.close_code() == 4504
    third.wire.writer.close()
    silent = [await original(house) for _ in range(2)]
    assert (await house.upgrade(Sec_WebSocket_Protocol=None)).status == 429
    assert len(silent) == 2


# Guests


def rows_of(data: Path) -> dict[str, int]:
    """How many rows every table of every database of a server has."""
    counted: dict[str, int] = {}
    for path in data.glob("*.db"):
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            (counted[f"{path.name}/{table}"],) = database.execute(
                f'SELECT count(*) FROM "{table}"'
            ).fetchone()
        database.close()
    assert len(counted) > 5
    return counted


@pytest.mark.req("1.2")
@pytest.mark.row("guests", "guests stored", "guests names")
async def test_guests_talk_with_each_other_and_nothing_is_kept(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    await settled(ada, room, 1)
    member = await page_of(house, ada, room)
    before = rows_of(house.server.data)
    min_ = await guest(house, "민")
    mallory = await original(house, path="/simplemessage", nickname=SCRIPT)
    mallory.subscribe("random")
    for page in (min_, mallory):
        assert await page.line() == ("SYSTEM", ENTERS.format(f"손님 {ESCAPED}"))
    elsewhere = await guest(house, "", "random-2")
    mallory.say("random", SCRIPT)
    for page in (min_, mallory):
        assert await page.line() == (f"손님 {ESCAPED}", ESCAPED)
    elsewhere.say("random", "may I?")
    assert (await elsewhere.line())[0] == "SYSTEM"
    elsewhere.say("random-2", "alone")
    assert await elsewhere.line() == ("손님", "alone")
    mallory.wire.writer.close()
    assert await min_.line() == ("SYSTEM", LEAVES.format(f"손님 {ESCAPED}"))
    assert rows_of(house.server.data) == before
    member.say(room, "quiet here")
    assert await member.line() == ("Ada", "quiet here")


@pytest.mark.req("3.5")
@pytest.mark.row("guests rooms", "guests channels", "close 4500")
async def test_no_guest_reaches_a_real_room_whatever_it_brings(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    await settled(ada, room, 1)
    member = await page_of(house, ada, room)
    token = await ada.live_token()
    for channel in (room, room.upper(), "", "random ", "random-" + "x" * 41):
        page = await original(house, path="/simplemessage", token=token)
        page.subscribe(channel)
        assert await page.wire.close_code() == 4500, channel
    for say, times in ((b"[]", 1), (b'{"op":"hello","id":"1","token":"%s"}' % token.encode(), 10)):
        page = await original(house, path="/simplemessage")
        for _ in range(times):
            page.wire.frame(1, say)
        assert await page.wire.close_code() == 4500
    inside = await guest(house, "민")
    inside.say(room, "hello?")
    assert await inside.wire.close_code() == 4500
    member.say(room, "nobody came")
    assert await member.line() == ("Ada", "nobody came")
    stranger = await original(house, token=token)
    stranger.subscribe("random")
    assert await stranger.wire.close_code() == 4505, "and no member reaches a guests' room"


@pytest.mark.req("3.1", "3.2", "3.3")
@pytest.mark.row("guests origin", "guests limits")
async def test_the_door_of_guests(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_GUEST_SOCKETS_PER_ADDRESS=3)

    async def knock(**headers: str | None) -> Wire:
        return await house.upgrade("/simplemessage", **{"Sec_WebSocket_Protocol": None, **headers})

    assert (await knock(Origin="https://evil.example")).status == 403
    assert (await knock(Sec_WebSocket_Protocol="pac.v2.json")).status == 400
    first = await knock(Origin=f"http://localhost:{house.server.web_port}")
    assert first.status == 101
    in_all = [first, await knock(), await knock()]
    assert [wire.status for wire in in_all] == [101] * 3
    turned = await knock()
    assert turned.status == 429
    assert "retry-after:" in turned.head.lower()
    in_all[0].frame(8, b"\x03\xe8")
    assert await in_all[0].close_code() == 1000
    async with asyncio.timeout(10):
        while (again := await knock()).status != 101:
            pass
    again.writer.close()
    page = OriginalPage(in_all[1])
    page.say("random", "before the SUBSCRIBE")
    assert await page.wire.close_code() == 4500


@pytest.mark.req("3.13")
@pytest.mark.row("guests limits")
async def test_guests_share_the_rate_of_their_address_and_only_the_sender_is_told(
    make_house: MakeHouse,
) -> None:
    house = await make_house(LIMIT_GUEST_SEND_PER_S=0.01, LIMIT_GUEST_SEND_BURST=2)
    one = await guest(house, "하나")
    two = await guest(house, "둘")
    await one.hears("SYSTEM", ENTERS.format("손님 둘"))
    one.say("random", "first")
    two.say("random", "second")
    said = {("손님 하나", "first"), ("손님 둘", "second")}
    assert {await one.line(), await one.line()} == said
    two.say("random", "third")
    assert {await two.line(), await two.line()} == said
    nickname, words = await two.line()
    assert nickname == "SYSTEM"
    assert re.search(r"1?\d\d초", words), words
    two.wire.writer.close()
    assert await one.line() == ("SYSTEM", LEAVES.format("손님 둘")), "nothing in between"


async def test_two_hundred_guests_hear_one(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_GUEST_SOCKETS_PER_ADDRESS=200)
    guests = await asyncio.gather(*(guest(house, f"n{number}") for number in range(200)))
    guests[0].say("random", "hello, everybody")
    await asyncio.gather(*(page.hears("손님 n0", "hello, everybody") for page in guests))
    assert await house.server.metric("pac_guests") == 200


@pytest.mark.row("close 4010")
async def test_both_kinds_are_told_that_the_node_goes_down(house: House) -> None:
    ada = await house.person("ada")
    page = await page_of(house, ada, await ada.create_room("광장"))
    visitor = await guest(house, "민")
    stopped = asyncio.create_task(house.server.stop())
    assert await page.wire.close_code() == 4010
    assert await visitor.wire.close_code() == 4010
    for one in (page, visitor):
        one.wire.writer.close()
    assert await stopped == 0
