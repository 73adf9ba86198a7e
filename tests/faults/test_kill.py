"""The server is killed while people write: what was acked is there, once, and the numbers go on (F4).

`make test-faults` runs PAC_TEST_ROUNDS of it; each round prints its seed and its figures. A round in which too
little was acked, or whose kill hit an idle server, has shown nothing and fails.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.history.checker import check, report
from tests.history.model import SYSTEM, Ack
from tests.history.recorder import Recorder, figures
from tests.support.client import LiveClient, Person, Unanswered, final_log
from tests.support.people import crowd
from tests.support.server import ServerProcess, running_server

ROUNDS = int(os.environ.get("PAC_TEST_ROUNDS", "2"))
SEED = int(os.environ.get("PAC_TEST_SEED", "20261123"))
SENDS = 2_000
ACKS_MIN = 1_000
PEOPLE = 6
ROOMS = 4
WINDOW = 12
"""Messages a device has under way at once."""
HEALS_WITHIN_S = 60.0

pytestmark = [pytest.mark.timeout(240), pytest.mark.req("7.1", "7.5", "7.8", "7.9")]


@dataclass(slots=True)
class Chat:
    """People on their devices, in rooms; everything they see is in one record."""

    server: ServerProcess
    recorder: Recorder
    people: list[Person]
    devices: list[LiveClient]
    rooms: list[str]

    def acks(self) -> int:
        return sum(isinstance(event, Ack) for event in self.recorder.events)


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    """Six people, two of them on two devices, all in the same four rooms and reading them from the start."""
    recorder = Recorder()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path))
        people = []
        for persona in crowd(PEOPLE):
            person = await stack.enter_async_context(Person(server.url, persona, recorder))
            people.append(await (await person.sign_up()).sign_in())
        rooms = [await people[0].create_room(f"방 {number}") for number in range(ROOMS)]
        for person in people[1:]:
            for room in rooms:
                await person.join(room)
        devices = [LiveClient(person, server.socket_url) for person in people]
        devices += [
            LiveClient(person, server.socket_url, name=f"{person.persona.nickname} (phone)")
            for person in people[:2]
        ]
        for device in devices:
            await stack.enter_async_context(device)
            await device.subscribe(*rooms, after=0)
        yield Chat(server, recorder, people, devices, rooms)


async def write(chat: Chat, device: LiveClient, messages: int, chance: random.Random) -> list[Unanswered]:
    """Say something again and again, a window's worth at a time; returns when everything is answered."""
    sent: list[Unanswered] = []
    for number in range(messages):
        while sum(not one.answer.done() for one in sent[-WINDOW:]) >= WINDOW:
            await asyncio.wait(
                [one.answer for one in sent[-WINDOW:] if not one.answer.done()],
                return_when=asyncio.FIRST_COMPLETED,
            )
        body = f"{device.name} {number} " + "가나다 " * chance.choice([0, 1, 10, 100])
        sent.append(device.submit(chance.choice(chat.rooms), body.strip()))
        if chance.random() < 0.003:
            device.cut()
        await asyncio.sleep(0)
    await asyncio.gather(*(one.answer for one in sent))
    return sent


async def kill_in_the_middle(chat: Chat, writing: list[asyncio.Task[list[Unanswered]]], at_acks: int) -> int:
    """Kill -9 after so many acks, with messages under way, and start again. How many were under way."""
    while chat.acks() < at_acks:
        assert not all(task.done() for task in writing), "everything was written before the kill"
        await asyncio.sleep(0.005)
    seen = figures(chat.recorder.events)
    chat.server.kill9()
    await chat.server.restart()
    return seen.ops - seen.acks


@pytest.mark.row("promise 1", "promise 2", "promise 3")
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_nothing_acked_is_lost_when_the_server_is_killed(chat: Chat, number: int) -> None:
    seed = SEED + number
    chance = random.Random(seed)
    pid = chat.server.pid
    async with asyncio.timeout(HEALS_WITHIN_S), asyncio.TaskGroup() as tasks:
        writing = [
            tasks.create_task(
                write(chat, device, SENDS // len(chat.devices), random.Random(f"{seed}{index}"))
            )
            for index, device in enumerate(chat.devices)
        ]
        killed = tasks.create_task(kill_in_the_middle(chat, writing, chance.randint(400, 1_400)))
    under_way = killed.result()
    sent = [one for task in writing for one in task.result()]

    rows = await final_log(chat.people, chat.rooms)
    for room in chat.rooms:
        top = max(row.seq for row in rows if row.room == room)
        for device in chat.devices:
            await device.until_read(room, top)
            device.settled(room, top)
    found = figures(chat.recorder.events)
    print(f"\nkill -9: seed={seed} {found} under_way_at_the_kill={under_way}")

    violations = check(chat.recorder.events, rows)
    assert not violations, report(violations)
    assert found.acks >= ACKS_MIN, "too little was acked for this run to show anything"
    assert chat.server.pid != pid
    assert under_way > 0, "the kill hit nothing"
    assert found.ops == found.acks == len(sent)
    assert sum(row.type != SYSTEM for row in rows) == found.ops


@pytest.mark.row("promise 2", "send dup", "send cid")
async def test_a_resend_after_a_kill_gets_its_first_number_again(chat: Chat) -> None:
    """지은's acks were lost with the server; what she sends again is not stored again."""
    jieun, room = chat.devices[0], chat.rooms[0]
    first = [await jieun.send(room, f"안녕 {number}", cid=f"hello-{number}") for number in range(20)]
    chat.server.kill9()
    await chat.server.restart()
    await jieun.until(lambda: jieun.connections == 2)
    again = [await jieun.send(room, f"안녕 {number}", cid=f"hello-{number}") for number in range(20)]
    assert [sent.seq for sent in again] == [sent.seq for sent in first]
    assert all(sent.dup for sent in again)
    rows = await final_log(chat.people, [room])
    assert [row.body for row in rows if row.type != SYSTEM] == [f"안녕 {number}" for number in range(20)]
    assert check(chat.recorder.events, rows + await final_log(chat.people, chat.rooms[1:])) == []


@pytest.mark.row("send cid", "send dup")
async def test_ten_sockets_that_send_one_cid_at_once_store_one_message(chat: Chat) -> None:
    ada, room = chat.people[3], chat.rooms[0]
    async with AsyncExitStack() as stack:
        tabs = [
            await stack.enter_async_context(
                LiveClient(ada, chat.server.socket_url, name=f"Ada's tab {number}")
            )
            for number in range(10)
        ]
        for tab in tabs:
            await tab.subscribe(room)
        answers = [tab.submit(room, "only once", cid="once").answer for tab in tabs]
        sent = await asyncio.gather(*answers)
    assert len({one.seq for one in sent}) == 1
    assert sum(not one.dup for one in sent) == 1
    rows = await final_log(chat.people, chat.rooms)
    assert [row.body for row in rows if row.type != SYSTEM] == ["only once"]
    assert check(chat.recorder.events, rows) == []
