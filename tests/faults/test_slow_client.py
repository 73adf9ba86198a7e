"""Readers that stop reading while others write megabytes: memory is bounded, nobody else waits, nothing is missing.

A reader that goes on comes back without a hole, in place or by resuming (PROTOCOL promise 3); one that stays stuck is
cut off: tests/live/test_siege.py. `make test-faults` uses the full number of readers.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.history.checker import check, report
from tests.history.recorder import Recorder, figures
from tests.support.client import LiveClient, Person, final_log
from tests.support.people import ADA, JIEUN, MINSU
from tests.support.server import ServerProcess, running_server

SLOW = 200 if int(os.environ.get("PAC_TEST_ROUNDS", "2")) >= 20 else 20
QUEUE_BYTES = 1_048_576
RSS_PER_SLOW = 1.5 * QUEUE_BYTES
RSS_SLACK = 24 * 1_048_576
"""What the server's own caches grow by while ten megabytes are written, whoever reads them."""
BODY = "느린 " * 1_300
MESSAGES = 900
WINDOW = 50
COMES_BACK_WITHIN_S = 60.0 + SLOW
"""All of them, read by one Python process: eight megabytes each."""
RECEIVE_BUFFER = 8_192

pytestmark = [pytest.mark.timeout(600), pytest.mark.req("3.11", "7.1")]


@dataclass(slots=True)
class Hall:
    """지은 writes, 민수 reads as fast as it comes, Ada's devices are the slow ones."""

    server: ServerProcess
    recorder: Recorder
    people: list[Person]
    writer: LiveClient
    reader: LiveClient
    slow: list[LiveClient]
    room: str


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    recorder = Recorder()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path))
        people = []
        for persona in (JIEUN, MINSU, ADA):
            person = await stack.enter_async_context(Person(server.url, persona, recorder))
            people.append(await (await person.sign_up()).sign_in())
        jieun, minsu, ada = people
        room = await jieun.create_room("강당")
        await minsu.join(room)
        await ada.join(room)
        writer = await stack.enter_async_context(LiveClient(jieun, server.socket_url, keeps=False))
        reader = await stack.enter_async_context(LiveClient(minsu, server.socket_url, keeps=False))
        slow = [
            LiveClient(
                ada,
                server.socket_url,
                name=f"Ada {number}",
                keeps=False,
                receive_buffer=RECEIVE_BUFFER,
            )
            for number in range(SLOW)
        ]
        for device in (writer, reader):
            await device.subscribe(room, after=0)
        yield Hall(server, recorder, people, writer, reader, slow, room)
        for device in slow:
            await device.close()


async def enter(hall: Hall, devices: list[LiveClient]) -> None:
    for device in devices:
        await device.start()
        await device.subscribe(hall.room)


async def write(hall: Hall, messages: int) -> list[float]:
    """Write so many, a window at a time; how long each took to reach the fast reader, seconds, ascending."""
    took: list[float] = []

    async def one() -> None:
        begun = time.perf_counter()
        sent = await hall.writer.send(hall.room, BODY)
        await hall.reader.until_read(hall.room, sent.seq, within_s=30)
        took.append(time.perf_counter() - begun)

    for _ in range(messages // WINDOW):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WINDOW):
                tasks.create_task(one())
    return sorted(took)


def p99(took: list[float]) -> float:
    return took[int(len(took) * 0.99) - 1]


async def peak_rss(server: ServerProcess, until: asyncio.Event) -> int:
    peak = server.rss_bytes()
    while not until.is_set():
        peak = max(peak, server.rss_bytes())
        await asyncio.sleep(0.05)
    return peak


async def judged(hall: Hall) -> None:
    rows = await final_log(hall.people[:1], [hall.room])
    violations = check(hall.recorder.events, rows)
    assert not violations, report(violations)


@pytest.mark.row("promise 3 slow", "limit queue")
async def test_readers_that_stop_cost_bounded_memory_and_come_back_complete(hall: Hall) -> None:
    alone = await write(hall, MESSAGES // 3)
    await enter(hall, hall.slow)
    before = hall.server.rss_bytes()
    for device in hall.slow:
        device.pause()
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(peak_rss(hall.server, done))
        crowded = await write(hall, MESSAGES)
        done.set()
    grown = watching.result() - before
    overflows = await hall.server.metric("pac_outbox_overflows_total")
    for device in hall.slow:
        device.resume()
    top = hall.reader.rooms[hall.room].cursor or 0
    for device in hall.slow:
        await device.until_read(hall.room, top, within_s=COMES_BACK_WITHIN_S)
        device.settled(hall.room, top)
    print(
        f"\nslow readers: {SLOW}, {figures(hall.recorder.events)} overflows={overflows:.0f} "
        f"rss +{grown / 1_048_576:.0f} MiB, p99 {p99(alone) * 1_000:.0f} → {p99(crowded) * 1_000:.0f} ms, "
        f"reconnected {sum(device.connections > 1 for device in hall.slow)}"
    )
    await judged(hall)
    assert overflows >= SLOW, "the readers were not slow enough for anything to overflow"
    assert grown <= SLOW * RSS_PER_SLOW + RSS_SLACK
    assert p99(crowded) <= max(1.0, 2 * p99(alone)), "the others had to wait for the slow ones"
