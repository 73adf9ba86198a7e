"""Clients that are gone in the middle of something: nothing of them stays, and nobody else notices (STYLE, rule 7).

A client may vanish at any await the server makes for it: before and behind `hello`, while its rights are read,
while its message is committed, while its replay is pulled, with half a frame on the line.
"""

import asyncio
import random
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.history.checker import check, report
from tests.history.model import SYSTEM
from tests.history.recorder import Recorder
from tests.support.client import LiveClient, Person, final_log
from tests.support.people import ADA, JIEUN, MINSU
from tests.support.server import ServerProcess

VANISHINGS = 40
SEED = 20261123
FAULTS_IN_LOG = ("Traceback", "[error", "[critical", "task.failed", "command.failed")

UPGRADE = (
    b"GET /message HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: pac.v2.json\r\n\r\n"
)
SIGN_IN = (
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 90\r\n\r\n"
)
SAID_AT_THE_DOOR = {
    "nothing": b"",
    "half a request": UPGRADE[:60],
    "an upgrade without hello": UPGRADE,
    "half a frame": UPGRADE + b'\x81\xff\0\0\0\0\0\0\x10\0abcd{"op":"he',
    "half a body": SIGN_IN + b'{"user',
}

pytestmark = [pytest.mark.timeout(180), pytest.mark.req("7.1", "7.8")]


@dataclass(slots=True)
class Place:
    server: ServerProcess
    recorder: Recorder
    jieun: Person
    minsu: Person
    room: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for all of this file: what one test leaves behind, the next one meets. It ends well, too."""
    server = ServerProcess(tmp_path_factory.mktemp("server"))

    async def start() -> None:
        await server.start()
        for persona in (JIEUN, MINSU, ADA):
            async with Person(server.url, persona) as person:
                await person.sign_up()

    try:
        asyncio.run(start())
        yield server
        assert asyncio.run(server.stop()) == 0
        assert_no_fault_was_logged(server)
    finally:
        server.end()


@pytest.fixture
async def place(server: ServerProcess) -> AsyncIterator[Place]:
    """A room of 지은's with 민수 in it and enough in its log for a replay of several pages."""
    recorder = Recorder()
    async with (
        Person(server.url, JIEUN, recorder) as jieun,
        Person(server.url, MINSU, recorder) as minsu,
    ):
        for person in (jieun, minsu):
            await person.sign_in()
        room = await jieun.create_room("사라지는 사람들")
        await minsu.join(room)
        async with LiveClient(jieun, server.socket_url, name="지은 before") as writer:
            await writer.subscribe(room)
            await asyncio.gather(*(writer.submit(room, f"{number} " * 200).answer for number in range(400)))
        await until_gone(server)
        yield Place(server, recorder, jieun, minsu, room)


def assert_no_fault_was_logged(server: ServerProcess) -> None:
    logged = server.logs()
    assert not any(fault in logged for fault in FAULTS_IN_LOG), logged[-6_000:]


async def assert_unharmed(place: Place) -> None:
    """Nothing is left of those who vanished, no fault was logged, and those who are there can chat."""
    await until_gone(place.server)
    async with (
        LiveClient(place.jieun, place.server.socket_url, name="지은 after") as jieun,
        LiveClient(place.minsu, place.server.socket_url, name="민수 after") as minsu,
    ):
        for device in (jieun, minsu):
            await device.subscribe(place.room)
        sent = await jieun.send(place.room, "are you still there?")
        await minsu.until_read(place.room, sent.seq)
        minsu.settled(place.room, sent.seq)
    async with httpx.AsyncClient(base_url=place.server.url, trust_env=False) as http:
        assert (await http.get("/readyz")).status_code == 200
    rows = await final_log([place.jieun, place.minsu], [place.room])
    violations = check(place.recorder.events, rows)
    assert not violations, report(violations)
    assert_no_fault_was_logged(place.server)


async def until_gone(server: ServerProcess) -> None:
    """The server holds no socket and no subscription any more."""
    async with asyncio.timeout(10):
        while await server.metric("pac_connections") or await server.metric("pac_subscriptions"):
            await asyncio.sleep(0.02)


async def a_moment(chance: random.Random) -> None:
    """Somewhere within the few milliseconds the server takes: this is the fault, not a way to wait for it."""
    await asyncio.sleep(chance.choice([0.0, 0.0005, 0.001, 0.002, 0.005]))


Doing = Callable[[Place, LiveClient], Awaitable[object]]


async def subscribing(place: Place, device: LiveClient) -> None:
    await device.subscribe(place.room, after=300)


async def reading_a_long_replay(place: Place, device: LiveClient) -> None:
    await device.subscribe(place.room, after=0)
    await device.until(lambda: (device.rooms[place.room].cursor or 0) > 20)


async def sending(place: Place, device: LiveClient) -> None:
    await device.subscribe(place.room)
    await asyncio.gather(*(device.submit(place.room, f"still here {number}").answer for number in range(30)))


async def asking_for_history(place: Place, device: LiveClient) -> None:
    await device.history(place.room, limit=100)


@pytest.mark.parametrize(
    "doing",
    [subscribing, reading_a_long_replay, sending, asking_for_history],
    ids=lambda doing: doing.__name__,
)
async def test_somebody_who_vanishes_in_the_middle_leaves_nothing_behind(place: Place, doing: Doing) -> None:
    chance = random.Random(f"{SEED}{doing.__name__}")
    for number in range(VANISHINGS):
        device = LiveClient(place.minsu, place.server.socket_url, name=f"민수 {number}", resumes=False)
        await device.start()
        task = asyncio.get_running_loop().create_task(doing(place, device))  # type: ignore[arg-type]
        await a_moment(chance)
        device.vanish()
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await task
        await device.close()
    await assert_unharmed(place)


async def test_a_message_that_was_under_way_when_its_sender_vanished_is_there_once_or_not_at_all(
    place: Place,
) -> None:
    """민수 never hears of it; sent again from elsewhere under the same cid it is there once."""
    chance = random.Random(SEED)
    for number in range(VANISHINGS):
        device = LiveClient(place.minsu, place.server.socket_url, name=f"민수 {number}", resumes=False)
        await device.start()
        await device.subscribe(place.room)
        device.submit(place.room, f"lost? {number}", cid=f"lost-{number}")
        await a_moment(chance)
        device.vanish()
        await device.close()
    async with LiveClient(place.minsu, place.server.socket_url, name="민수 again") as again:
        await again.subscribe(place.room)
        for number in range(VANISHINGS):
            await again.send(place.room, f"lost? {number}", cid=f"lost-{number}")
    rows = await place.minsu.log(place.room)
    found = [row.body for row in rows if row.type != SYSTEM and row.body.startswith("lost?")]
    assert sorted(found) == sorted(f"lost? {number}" for number in range(VANISHINGS))
    await assert_unharmed(place)


@pytest.mark.parametrize("said", SAID_AT_THE_DOOR.values(), ids=SAID_AT_THE_DOOR.keys())
async def test_somebody_who_vanishes_at_the_door_leaves_nothing_behind(place: Place, said: bytes) -> None:
    chance = random.Random(SEED)
    for _ in range(VANISHINGS):
        knocking = sockets.create_connection(("127.0.0.1", place.server.web_port))
        knocking.sendall(said)
        await a_moment(chance)
        knocking.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        knocking.close()
    await assert_unharmed(place)


async def test_requests_that_are_given_up_change_everything_or_nothing(place: Place) -> None:
    """Ada gives up while joining and leaving: the log tells of both in turns, and the room counts as it tells."""
    chance = random.Random(SEED)
    async with Person(place.server.url, ADA, Recorder()) as ada:
        await ada.sign_in()
        for _ in range(VANISHINGS):
            for change in (ada.join, ada.leave):
                task = asyncio.get_running_loop().create_task(change(place.room))
                await a_moment(chance)
                task.cancel()
                with suppress(asyncio.CancelledError, httpx.HTTPStatusError):
                    await task

    async def told() -> list[str]:
        return [row.body for row in await place.jieun.log(place.room) if row.member == ada.id]

    async with asyncio.timeout(10):
        while (await place.jieun.room(place.room))["roomMembersCount"] != 2 + len(await told()) % 2:
            await asyncio.sleep(0.05)
    bodies = await told()
    assert bodies, "everything was given up before it began"
    assert all(one != other for one, other in pairwise(bodies))
    await assert_unharmed(place)


async def test_files_and_memory_of_those_who_vanished_are_given_back(place: Place) -> None:
    def held() -> int:
        return len(list(Path(f"/proc/{place.server.pid}/fd").iterdir()))

    before = held()
    chance = random.Random(SEED)
    for number in range(VANISHINGS * 3):
        device = LiveClient(place.minsu, place.server.socket_url, name=f"민수 {number}", resumes=False)
        await device.start()
        device.submit(place.room, "not subscribed")
        await a_moment(chance)
        device.vanish()
        await device.close()
    await until_gone(place.server)
    assert held() <= before + 10
    await assert_unharmed(place)
