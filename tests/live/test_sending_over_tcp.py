"""What `send` looks at and in which order, what is kept of a text, and how a refusal is said."""

from typing import Any

import pytest

from tests.live.conftest import House, MakeHouse, Wire
from tests.live.original import original
from tests.live.test_rooms_over_tcp import heard, rest


async def answered(wire: Wire, room: str, **fields: Any) -> dict[str, Any]:
    """`ok` or `error`, for a send that is good but for these fields."""
    wire.say(**{"op": "send", "id": "x", "room": room, "cid": "c1", "body": "hello"} | fields)
    while (frame := await wire.hear()).get("id") != "x":
        pass
    return frame


@pytest.mark.row("send checks", "error read_only", "error not_subscribed", "error cid_conflict")
async def test_form_subscription_right_cid_and_rate_are_looked_at_in_this_order(
    make_house: MakeHouse,
) -> None:
    """Each send has two faults and is told the one that comes first; none of them costs rate."""
    house = await make_house(LIMIT_SEND_PER_S=0.01, LIMIT_SEND_BURST=2)
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    path = f"/api/v1/room/{room}/member/{ben.id}"

    async def make_ben(role: str) -> None:
        assert (await rest(house, ada, "PUT", path, role=role)).status_code == 200

    outside, wire = await house.socket(ben), await house.reader(ben, room)
    assert (await answered(wire, room))["op"] == "ok"
    assert (await answered(outside, room, body=""))["code"] == "bad_request", "before the subscription"
    await make_ben("OBSERVER")
    await heard(wire, "membership", change="role")
    assert (await answered(outside, room))["code"] == "not_subscribed", "before the right"
    assert (await answered(wire, room, body="another"))["code"] == "read_only", "before the cid"
    await make_ben("MEMBER")
    await heard(wire, "membership", change="role")
    assert (await answered(wire, room, cid="c2"))["op"] == "ok", "what was refused cost nothing"
    assert (await answered(wire, room, body="another"))["code"] == "cid_conflict", "before the rate"
    assert (await answered(wire, room, cid="c3"))["code"] == "rate_limited"


@pytest.mark.row("limit body", "send")
async def test_a_text_is_stored_composed_with_its_lines_and_markup(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    typed = "Zoe\u0308 \u1100\u1161\n\n\t<b>**둘**</b> "
    seq = (await answered(wire, room, body=typed))["seq"]
    assert (await heard(wire, "message", seq=seq))["body"] == "Zo\u00eb 가\n\n\t<b>**둘**</b> "
    assert (await answered(wire, room, cid="long", body="a" * 4_001))["code"] == "too_large"
    assert (await answered(wire, room, cid="image", type="IMAGE"))["code"] == "bad_request"


@pytest.mark.row("send reply_to", "hear message")
async def test_a_message_says_which_one_it_answers(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    first = (await answered(wire, room))["seq"]
    second = (await answered(wire, room, cid="c2", body="and you?", reply_to=first))["seq"]
    frame = await heard(wire, "message", seq=second)
    assert frame.keys() == {"op", "room", "seq", "id", "ts", "type", "member", "body", "reply_to"}
    assert (frame["type"], frame["reply_to"]) == ("TEXT", first)
    assert frame["member"] == {"id": ada.id, "nickname": "Ada"}
    assert (await answered(wire, room, cid="c2", body="and you?"))["code"] == "cid_conflict"


@pytest.mark.row("hear error")
async def test_a_refusal_is_said_in_the_language_of_the_member(house: House) -> None:
    ada = await house.person("ada")
    said = []
    for language in ("ko", "en"):
        wire = await house.upgrade(Accept_Language=language)
        wire.say(op="hello", id="h", token=await ada.live_token())
        await wire.hear("welcome")
        refused = await answered(wire, "nowhere")
        assert refused.keys() == {"op", "id", "room", "code", "message"}
        assert (refused["room"], refused["code"]) == ("nowhere", "not_subscribed")
        said.append(refused["message"])
    assert [text.isascii() for text in said] == [False, True]


@pytest.mark.row("v1 cid", "v1 own messages")
async def test_a_line_of_the_original_that_is_said_twice_is_two_messages(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    page = await original(house, token=await ada.live_token())
    page.subscribe(room)
    for _ in range(2):
        page.say(room, "again")
    for _ in range(2):
        await page.hears("Ada", "again")
    rows = [row for row in await ada.log(room) if row.type == "TEXT"]
    assert [row.body for row in rows] == ["again", "again"]
    assert len({row.cid for row in rows}) == 2
    assert all(row.cid for row in rows)
