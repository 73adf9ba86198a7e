"""Connections are taken one at a time, in their turn at the door; the rest wait in the kernel."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from pac.http import acceptor
from pac.http.acceptor import Acceptor, backlog
from pac.http.door import Door
from pac.http.server import listen

MANY = 40


class Rig:
    """A listening socket, strangers who have connected to it, and whoever was let in."""

    def __init__(self, tasks: asyncio.TaskGroup, listener: socket.socket) -> None:
        self.listener = listener
        self.tasks = tasks
        self.door = Door()
        self.inside: list[asyncio.BaseTransport] = []
        self.strangers: list[socket.socket] = []

    def storm(self, count: int) -> None:
        for _ in range(count):
            self.strangers.append(socket.create_connection(self.listener.getsockname()))

    def open(self, listener: socket.socket | None = None) -> Acceptor:
        rig = self

        class Guest(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                rig.inside.append(transport)

        return Acceptor(listener or self.listener, self.door, Guest, self.tasks)

    async def until_inside(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.inside) < count:
                await asyncio.sleep(0)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listen("127.0.0.1", 0, "PAC_WEB_PORT"))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        rig = Rig(tasks, listener)
        yield rig
        for stranger in rig.strangers:
            stranger.close()
        for transport in rig.inside:
            transport.close()


async def test_all_who_came_are_let_in_a_few_at_a_time(rig: Rig) -> None:
    rig.storm(MANY)
    assert backlog(rig.listener) == MANY
    left: list[int] = []
    taking = Acceptor._take

    def counted(self: Acceptor) -> None:
        taking(self)
        left.append(backlog(rig.listener))

    opened = rig.open()
    opened._take = lambda: counted(opened)  # type: ignore[method-assign]
    await rig.until_inside(MANY)
    async with asyncio.timeout(5):
        while len(rig.door):
            await asyncio.sleep(0)
    assert left[:-1] == list(range(MANY - 1, -1, -1))
    opened.close()


async def test_what_else_waits_at_the_door_has_its_turn_between_two_of_them(rig: Rig) -> None:
    rig.storm(MANY)
    opened = rig.open()
    behind: list[int] = []

    def look() -> None:
        behind.append(backlog(rig.listener))
        if behind[-1]:
            rig.door.ask(look)

    async with asyncio.timeout(5):
        while not len(rig.door):
            await asyncio.sleep(0)
    rig.door.ask(look)
    await rig.until_inside(MANY)
    assert all(before - after <= 1 for before, after in pairwise(behind))
    assert len(behind) >= MANY - 1
    opened.close()


async def test_closed_it_takes_nobody_and_leaves_those_who_are_in(rig: Rig) -> None:
    rig.storm(2)
    opened = rig.open()
    await rig.until_inside(2)
    opened.close()
    opened.close()
    await opened.wait_closed()
    rig.storm(3)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(rig.inside) == 2
    assert backlog(rig.listener) == 3
    assert not any(transport.is_closing() for transport in rig.inside)


async def test_without_a_file_for_one_more_it_rests_and_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "RESTS_S", 0.01)

    class Poor(socket.socket):
        refusals = 3

        def accept(self) -> tuple[socket.socket, object]:
            if self.refusals:
                self.refusals -= 1
                raise OSError(errno.EMFILE, "Too many open files")
            return super().accept()

    poor = Poor(fileno=rig.listener.detach())
    rig.listener = poor
    rig.storm(2)
    with capture_logs() as lines:
        opened = rig.open(poor)
        await rig.until_inside(2)
    assert [line["event"] for line in lines] == ["http.not_accepted"] * 3
    opened.close()
    poor.close()


async def test_one_that_went_away_while_it_waited_does_no_harm(rig: Rig) -> None:
    rig.storm(3)
    for stranger in rig.strangers[:2]:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        stranger.close()
    opened = rig.open()
    rig.storm(1)
    await rig.until_inside(2)
    assert await asyncio.to_thread(rig.strangers[-1].send, b"hello") == 5
    opened.close()
