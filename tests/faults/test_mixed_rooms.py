"""A mixed soak: whatever happens in rooms at once, the record is clean, and what each client has put together from
frames is what a fresh load gives to the same member.

PAC_SOAK_SECONDS=60 is the full one, with 50 members; without it a short one. A run prints its seed and what has
happened by kind, and one in which too little happened has shown nothing and fails.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.fresh_load import compare
from tests.faults.mixed_rooms import Chat, Host, Talker, talk
from tests.history.checker import check, report
from tests.history.model import LogRow
from tests.history.recorder import Recorder, figures
from tests.second.client import Client
from tests.second.recording import Recording
from tests.second.rest import Account
from tests.support.server import ServerProcess, running_server

SECONDS = float(os.environ.get("PAC_SOAK_SECONDS", "8"))
SEED = int(os.environ.get("PAC_TEST_SEED", "20261123"))
MEMBERS = 50 if SECONDS >= 60 else 20
"""The short run is spared thirty accounts: their passwords alone would take longer than it."""
ROOMS = 5
PACE_S = 1.0
SIGNING_AT_ONCE = 2

LEAST = {
    "send": 40, "join": 10, "exit": 3, "kick": 2, "ban": 2, "timed_ban": 2, "lapse": 2, "unban": 2, "role": 3,
    "rename": 1, "visibility": 2, "delete": 3, "read": 3, "cut": 3,
}  # fmt: skip
"""In 8 s; a longer run owes as many times more, and a run that did less has shown nothing."""

pytestmark = [pytest.mark.timeout(240 + 3 * SECONDS), pytest.mark.req("7.8")]


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[tuple[Chat, list[Host]]]:
    """Members on a device each, and five rooms with an owner each, where a few are in from the start."""
    chance = random.Random(SEED)
    recorder = Recorder()
    signing = asyncio.Semaphore(SIGNING_AT_ONCE)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(tmp_path))
        accounts = await asyncio.gather(
            *(_sign_up(stack, server, f"member{number}", signing) for number in range(MEMBERS))
        )
        talkers = []
        for account in accounts:
            recording = Recording(recorder, account.username, account.id)
            client = Client(account, server.socket_url, jitter_s=(0.05, 0.5), watch=recording)
            talkers.append(Talker(account, await stack.enter_async_context(client), recording))
        chat = Chat(recorder, talkers, PACE_S)
        hosts = []
        for number, owner in enumerate(talkers[:ROOMS]):
            room = await owner.account.create_room(f"방 {number}")
            await owner.client.subscribe(room)
            hosts.append(Host(chat, owner, room, random.Random(f"{SEED} host {number}")))
        for talker in talkers:
            for host in chance.sample(hosts, 2):
                if host.owner is not talker:
                    await host.let_in(talker)
        yield chat, hosts


async def _sign_up(
    stack: AsyncExitStack, server: ServerProcess, username: str, signing: asyncio.Semaphore
) -> Account:
    account = await stack.enter_async_context(Account(server.url, username))
    async with signing:
        await account.sign_up(username.title())
        await account.sign_in()
    return account


async def test_every_picture_equals_a_fresh_load_when_all_has_become_quiet(
    chat: tuple[Chat, list[Host]],
) -> None:
    crowd, hosts = chat
    until = asyncio.get_running_loop().time() + SECONDS
    async with asyncio.TaskGroup() as tasks:
        for host in hosts:
            tasks.create_task(host.run(until))
        for talker in crowd.talkers:
            tasks.create_task(talk(crowd, talker, until, random.Random(f"{SEED} {talker.account.username}")))

    rows: dict[tuple[str, int], LogRow] = {}
    faults: list[str] = []
    for host in hosts:
        faults += await compare(crowd, host, rows)
    found = figures(crowd.recorder.events)
    print(
        f"\nmixed rooms: seed={SEED} seconds={SECONDS:g} members={MEMBERS} rooms={ROOMS} {found}"
        f" done={_shown(crowd.done)} refused={_shown(crowd.refused)}"
    )

    violations = check(crowd.recorder.events, list(rows.values()))
    assert not violations, report(violations)
    assert not faults, f"{len(faults)} pictures differ from a fresh load:\n" + "\n".join(faults[:10])
    assert all(rows[place].is_deleted for place in crowd.emptied)
    assert found.acks >= crowd.done["send"]
    few = {kind: crowd.done[kind] for kind, least in LEAST.items() if crowd.done[kind] < least * SECONDS / 8}
    assert not few, f"too little happened for this run to show anything: {few}"


def _shown(counted: Counter[str]) -> str:
    return "{" + " ".join(f"{kind}={counted[kind]}" for kind in sorted(counted)) + "}"
