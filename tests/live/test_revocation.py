"""A right that is lost reaches every live socket within two seconds, whoever took it (PROTOCOL promise 5)."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from tests.live.conftest import House, Wire

WITHIN_S = 2.0


async def closes_in_time(wire: Wire, since: float) -> int:
    code = await wire.close_code()
    assert time.monotonic() - since <= WITHIN_S
    return code


def admin(house: House, *arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
    """`pac admin …` beside the running server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAC_")}
    return subprocess.run(
        [sys.executable, "-m", "pac.cli", "admin", *arguments],
        env=environment | {"PAC_DATA_DIR": str(house.server.data)},
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.req("2.15", "3.15")
@pytest.mark.row("promise 5", "close 4502", "close 4501")
async def test_sign_out_closes_every_socket_of_that_session_and_no_other(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    one, two, other = await house.socket(ada), await house.socket(ada), await house.socket(grace)
    token = await ada.live_token()
    since = time.monotonic()
    await ada.sign_out()
    assert await closes_in_time(one, since) == 4502
    assert await closes_in_time(two, since) == 4502
    other.say(op="ping", id="1")
    assert (await other.hear())["op"] == "pong"
    late = await house.upgrade()
    late.say(op="hello", id="h", token=token)
    assert await late.close_code() == 4501


@pytest.mark.req("2.15", "2.5", "2.9")
@pytest.mark.row("promise 5", "rule locked", "close 4503")
async def test_an_administrator_beside_the_server_locks_a_member_out(house: House) -> None:
    ada = await house.person("ada")
    wire = await house.socket(ada)
    done = await asyncio.to_thread(admin, house, "lock", "ada")
    since = time.monotonic()
    assert done.returncode == 0, done.stderr
    assert await closes_in_time(wire, since) == 4503
    import httpx

    async with httpx.AsyncClient(base_url=house.server.url) as http:
        credentials = {"username": "ada", "password": ada.persona.password}
        assert (await http.post("/api/v1/auth/login", json=credentials)).status_code == 401
        assert (await asyncio.to_thread(admin, house, "unlock", "ada")).returncode == 0
        assert (await http.post("/api/v1/auth/login", json=credentials)).status_code == 200


@pytest.mark.row("rule deleted", "close 4503", "rule succession", "change owner")
async def test_an_account_is_deleted_beside_the_server_and_its_rooms_go_on(house: House) -> None:
    ada, ben = await house.person("ada"), await house.person("ben")
    room = await ada.create_room("광장")
    await ben.join(room)
    wire, reader = await house.socket(ada), await house.reader(ben, room)
    done = await asyncio.to_thread(admin, house, "delete", "ada", "--yes")
    since = time.monotonic()
    assert done.returncode == 0, done.stderr
    assert await closes_in_time(wire, since) == 4503
    told = await reader.hear("membership")
    assert (told["change"], told["role"]) == ("owner", "SYSOP")
    assert (await ben.room(room))["owner"]["id"] == ben.id
    again = await asyncio.to_thread(admin, house, "unlock", "ada")
    assert (again.returncode, "no member" in again.stderr) == (1, True), "gone is gone"


@pytest.mark.req("2.9")
async def test_administrators_are_made_by_the_command_and_only_by_it(house: House) -> None:
    done = await asyncio.to_thread(admin, house, "create", "root", password="a long password of root\n")
    assert done.returncode == 0, done.stderr
    import httpx

    async with httpx.AsyncClient(base_url=house.server.url) as http:
        signed_in = await http.post(
            "/api/v1/auth/login", json={"username": "root", "password": "a long password of root"}
        )
        assert signed_in.json()["appRole"] == "ROLE_ADMIN"
    assert (
        await asyncio.to_thread(admin, house, "create", "root", password="another long one\n")
    ).returncode == 1
    assert (await asyncio.to_thread(admin, house, "create", "short", password="short\n")).returncode == 2
    assert (await asyncio.to_thread(admin, house, "promote", "nobody")).returncode == 1


@pytest.mark.req("3.15")
@pytest.mark.row(
    "unsubscribed left",
    "change left",
    "event left",
    "hear unsubscribed",
    "hear membership",
    "error not_subscribed",
)
async def test_leaving_ends_the_subscription_of_every_socket_and_tells_them(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("광장")
    await grace.join(room)
    writer, one, two = (
        await house.reader(ada, room),
        await house.reader(grace, room),
        await house.reader(grace, room),
    )
    await grace.leave(room)
    for wire in (one, two):
        assert (await wire.hear("unsubscribed"))["code"] == "left"
        assert (await wire.hear("membership"))["change"] == "left"
    writer.say(op="send", id="1", room=room, cid="c", body="is she gone?")
    heard = [await writer.hear("message"), await writer.hear("message")]
    assert {frame.get("event", frame["body"]) for frame in heard} == {"left", "is she gone?"}
    one.say(op="ping", id="after")
    assert (await one.hear())["op"] == "pong", "nothing of the room comes any more"
    one.say(op="send", id="2", room=room, cid="c2", body="I am still here")
    assert (await one.hear())["code"] == "not_subscribed"


@pytest.mark.req("3.15", "3.5")
@pytest.mark.row(
    "unsubscribed ended",
    "change ended",
    "event ended",
    "error room_ended",
    "subscribe ended",
    "room ENDED",
    "promise 5",
)
async def test_the_end_of_a_room_reaches_readers_and_nothing_is_stored_after_its_line(house: House) -> None:
    ada, grace = await house.person("ada"), await house.person("grace")
    room = await ada.create_room("광장")
    await grace.join(room)
    writer, reader = await house.reader(grace, room), await house.reader(ada, room)
    stop = asyncio.Event()

    async def talk() -> list[str]:
        codes = []
        number = 0
        while not stop.is_set():
            number += 1
            writer.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body="and another thing")
            while (frame := await writer.hear()).get("id") != f"{number}":
                pass
            codes.append(frame.get("code", "ok"))
        return codes

    talking = asyncio.get_running_loop().create_task(talk())
    await reader.hear("message")
    await ada.end(room)
    assert (await reader.hear("unsubscribed"))["code"] == "ended"
    assert (await reader.hear("membership"))["change"] == "ended"
    await asyncio.sleep(0.3)
    stop.set()
    codes = await talking
    assert codes[0] == "ok"
    assert codes[-1] in ("not_subscribed", "room_ended")
    rows = await ada.log(room)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].type == "SYSTEM", "the line that tells of the end is the last one"
    again = await house.socket(grace)
    again.say(op="subscribe", id="s", rooms=[{"room": room, "after": len(rows) - 1}])
    assert (await again.hear("ok"))["rooms"][0]["roomStatus"] == "ENDED"
    assert (await again.hear("message"))["event"] == "ended"
    again.say(op="send", id="x", room=room, cid="late", body="one more")
    assert (await again.hear("error"))["code"] == "room_ended"


@pytest.mark.req("2.16")
@pytest.mark.row("promise 5")
async def test_a_hello_that_races_a_sign_out_never_leaves_a_live_socket(house: House) -> None:
    ada = await house.person("ada")
    for _ in range(30):
        await ada.sign_in()
        token = await ada.live_token()
        wire = await house.upgrade()
        wire.say(op="hello", id="h", token=token)
        await ada.sign_out()
        assert await wire.close_code() in (4501, 4502)


@pytest.mark.req("2.13")
async def test_a_room_full_of_sessions_survives_a_restart_of_the_server(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    await house.server.stop()
    await house.server.restart()
    wire = await house.reader(ada, room, after=0)
    assert (await wire.hear("message"))["event"] == "joined"


@pytest.mark.row("hear drain", "close 4010", "promise 2")
async def test_sigterm_drains_every_send_is_answered_and_4010_follows(house: House) -> None:
    ada = await house.person("ada")
    room = await ada.create_room("광장")
    wire = await house.reader(ada, room)
    for number in range(200):
        wire.say(op="send", id=f"{number}", room=room, cid=f"c{number}", body=f"{number}")
    stopping = asyncio.get_running_loop().create_task(house.server.stop())
    acked, drained, code = set(), False, 0
    while not code:
        opcode, payload = await wire.next()
        if opcode == 8:
            code = int.from_bytes(payload[:2], "big")
            wire.frame(8, payload[:2])
        elif opcode == 1:
            import json

            frame = json.loads(payload)
            drained = drained or frame["op"] == "drain"
            if frame["op"] == "drain":
                assert 0 <= frame["reconnect_in_ms"] <= 1_000
            if frame["op"] == "ok":
                acked.add(frame["cid"])
    assert code == 4010
    assert drained
    assert await stopping == 0
    await house.server.restart()
    stored = {row.cid for row in await ada.log(room)}
    assert acked <= stored
