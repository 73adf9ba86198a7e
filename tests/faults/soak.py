"""A soak: people talk, come and go, strangers pass by and a few abuse it, hour after hour; and nothing grows.

Not among the tests that `make test` collects, because only its length makes it one: `make soak` runs it for an hour
(SECONDS=3600) on a process of its own, `make ci` for two minutes beside everything else. Limits are the product's own,
but for how many may sign up from one address.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.strangers import Strangers
from tests.faults.vital_signs import Growth, Watch, growth, open_files
from tests.history.checker import check, report
from tests.history.recorder import Figures, Recorder, figures
from tests.live.conftest import House
from tests.support.client import LiveClient, Person, SendRefused, final_log
from tests.support.people import crowd
from tests.support.server import OWN_LIMITS, SOAKED, ServerProcess, running_server

SECONDS = float(os.environ.get("PAC_SOAK_SECONDS", "120"))
SEED = int(os.environ.get("PAC_TEST_SEED", "20261123"))
WARM_AFTER_S = max(40.0, SECONDS / 6)
"""Until then caches fill, and one of every kind of answer has been given."""
REGULARS = 12
ROOMS = 3
PACE_S = 3.0
VISIT_EVERY_S = 1.0
ABUSE_EVERY_S = 3.0
COME_BACK_EVERY_S = 10.0
RSS_PER_HOUR = 2**20
RSS_NOISE = 3 * 2**20
"""What the line may gain in any run, however short: the arenas of the interpreter and of malloc fill for minutes."""
SPREAD = 3
"""Files and tasks may be so many more in the last stretch than in the first: as chance has it, not as a trend."""
RENEWED_EVERY_S = 60.0
AT_REST_WITHIN_S = 60.0
ANSWERED_WITHIN_S = 30.0
pytestmark = [pytest.mark.timeout(300 + 2 * SECONDS)]


@dataclass(slots=True)
class Party:
    """`done`: what has happened, by kind."""

    server: ServerProcess
    house: House
    recorder: Recorder
    people: list[Person]
    devices: list[LiveClient]
    rooms: list[str]
    strangers: Strangers
    at_rest: tuple[int, int]
    done: Counter[str] = field(default_factory=Counter)


def at_home(rooms: list[str], number: int) -> list[str]:
    """The two rooms this regular is in."""
    return [rooms[number % ROOMS], rooms[(number + 1) % ROOMS]]


@pytest.fixture
async def party(tmp_path: Path) -> AsyncIterator[Party]:
    recorder = Recorder()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(tmp_path, program=SOAKED, LOG_JSON="1", **OWN_LIMITS)
        )
        people = []
        for persona in crowd(REGULARS):
            person = await stack.enter_async_context(Person(server.url, persona, recorder))
            people.append(await (await person.sign_up()).sign_in())
        rooms = [await people[number].create_room(f"방 {number}") for number in range(ROOMS)]
        for number, person in enumerate(people):
            for room in at_home(rooms, number):
                if rooms.index(room) != number:  # who made it is in it
                    await person.join(room)
        house = House(server)
        mallory = await house.person("mallory")
        places = {name: await mallory.create_room(name) for name in ("$room", "$other")}
        places |= {"$strange": rooms[0], "$hidden": rooms[1], "$token": await mallory.live_token()}
        strangers = Strangers(house, mallory, places, random.Random(f"{SEED} strangers"))
        at_rest = open_files(server), int(await server.metric("pac_tasks"))
        devices = [LiveClient(person, server.socket_url, keeps=False) for person in people]
        for number, device in enumerate(devices):
            await device.start()
            await device.subscribe(*at_home(rooms, number))
        yield Party(server, house, recorder, people, devices, rooms, strangers, at_rest)
        for device in devices:
            await device.close()
        await mallory.__aexit__()


async def talk(party: Party, device: LiveClient, until: float, chance: random.Random) -> None:
    """What somebody does who is at home here."""
    loop, number = asyncio.get_running_loop(), 0
    while loop.time() < until:
        await asyncio.sleep(chance.uniform(0, 2 * PACE_S))
        room = chance.choice(list(device.rooms))
        kind = chance.choices(
            ("send", "history", "typing", "presence", "read", "cut"), (60, 8, 10, 8, 10, 3)
        )[0]
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                match kind:
                    case "send":
                        number += 1
                        await device.send(room, f"{device.name} {number} " + "가" * chance.randrange(200))
                    case "history":
                        await device.history(room, limit=chance.randrange(1, 50))
                    case "typing":
                        await device.write_text(json.dumps({"op": "typing", "room": room, "on": True}))
                    case "presence":
                        await device.request("presence", room=room)
                    case "read":
                        seq = max(1, device.rooms[room].cursor or 1)
                        await device.write_text(json.dumps({"op": "read", "room": room, "seq": seq}))
                    case "cut":
                        device.cut()
        except (ConnectionError, AssertionError):
            party.done[f"{kind} while away"] += 1  # it was cut a moment ago and is on its way back
        except SendRefused as refused:
            party.done[f"send {refused.code}"] += 1
        else:
            party.done[kind] += 1
        device.frames.clear()


async def stay_signed_in(party: Party, until: float) -> None:
    """A live token opens sockets and REST for five minutes; each brings the next."""
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        for person in party.people:
            await person.live_token()
        await asyncio.sleep(min(RENEWED_EVERY_S, max(0.0, until - loop.time())))


async def come_back(party: Party, until: float, chance: random.Random) -> None:
    """Somebody signs in on one more device, reads what was missed, and signs out."""
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        await asyncio.sleep(chance.uniform(0, 2 * COME_BACK_EVERY_S))
        number = chance.randrange(REGULARS)
        async with Person(party.server.url, party.people[number].persona, party.recorder) as person:
            await person.sign_in()
            name = f"{person.persona.nickname} again {party.done['come back']}"
            async with LiveClient(person, party.server.socket_url, name=name, keeps=False) as device:
                await device.subscribe(party.rooms[number % ROOMS])
                await device.history(party.rooms[number % ROOMS], limit=100)
                await asyncio.sleep(chance.uniform(0, 3))
            await person.sign_out()
        party.done["come back"] += 1


async def pass_by(party: Party, until: float, chance: random.Random) -> None:
    """Strangers and abusers, several at a time; what they get is looked at by them."""
    loop = asyncio.get_running_loop()

    kinds = {**party.strangers.visits, **party.strangers.abuses}

    async def one(kind: str) -> None:
        await kinds[kind]()
        party.done[kind] += 1

    async def every(mean_s: float, among: list[str]) -> None:
        deck: list[str] = []
        async with asyncio.TaskGroup() as tasks:
            while loop.time() < until:
                await asyncio.sleep(chance.uniform(0, 2 * mean_s))
                deck = deck or chance.sample(among, len(among))
                tasks.create_task(one(deck.pop()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(every(VISIT_EVERY_S, list(party.strangers.visits)))
        tasks.create_task(every(ABUSE_EVERY_S, list(party.strangers.abuses)))


async def all_at_rest(party: Party) -> None:
    """When everybody has left, so has all that was held for them."""
    async with asyncio.timeout(AT_REST_WITHIN_S):
        while True:
            files, tasks = open_files(party.server), int(await party.server.metric("pac_tasks"))
            sockets = await party.server.metric("pac_connections")
            if sockets == 0 and files <= party.at_rest[0] and tasks <= party.at_rest[1]:
                return
            await asyncio.sleep(0.5)


async def soak(party: Party) -> Watch:
    until = asyncio.get_running_loop().time() + SECONDS
    watch = Watch(party.server)
    async with asyncio.TaskGroup() as watching:
        watcher = watching.create_task(watch.run())
        async with asyncio.TaskGroup() as tasks:
            for device in party.devices:
                tasks.create_task(talk(party, device, until, random.Random(f"{SEED} {device.name}")))
            tasks.create_task(stay_signed_in(party, until))
            tasks.create_task(come_back(party, until, random.Random(f"{SEED} again")))
            tasks.create_task(pass_by(party, until, random.Random(f"{SEED} pass by")))
        watcher.cancel()
    return watch


def errors_in(log: str) -> list[str]:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert lines, "the server has logged nothing"
    return [f"{line}" for line in lines if line["level"] in ("warning", "error", "critical")]


@pytest.mark.req("7.8")
async def test_after_all_of_it_nothing_has_grown_and_nothing_is_missing(party: Party) -> None:
    watch = await soak(party)
    for number, device in enumerate(party.devices):
        for room in at_home(party.rooms, number):
            top = (await party.people[number].log(room))[-1].seq
            await device.until_read(room, top)
            device.settled(room, top)
    rows = []
    for room in party.rooms:
        members = [
            person for number, person in enumerate(party.people) if room in at_home(party.rooms, number)
        ]
        rows += await final_log(members, [room])
    for device in party.devices:
        await device.close()
    await all_at_rest(party)

    warm = watch.warm(WARM_AFTER_S)
    rss = growth((reading.at, reading.rss_bytes) for reading in warm)
    files = growth((reading.at, reading.files) for reading in warm)
    tasks = growth((reading.at, reading.tasks) for reading in warm)
    found = figures(party.recorder.events)
    kinds = " ".join(f"{kind}={count}" for kind, count in sorted(party.done.items()))
    print(
        f"\nsoak: seed={SEED} seconds={SECONDS:g} {found} cpu={party.server.cpu_s():.0f}s\n"
        f"  rss {rss.least / 2**20:.1f}-{rss.most / 2**20:.1f} MiB, {rss.per_s * 3_600 / 2**20:+.2f} MiB/h "
        f"({rss.total / 2**20:+.2f} MiB in all), files {files.least:.0f}-{files.most:.0f} ({files.total:+.1f}), "
        f"tasks {tasks.least:.0f}-{tasks.most:.0f} ({tasks.total:+.1f}), at rest {party.at_rest}\n  {kinds}"
    )
    keep(found, rss, files, tasks, party)

    violations = check(party.recorder.events, rows)
    assert not violations, report(violations)
    assert errors_in(party.server.logs()) == []
    assert rss.total <= RSS_NOISE + RSS_PER_HOUR * rss.over_s / 3_600
    assert files.total <= SPREAD
    assert tasks.total <= SPREAD
    missing = {*party.strangers.visits, *party.strangers.abuses, "send", "cut", "come back"} - set(party.done)
    assert not missing, f"a run in which this never happened has shown nothing: {missing}"


def keep(found: Figures, rss: Growth, files: Growth, tasks: Growth, party: Party) -> None:
    """The figures, for docs/conformance, where PAC_SOAK_FIGURES says."""
    if "PAC_SOAK_FIGURES" not in os.environ:
        return
    Path(os.environ["PAC_SOAK_FIGURES"]).write_text(
        json.dumps(
            {
                "seed": SEED,
                "seconds": round(SECONDS),
                "messages_acked": found.acks,
                "worst_ack_ms": round(found.worst_ack_s * 1_000),
                "server_cpu_s": round(party.server.cpu_s()),
                "rss_mib": [round(rss.least / 2**20, 1), round(rss.most / 2**20, 1)],
                "rss_mib_per_hour": round(rss.per_s * 3_600 / 2**20, 2),
                "files": [round(files.least), round(files.most)],
                "tasks": [round(tasks.least), round(tasks.most)],
                "happened": dict(sorted(party.done.items())),
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
        encoding="utf-8",
    )
