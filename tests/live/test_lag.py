"""A node that is late with its own work takes nobody new in, and lets those who are in go on (PROTOCOL §3, 4011)."""

import asyncio
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pac.live.connection import State
from pac.live.lag import note_lag
from tests.fuzz.conftest import Line, World, open_world
from tests.fuzz.mutation import WireFrame
from tests.fuzz.observer import Observer

TEXT = 1


async def greet(world: World) -> Line:
    line = Line(world, Observer({world.places["$room"]}, world.secrets))
    line.feed([WireFrame(TEXT, b'{"op":"hello","id":"1","token":"%s"}' % world.places["$token"].encode())])
    await world.settle()
    return line


@pytest.mark.row("close 4011")
@pytest.mark.parametrize(("late_s", "turns"), [(0.6, 9), (1.0, 4), (60.0, 4)])
async def test_an_overloaded_node_refuses_who_comes_and_keeps_who_is_in(
    tmp_path: Path, late_s: float, turns: int
) -> None:
    with capture_logs() as lines:
        async with open_world(tmp_path, 1) as world:
            inside = await greet(world)
            for _ in range(turns - 1):
                note_lag(world.node, late_s)
            welcome = await greet(world)
            assert welcome.connection.state is State.OPEN, "late, but not for long enough"
            note_lag(world.node, late_s)
            refused = await greet(world)
            assert dict(refused.observer.closes) == {4011: 1}
            inside.feed([WireFrame(TEXT, b'{"op":"ping","id":"2"}')])
            await world.settle()
            assert inside.connection.state is State.OPEN
            assert inside.observer.replies["pong"] == 1
            while world.node.is_overloaded:
                note_lag(world.node, 0.0)
            assert (await greet(world)).connection.state is State.OPEN
    said = [line["refusing"] for line in lines if "lag_ms" in line]
    assert said == [True, False], "said once when it begins and once when it ends"


async def test_a_loop_that_is_kept_busy_is_seen_to_be_late(tmp_path: Path) -> None:
    with capture_logs():
        async with open_world(tmp_path, 1) as world:
            deadline = asyncio.get_running_loop().time() + 20
            while not world.node.is_overloaded and asyncio.get_running_loop().time() < deadline:
                time.sleep(0.9)
                await asyncio.sleep(0)
            assert world.node.is_overloaded


@pytest.mark.req("3.12")
async def test_an_overloaded_node_refuses_new_sockets_before_101(tmp_path: Path) -> None:
    with capture_logs():
        async with open_world(tmp_path, 1) as world:
            assert world.node.sockets.refusal("192.0.2.1") is None
            while not world.node.is_overloaded:
                note_lag(world.node, 1.0)
            refused = world.node.sockets.refusal("192.0.2.1")
            assert refused is not None
            assert refused.status == 503
            assert dict(refused.headers)["Retry-After"]
            while world.node.is_overloaded:
                note_lag(world.node, 0.0)
            assert world.node.sockets.refusal("192.0.2.1") is None
