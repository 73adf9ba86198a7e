"""Subscribing and its end, frame by frame: again, too often, along, for strangers, and not any more."""

import asyncio
from typing import Any

import pytest

from tests.live.conftest import House, MakeHouse, Wire
from tests.live.test_rooms_over_tcp import heard, promote, rest, send, silent


async def subscribed(wire: Wire, *rooms: str, **cursor: Any) -> list[dict[str, Any]]:
    """An entry for each room, granted or refused."""
    wire.say(op="subscribe", id="s", rooms=[{"room": room, **cursor} for room in rooms])
    entries: list[dict[str, Any]] = (await heard(wire, "ok", id="s"))["rooms"]
    assert [entry["room"] for entry in entries] == list(rooms)
    return entries


@pytest.mark.row("subscribe again", "subscribe replay")
async def test_subscribing_again_just_answers_or_resumes(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(3):
        top = await send(wire, room, f"{number}", f"c{number}")
    await heard(wire, "message", seq=top)
    assert (await subscribed(wire, room))[0]["top"] == top
    await silent(wire, "message")
    (entry,) = await subscribed(wire, room, after=1)
    assert (entry["top"], "reset" in entry) == (top, False)
    assert [(await wire.hear("message"))["seq"] for _ in range(1, top)] == list(range(2, top + 1))
    new = await send(wire, room, "new", "new")
    assert (await wire.hear("message"))["seq"] == new == top + 1


@pytest.mark.row("subscribe rate", "limit subscribe", "error rate_limited")
async def test_over_the_rate_rooms_are_refused_and_not_the_frame(make_house: MakeHouse) -> None:
    house = await make_house(LIMIT_SUBSCRIBE_PER_S=0.1, LIMIT_SUBSCRIBE_BURST=2)
    ada = await house.person("ada")
    rooms = [await ada.create_room(f"방 {number}") for number in range(3)]
    wire = await house.socket(ada)
    entries = await subscribed(wire, *rooms)
    assert [entry.get("code") for entry in entries] == [None, None, "rate_limited"]
    assert 0 < entries[2]["retry_after_ms"] <= 10_000
    assert await send(wire, rooms[1], "hello", "c1")


@pytest.mark.row("unsubscribe", "error not_subscribed", "hear ok")
async def test_of_a_room_that_was_unsubscribed_nothing_more_is_heard(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    writer, wire = await house.reader(ada, room), await house.reader(ben, room)
    await send(writer, room, "before", "c1")
    while (await wire.hear("message"))["body"] != "before":
        pass
    wire.say(op="unsubscribe", id="u", rooms=[room, "nowhere"])
    assert await heard(wire, "ok", id="u") == {"op": "ok", "id": "u"}
    await send(writer, room, "after", "c2")
    await silent(wire, "message", "typing", "presence", "top")
    wire.say(op="send", id="x", room=room, cid="x", body="still here?")
    assert (await heard(wire, "error", id="x"))["code"] == "not_subscribed"


@pytest.mark.row("subscribe stranger", "error not_found", "error forbidden")
async def test_a_stranger_cannot_tell_a_hidden_room_from_none(house: House) -> None:
    ada, root, mallory = [await house.person(name) for name in ("ada", "root", "mallory")]
    await asyncio.to_thread(promote, house, "root")
    await root.sign_in()
    rooms = [await ada.create_room(name, public=name) for name in ("AVAILABLE", "PRIVATE", "INVISIBLE")]
    voided = await ada.create_room("VOID")
    answer = await rest(house, root, "PUT", f"/api/v1/admin/room/{voided}", void=True, reason="spam")
    assert answer.status_code == 200
    entries = await subscribed(await house.socket(mallory), *rooms, voided, "0" * 32)
    assert [entry["code"] for entry in entries] == ["forbidden"] * 2 + ["not_found"] * 3
    assert len({entry["message"] for entry in entries[2:]}) == 1
    assert all(entry.keys() == {"room", "code", "message"} for entry in entries)


@pytest.mark.row("room OBSERVER reader", "hear presence", "subscribe")
async def test_who_reads_along_is_there_and_takes_no_place(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("알림", public="OBSERVER", capacity=1)
    owner = await house.reader(ada, room)
    await heard(owner, "presence", online=1)
    along, again = await house.socket(ben), await house.socket(ben)
    for wire in (along, again):
        (entry,) = await subscribed(wire, room)
        assert (entry["online"], entry["members"]) == (2, 1), "each member once"
    came = await heard(owner, "presence", online=2)
    assert [one["nickname"] for one in came["joined"]] == ["Ben"]
    assert (await ada.room(room))["roomMembersCount"] == 1


@pytest.mark.row("only the right", "history", "presence", "delete")
async def test_history_presence_and_delete_need_no_subscription(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    seq = await send(await house.reader(ada, room), room, "oops", "c1")
    wire = await house.socket(ada)
    wire.say(op="presence", id="p", room=room)
    assert (await heard(wire, "ok", id="p"))["count"] == 1
    wire.say(op="delete", id="d", room=room, seq=seq)
    await heard(wire, "ok", id="d")
    wire.say(op="history", id="h", room=room, after=seq - 1, limit=1)
    (entry,) = (await heard(wire, "ok", id="h"))["messages"]
    assert (entry["seq"], entry["body"], entry["deleted"]) == (seq, "", "author")


@pytest.mark.row("event deleted", "subscribe replay")
async def test_who_resumes_hears_of_what_was_deleted_meanwhile(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    seq = await send(wire, room, "oops", "c1")
    wire.say(op="delete", id="d", room=room, seq=seq)
    await heard(wire, "message", event="deleted")
    back = await house.reader(ada, room, after=seq)
    assert (await heard(back, "message", event="deleted"))["target"] == seq


@pytest.mark.row("promise 4", "typing", "read", "presence")
async def test_what_is_second_class_takes_no_number(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    writer, reader = await house.reader(ada, room), await house.reader(ben, room)
    first = await send(writer, room, "one", "c1")
    writer.say(op="typing", room=room, on=True)
    await heard(reader, "typing")
    reader.say(op="read", room=room, seq=first)
    reader.writer.close()
    await heard(writer, "presence", online=1)
    assert await send(writer, room, "two", "c2") == first + 1


@pytest.mark.row("change kicked", "event kicked", "hear membership", "unsubscribed kicked")
async def test_a_kick_is_told_to_every_socket_of_the_member_and_in_the_log(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    owner, reading, elsewhere = (
        await house.reader(ada, room),
        await house.reader(ben, room),
        await house.socket(ben),
    )
    answer = await rest(house, ada, "DELETE", f"/api/v1/room/{room}/member/{ben.id}")
    assert answer.status_code == 200
    for wire in (reading, elsewhere):
        assert await heard(wire, "membership") == {"op": "membership", "room": room, "change": "kicked"}
    line = await heard(owner, "message", event="kicked")
    assert (line["type"], line["member"]) == ("SYSTEM", {"id": ben.id, "nickname": "Ben"})


@pytest.mark.row("event banned", "event unbanned", "change banned", "change unbanned")
async def test_a_ban_and_its_lifting_are_lines_of_the_log(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    owner, wire = await house.reader(ada, room), await house.socket(ben)
    for status, word in (("VOID", "banned"), ("ALIVE", "unbanned")):
        path = f"/api/v1/room/{room}/member/{ben.id}"
        assert (await rest(house, ada, "PUT", path, status=status)).status_code == 200
        told = await heard(wire, "membership", change=word)
        assert (told["status"], "until" in told) == (status, False), "until it is lifted"
        assert (await heard(owner, "message", event=word))["member"]["id"] == ben.id
