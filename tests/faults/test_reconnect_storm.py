"""Everybody comes back at once, each with messages missed: no hole, no repeat, and no query for each of them.

`make test-faults` runs it at full size (PAC_TEST_STORM). Whether it is fast is for `pac bench`; here is whether
it is right, and that what the stores are asked does not grow with the crowd.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pac.accounts.model import AppRole, Member, MemberId
from pac.accounts.sessions import Session, session_key, token_key
from pac.adapters.relational.engine import SqlDatabase
from pac.adapters.relational.migrations import migrate
from pac.adapters.relational.sessions import SqlSessions
from pac.adapters.relational.sqlite_file import sqlite_url
from pac.clock import HOUR_MS, Instant, SystemClock
from pac.rooms.model import Membership, Room, RoomId, RoomMemberStatus, RoomPublic, RoomRole, RoomStatus
from pac.transactions import Listeners
from tests.history.checker import check, report
from tests.history.recorder import Recorder
from tests.support.client import LiveClient, Person, final_log
from tests.support.people import Persona, crowd
from tests.support.server import ServerProcess, running_server

CLIENTS = int(os.environ.get("PAC_TEST_STORM", "300"))
MISSED = 20
QUERIES = ("tokens", "holders", "rows", "reached", "pages")
BACK_WITHIN_S = 90.0

pytestmark = [pytest.mark.timeout(300), pytest.mark.req("7.1", "7.8")]


class Guest(Person):
    """Somebody whose account and token were made in the store: 300 sign-ups would be 300 Argon2 computations."""

    def __init__(self, url: str, persona: Persona, recorder: Recorder, number: int) -> None:
        super().__init__(url, persona, recorder)
        self.id = f"member-{number}"
        self.token = f"live token {number}"
        self._bear(self.token)

    async def live_token(self) -> str:
        return self.token


@dataclass(slots=True)
class Storm:
    server: ServerProcess
    recorder: Recorder
    people: list[Guest]
    rooms: list[str]
    devices: list[LiveClient]

    def of(self, room: str) -> Sequence[LiveClient]:
        return [
            device
            for number, device in enumerate(self.devices)
            if self.rooms[number % len(self.rooms)] == room
        ]

    async def queries(self) -> dict[str, float]:
        return {what: await self.server.metric("pac_queries_total", f'what="{what}"') for what in QUERIES}


async def furnish(server: ServerProcess, people: Sequence[Guest], rooms: Sequence[str]) -> None:
    """Accounts, sessions, tokens and memberships, as the server would have made them one by one."""
    await asyncio.to_thread(migrate, sqlite_url(server.data))
    database, now = SqlDatabase(sqlite_url(server.data), Listeners()), SystemClock().now()
    sessions = SqlSessions(database)
    async with database.writing() as tx:
        for person in people:
            persona = person.persona
            member = Member(MemberId(person.id), persona.username, persona.nickname, AppRole.ROLE_USER, now)
            await tx.accounts.add(member, None)
        for room in rooms:
            await tx.rooms.add(
                Room(
                    RoomId(room), room, "", None, 10_000, RoomPublic.AVAILABLE, RoomStatus.ALIVE,
                    MemberId(people[0].id), now,
                )
            )  # fmt: skip
        for number, person in enumerate(people):
            # The first one is in every room: it says what the others miss.
            for room in rooms if number == 0 else [rooms[number % len(rooms)]]:
                role = RoomRole.MEMBER if number else RoomRole.SYSOP
                await tx.rooms.save_membership(
                    Membership(
                        RoomId(room), MemberId(person.id), person.persona.nickname, role,
                        RoomMemberStatus.ALIVE, now,
                    )
                )  # fmt: skip
    for person in people:
        key = session_key(person.id)
        await sessions.add(Session(key, MemberId(person.id), now, now, "192.0.2.0/24", "a test"))
        await sessions.add_token(token_key(person.token), key, Instant(now + HOUR_MS))
    await database.close()


@asynccontextmanager
async def gathered(folder: Path, rooms: int) -> AsyncIterator[Storm]:
    recorder = Recorder()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_server(folder, LIMIT_UNGREETED=10_000, LIMIT_UNGREETED_PER_ADDRESS=10_000)
        )
        people = [
            await stack.enter_async_context(Guest(server.url, persona, recorder, number))
            for number, persona in enumerate(crowd(CLIENTS))
        ]
        names = [f"room-{number}" for number in range(rooms)]
        assert await server.stop() == 0
        await furnish(server, people, names)
        await server.restart()
        devices = [LiveClient(person, server.socket_url) for person in people]
        found = Storm(server, recorder, people, names, devices)
        async with asyncio.timeout(BACK_WITHIN_S):
            for device in devices:
                await stack.enter_async_context(device)
            await asyncio.gather(
                *(
                    device.subscribe(*(names if number == 0 else [names[number % rooms]]), after=0)
                    for number, device in enumerate(devices)
                )
            )
        yield found


async def come_back(storm: Storm, *, killed: bool) -> dict[str, float]:
    """Everybody but the first loses its socket, and misses what is said meanwhile; what the stores were asked."""
    speaker, others = storm.devices[0], storm.devices[1:]
    connections = [device.connections for device in others]
    for device in others:
        device.away()
    for room in storm.rooms:
        for number in range(MISSED):
            await speaker.send(room, f"{room}: {number}")
    if killed:
        storm.server.kill9()
        await storm.server.restart()
        await speaker.until(lambda: speaker.connections > 1)
    before = await storm.queries()
    async with asyncio.timeout(BACK_WITHIN_S):
        for device in others:
            device.back()
        tops = {room: speaker.rooms[room].cursor for room in storm.rooms}
        for room, top in tops.items():
            for device in storm.of(room):
                await device.until_read(room, top)
    assert all(device.connections > was for device, was in zip(others, connections, strict=True))
    after = await storm.queries()
    return {what: after[what] - before[what] for what in QUERIES}


@pytest.mark.row("promise 1", "promise 3", "subscribe replay")
@pytest.mark.parametrize("killed", [False, True], ids=["dropped", "killed"])
@pytest.mark.parametrize("rooms", [1, 10])
async def test_a_crowd_that_comes_back_misses_nothing_and_asks_for_few(
    tmp_path: Path, rooms: int, killed: bool
) -> None:
    async with gathered(tmp_path, rooms) as storm:
        asked = await come_back(storm, killed=killed)
        rows = await final_log(storm.people[:1], storm.rooms)
        violations = check(storm.recorder.events, rows)
        print(f"\nstorm: clients={CLIENTS} rooms={rooms} killed={killed} queries={asked}")
    assert not violations, report(violations)
    assert asked["pages"] <= 2 * rooms, "the log is read once for all who wait for a room"
    if not killed:
        assert asked["pages"] == 0, "what was handed out lately is at hand"
    assert max(asked.values()) <= CLIENTS / 2, "many are asked for at once"
