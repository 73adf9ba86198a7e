"""What open pages hear of rooms and of each other: who is there, who types, what was read, changed, deleted."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.live.conftest import House, MakeHouse, Wire

QUIET_S = 0.6


async def heard(wire: Wire, op: str, **fields: Any) -> dict[str, Any]:
    """The next frame of this op that has these fields."""
    while True:
        frame = await wire.hear(op)
        if all(frame.get(name) == value for name, value in fields.items()):
            return frame


async def silent(wire: Wire, *ops: str) -> None:
    """None of these comes for a while."""
    try:
        async with asyncio.timeout(QUIET_S):
            while True:
                frame = await wire.hear()
                assert frame["op"] not in ops, frame
    except TimeoutError:
        return


async def send(wire: Wire, room: str, body: str, cid: str) -> int:
    wire.say(op="send", id=cid, room=room, cid=cid, body=body)
    return int((await heard(wire, "ok", id=cid))["seq"])


async def rest(house: House, person: Any, method: str, path: str, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=house.server.url) as http:
        return await http.request(
            method,
            path,
            json=body or None,
            headers={"Authorization": f"Bearer {await person.live_token()}"},
        )


@pytest.mark.row("presence", "hear presence")
async def test_who_is_there_is_told_with_a_grace_for_those_who_reload(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    first = await house.reader(ada, room)
    assert (await heard(first, "presence"))["online"] == 1
    wire = await house.reader(ben, room)
    came = await heard(first, "presence")
    assert (came["online"], [one["nickname"] for one in came["joined"]], came["left"]) == (2, ["Ben"], [])
    wire.say(op="presence", id="p", room=room)
    answer = await heard(wire, "ok", id="p")
    assert (answer["count"], {one["nickname"] for one in answer["online"]}) == (2, {"Ada", "Ben"})
    wire.writer.close()
    again = await house.reader(ben, room)
    await silent(first, "presence")
    since = time.monotonic()
    again.writer.close()
    gone = await heard(first, "presence")
    assert (gone["online"], [one["nickname"] for one in gone["left"]]) == (1, ["Ben"])
    assert time.monotonic() - since >= 1.9
    stranger = await house.person("cleo")
    outside = await house.socket(stranger)
    outside.say(op="presence", id="p", room=room)
    assert (await outside.hear())["code"] == "forbidden"


@pytest.mark.req("3.5", "3.13")
@pytest.mark.row("typing", "hear typing", "error rate_limited", "error not_subscribed")
async def test_typing_is_told_to_others_only_and_not_too_often(make_house: MakeHouse) -> None:
    house = await make_house()
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    writer, second, reader = (
        await house.reader(ada, room),
        await house.reader(ada, room),
        await house.reader(ben, room),
    )
    writer.say(op="typing", room=room, on=True)
    frame = await heard(reader, "typing")
    assert frame == {"op": "typing", "room": room, "member": {"id": ada.id, "nickname": "Ada"}, "on": True}
    writer.say(op="typing", room=room, on=True)
    refused = await heard(writer, "error")
    assert (refused["code"], refused["room"]) == ("rate_limited", room)
    assert 0 < refused["retry_after_ms"] <= 3_000
    writer.say(op="typing", room=room, on=False)
    assert (await heard(reader, "typing"))["on"] is False
    writer.say(op="typing", room=room, on=False)
    await silent(second, "typing")
    await silent(reader, "typing")
    lone = await house.socket(ben)
    lone.say(op="typing", room=room, on=True)
    assert (await lone.hear())["code"] == "not_subscribed"


@pytest.mark.row("read", "hear read", "subscribe", "GET /api/v1/room/joined/list")
async def test_a_read_mark_moves_on_every_device_and_never_back(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    writer = await house.reader(ada, room)
    phone, desk = await house.reader(ben, room), await house.reader(ben, room)
    seqs = [await send(writer, room, f"말 {number}", f"c{number}") for number in range(3)]
    await heard(phone, "message", seq=seqs[-1])
    phone.say(op="read", room=room, seq=seqs[0])
    assert (await heard(desk, "read"))["seq"] == seqs[0]
    phone.say(op="read", room=room, seq=1)
    phone.say(op="read", room=room, seq=seqs[2] + 1_000)
    assert (await heard(desk, "read"))["seq"] == seqs[2], "clamped to the top"
    await silent(phone, "read")
    own = await send(desk, room, "mine", "m1")
    assert (await heard(phone, "read"))["seq"] == own, "one's own sends move it"
    for wire in (phone, desk):
        wire.writer.close()
    seq = await send(writer, room, "later", "c9")
    back = await house.socket(ben)
    back.say(op="subscribe", id="s", rooms=[{"room": room, "after": seq}])
    state = (await heard(back, "ok", id="s"))["rooms"][0]
    assert (state["read"], state["unread"]) == (own, 1)
    async with asyncio.timeout(5):
        while True:
            found = (await rest(house, ben, "GET", "/api/v1/room/joined/list")).json()["content"][0]
            if found["unread"] == 1:
                break
            await asyncio.sleep(0.1)


async def test_what_one_said_is_read_though_the_line_broke_before_the_answer(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    watcher, breaking = await house.reader(ada, room), await house.reader(ben, room)
    breaking.say(op="send", id="1", room=room, cid="c1", body="the line breaks now")
    await breaking.writer.drain()
    breaking.writer.transport.abort()
    seq = (await heard(watcher, "message"))["seq"]
    back = await house.socket(ben)
    back.say(op="subscribe", id="s", rooms=[{"room": room, "after": seq}])
    state = (await heard(back, "ok", id="s"))["rooms"][0]
    assert (state["read"], state["unread"]) == (seq, 0)


async def test_reading_along_has_no_mark(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("알림", public="OBSERVER")
    wire = await house.socket(ben)
    wire.say(op="subscribe", id="s", rooms=[{"room": room}])
    state = (await heard(wire, "ok", id="s"))["rooms"][0]
    assert not {"read", "unread", "role", "status"} & set(state)
    wire.say(op="read", room=room, seq=1)
    wire.say(op="ping", id="1")
    assert (await heard(wire, "pong"))["id"] == "1"


@pytest.mark.req("3.5")
@pytest.mark.row(
    "delete", "event deleted", "DELETE /api/v1/chat/log/{room_id}/{seq}", "error not_found", "error forbidden"
)
async def test_deleting_is_for_authors_and_sysops_and_everyone_hears_of_it(house: House) -> None:
    ada, ben, cleo = [await house.person(name) for name in ("ada", "ben", "cleo")]
    room = await ada.create_room("광장")
    for person in (ben, cleo):
        await person.join(room)
    owner, author, other = [await house.reader(person, room) for person in (ada, ben, cleo)]
    mine, yours = await send(author, room, "secret one", "a"), await send(author, room, "secret two", "b")
    other.say(op="delete", id="d1", room=room, seq=mine)
    assert (await heard(other, "error", id="d1"))["code"] == "forbidden"
    author.say(op="delete", id="d2", room=room, seq=mine)
    await heard(author, "ok", id="d2")
    frame = await heard(other, "message", event="deleted")
    assert (frame["type"], frame["target"], frame["member"]["id"]) == ("SYSTEM", mine, ben.id)
    owner.say(op="delete", id="d3", room=room, seq=yours)
    await heard(owner, "ok", id="d3")
    owner.say(op="delete", id="d4", room=room, seq=yours)
    await heard(owner, "ok", id="d4")
    for seq in (0, 1, 999, frame["seq"]):
        owner.say(op="delete", id=f"n{seq}", room=room, seq=seq)
        assert (await heard(owner, "error", id=f"n{seq}"))["code"] == "not_found", "no message of anybody"
    other.say(op="history", id="h", room=room)
    page = (await heard(other, "ok", id="h"))["messages"]
    state = {one["seq"]: (one["body"], one.get("deleted")) for one in page}
    assert (state[mine], state[yours]) == (("", "author"), ("", "moderator"))
    assert [one["seq"] for one in page] == list(range(1, len(page) + 1))
    assert sum(one.get("event") == "deleted" for one in page) == 2
    log = (await rest(house, cleo, "GET", f"/api/v1/chat/log/{room}?after=0")).json()["messages"]
    assert "secret" not in str(log)
    seq = await send(author, room, "third", "c")
    gone = await rest(house, ben, "DELETE", f"/api/v1/chat/log/{room}/{seq}")
    assert (gone.status_code, gone.json()) == (200, {"state": "DELETED"})
    assert await heard(other, "message", event="deleted", target=seq)
    stranger = await house.person("dan")
    outside = await house.socket(stranger)
    outside.say(op="delete", id="x", room=room, seq=seq)
    assert (await heard(outside, "error"))["code"] == "forbidden"


@pytest.mark.row("error slow_mode", "member WARNING", "change warned", "change unwarned", "send dup")
async def test_a_warned_member_writes_in_slow_mode_and_a_slow_room_is_slow_for_all_but_sysops(
    house: House,
) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    owner, wire = await house.reader(ada, room), await house.reader(ben, room)
    await rest(house, ada, "PUT", f"/api/v1/room/{room}/member/{ben.id}", status="WARNING")
    assert (await heard(wire, "membership"))["change"] == "warned"
    await send(wire, room, "one", "c1")
    wire.say(op="send", id="c2", room=room, cid="c2", body="two")
    refused = await heard(wire, "error", id="c2")
    assert refused["code"] == "slow_mode"
    assert 9_000 < refused["retry_after_ms"] <= 10_000
    wire.say(op="send", id="again", room=room, cid="c1", body="one")
    assert (await heard(wire, "ok", id="again"))["dup"] is True
    await rest(house, ada, "PUT", f"/api/v1/room/{room}/member/{ben.id}", status="ALIVE")
    assert (await heard(wire, "membership"))["change"] == "unwarned"
    await send(wire, room, "three", "c3")
    await rest(house, ada, "PUT", f"/api/v1/room/{room}", slowModeSeconds=60)
    assert await heard(wire, "room", slowModeSeconds=60)
    await send(wire, room, "four", "c4")
    wire.say(op="send", id="c5", room=room, cid="c5", body="five")
    assert 59_000 < (await heard(wire, "error", id="c5"))["retry_after_ms"] <= 60_000
    for number in range(3):
        await send(owner, room, "fast", f"o{number}")


@pytest.mark.row(
    "hear room",
    "hear membership",
    "change asked",
    "change joined",
    "change accepted",
    "change refused",
    "change role",
    "change owner",
    "event joined",
    "event renamed",
    "event changed",
    "event role",
    "event owner",
)
async def test_open_pages_hear_what_changes_about_their_room(house: House) -> None:
    ada, ben, cleo = [await house.person(name) for name in ("ada", "ben", "cleo")]
    room = await ada.create_room("광장", public="PRIVATE")
    owner = await house.reader(ada, room)
    waiting = await house.socket(ben)
    assert await rest(house, ben, "POST", f"/api/v1/room/{room}/join")
    assert (await heard(waiting, "membership"))["change"] == "asked"
    assert (await heard(owner, "room", requests=1))["room"] == room
    await rest(house, ada, "POST", f"/api/v1/room/{room}/request/{ben.id}", decision="ACCEPT")
    changes = [(await heard(waiting, "membership")) for _ in range(2)]
    assert {one["change"] for one in changes} == {"joined", "accepted"}
    assert changes[0]["role"] == "MEMBER"
    assert await heard(owner, "room", requests=0)
    await rest(house, cleo, "POST", f"/api/v1/room/{room}/join")
    await heard(owner, "room", requests=1)
    asked = await house.socket(cleo)
    await rest(house, ada, "POST", f"/api/v1/room/{room}/request/{cleo.id}", decision="REFUSE")
    assert (await heard(asked, "membership"))["change"] == "refused"
    await rest(house, ada, "PUT", f"/api/v1/room/{room}", name="새 이름", capacity=7)
    frame = await heard(owner, "room", name="새 이름")
    assert frame["capacity"] == 7
    assert not {"roomMembersCount", "owner", "requests"} & set(frame), "only what may be different"
    await rest(house, ada, "PUT", f"/api/v1/room/{room}/member/{ben.id}", role="SYSOP")
    assert (await heard(waiting, "membership", change="role"))["role"] == "SYSOP"
    await rest(house, ada, "PUT", f"/api/v1/room/{room}/owner", ownerMemberId=ben.id)
    assert await heard(owner, "room", owner={"id": ben.id, "nickname": "Ben"})
    assert (await heard(waiting, "membership"))["change"] == "owner"
    events = []
    while len(events) < 5:
        owner.say(op="history", id="h", room=room)
        page = (await heard(owner, "ok", id="h"))["messages"]
        events = [one["event"] for one in page]
        await asyncio.sleep(0.05)
    assert events[:6] == ["joined", "joined", "renamed", "changed", "role", "owner"]
    bodies = " ".join(one["body"] for one in page)
    assert "새 이름" in bodies


@pytest.mark.req("2.15", "3.15")
@pytest.mark.row(
    "promise 5",
    "hear unsubscribed",
    "unsubscribed kicked",
    "unsubscribed banned",
    "unsubscribed forbidden",
    "unsubscribed gone",
    "unsubscribed ended",
    "error banned",
    "error not_subscribed",
    "subscribe ended",
)
async def test_losing_a_right_ends_the_subscription_in_time_and_says_why(house: House) -> None:
    ada = await house.person("ada")
    root = await house.person("root")
    await asyncio.to_thread(promote, house, "root")
    await root.sign_in()
    room_of: dict[str, str] = {}
    for code in ("kicked", "banned", "forbidden", "gone", "ended"):
        public = "OBSERVER" if code == "forbidden" else "AVAILABLE"
        room_of[code] = await ada.create_room(code, public=public)
    ben = await house.person("ben")
    for code, room in room_of.items():
        if code != "forbidden":
            await ben.join(room)
    wire = await house.socket(ben)
    wire.say(op="subscribe", id="s", rooms=[{"room": room} for room in room_of.values()])
    await heard(wire, "ok", id="s")
    calls: dict[str, tuple[Any, str, str, dict[str, Any]]] = {
        "kicked": (ada, "DELETE", f"/api/v1/room/{room_of['kicked']}/member/{ben.id}", {}),
        "banned": (ada, "PUT", f"/api/v1/room/{room_of['banned']}/member/{ben.id}", {"status": "VOID"}),
        "forbidden": (ada, "PUT", f"/api/v1/room/{room_of['forbidden']}", {"public": "PRIVATE"}),
        "gone": (root, "PUT", f"/api/v1/admin/room/{room_of['gone']}", {"void": True, "reason": "spam"}),
        "ended": (ada, "DELETE", f"/api/v1/room/{room_of['ended']}", {}),
    }
    for code, (who, method, path, body) in calls.items():
        answer = await rest(house, who, method, path, **body)
        assert answer.status_code == 200, (code, answer.text)
        since = time.monotonic()
        frame = await heard(wire, "unsubscribed", room=room_of[code])
        assert frame["code"] == code
        assert time.monotonic() - since <= 2.0
        wire.say(op="send", id=code, room=room_of[code], cid=code, body="still here?")
        assert (await heard(wire, "error", id=code))["code"] == "not_subscribed"
    wire.say(op="subscribe", id="again", rooms=[{"room": room} for room in room_of.values()])
    codes = [one.get("code") for one in (await heard(wire, "ok", id="again"))["rooms"]]
    assert codes == ["forbidden", "banned", "forbidden", "not_found", None]


@pytest.mark.row("change banned", "change unbanned", "unsubscribed banned", "rule ban_ends")
async def test_a_ban_that_ends_is_told_and_the_room_is_open_again(house: House) -> None:
    from datetime import UTC, datetime, timedelta

    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    wire = await house.reader(ben, room)
    until = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    path = f"/api/v1/room/{room}/member/{ben.id}"
    assert (await rest(house, ada, "PUT", path, status="VOID", voidUntil=until)).status_code == 200
    assert (await heard(wire, "unsubscribed"))["code"] == "banned"
    news = await heard(wire, "membership")
    assert (news["change"], news["status"]) == ("banned", "VOID")
    assert news["until"]
    back = await heard(wire, "membership", change="unbanned")
    assert back["status"] == "ALIVE"
    wire.say(op="subscribe", id="s2", rooms=[{"room": room}])
    assert "code" not in (await heard(wire, "ok", id="s2"))["rooms"][0]
    await send(wire, room, "back", "c1")


@pytest.mark.req("4.5")
async def test_nobody_hears_of_a_room_they_may_not_read(house: House) -> None:
    """Every change, with one socket of each relation: strangers and former members get no frame of the room."""
    ada, ben, cleo, dan = [await house.person(name) for name in ("ada", "ben", "cleo", "dan")]
    room = await ada.create_room("광장")
    for person in (ben, cleo):
        await person.join(room)
    await cleo.leave(room)
    owner, member = await house.reader(ada, room), await house.reader(ben, room)
    former, stranger = await house.socket(cleo), await house.socket(dan)
    for wire in (former, stranger):
        wire.say(op="subscribe", id="s", rooms=[{"room": room}])
        assert (await heard(wire, "ok", id="s"))["rooms"][0]["code"] == "forbidden"
    seq = await send(owner, room, "between us", "c1")
    owner.say(op="typing", room=room, on=True)
    owner.say(op="delete", id="d", room=room, seq=seq)
    await heard(owner, "ok", id="d")
    for fields in ({"name": "next"}, {"public": "PRIVATE"}, {"public": "AVAILABLE"}, {"slowModeSeconds": 9}):
        assert (await rest(house, ada, "PUT", f"/api/v1/room/{room}", **fields)).status_code == 200
    for fields in ({"status": "WARNING"}, {"role": "SYSOP"}):
        path = f"/api/v1/room/{room}/member/{ben.id}"
        assert (await rest(house, ada, "PUT", path, **fields)).status_code == 200
    await heard(member, "membership", change="role")
    await rest(house, ada, "DELETE", f"/api/v1/room/{room}")
    await heard(member, "unsubscribed", code="ended")
    for wire in (former, stranger):
        wire.say(op="ping", id="last")
        frame = await wire.hear()
        assert (frame["op"], frame.get("id")) == ("pong", "last"), frame


def promote(house: House, name: str) -> None:
    from tests.live.test_revocation import admin

    done = admin(house, "promote", name)
    assert done.returncode == 0, done.stderr


@pytest.mark.row("hear room")
async def test_what_was_changed_back_is_told_too(house: House) -> None:
    """Who loaded the room in between holds what it was in between, and only a frame can tell that it is not so."""
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    reader = await house.reader(ada, room)
    await rest(house, ada, "PUT", f"/api/v1/room/{room}", name="마당")
    await heard(reader, "room", name="마당")
    # From here on the room is told again in a second: what happens until then is told at once.
    await rest(house, ada, "PUT", f"/api/v1/room/{room}", name="골목")
    await rest(house, ada, "PUT", f"/api/v1/room/{room}", name="마당")
    await heard(reader, "room", name="마당")
    await ben.join(room)
    assert (await ada.room(room))["roomMembersCount"] == 2
    await ben.leave(room)
    await heard(reader, "room", roomMembersCount=1)
