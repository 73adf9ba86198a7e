"""Ten seeds of frames against the message service in this process (SECURITY 8.2): nothing breaks, leaks or stalls.

Ten thousand frames a seed; PAC_FUZZ_FRAMES says how many in all, and `make fuzz` sends ten million.
"""

import json
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pac.live.connection import State
from tests.fuzz.conftest import SECRETS, Line, World, open_world, rss_bytes
from tests.fuzz.mutation import PONG, TEXT, Mutator, WireFrame
from tests.fuzz.observer import CANARY, Observer

FRAMES = 10_000
SEEDS = range(20261101, 20261101 + max(10, int(os.environ.get("PAC_FUZZ_FRAMES", "0")) // FRAMES))
STALL_S = 0.100
RSS_BYTES = 20 * 2**20
REPLY_KINDS = 14
CLOSE_CODES = 6
ON_ONE_LINE = 400
BARE = 0.8
"""The part of the sockets whose commands are left out, for speed."""


@dataclass
class Run:
    """What came of one seed."""

    observer: Observer
    frames: int = 0
    lines: int = 0
    slowest_s: float = 0.0


async def fuzz(world: World, seed: int, frames: int) -> Run:
    run = Run(world.observer())
    chance = random.Random(seed)
    mutator = Mutator(seed, world.places)
    while run.frames < frames:
        line = Line(world, run.observer, bare=chance.random() < BARE)
        run.lines += 1
        leisurely = chance.random() < 0.85
        if chance.random() < 0.85:
            hello = b'{"op":"hello","id":"h","token":"%s"}' % world.places["$token"].encode()
            line.feed([WireFrame(TEXT, hello)])
            if chance.random() < 0.7:
                line.feed([WireFrame(TEXT, mutator.good("subscribe")) for _ in range(2)])
            await line.settle()
        budget = ON_ONE_LINE
        while not line.is_over and budget > 0 and run.frames < frames:
            for _ in range(chance.choice((1, 2, 4, 8))):
                step = mutator.step()
                budget -= len(step)
                run.frames += len(step)
                run.slowest_s = max(run.slowest_s, line.feed(step))
            await line.settle()
            world.clock.advance(ms=round(chance.expovariate(1 / (25_000 if leisurely else 30))))
            pings = run.observer.pings
            if not line.is_over:
                line.tick()
            if run.observer.pings > pings and chance.random() < 0.95:
                run.frames += 1
                line.feed([WireFrame(PONG, b"")])
        line.hang_up()
        if run.lines % 50 == 0:
            await world.say(world.victim, world.places["$hidden"], f"l{run.lines}", f"{CANARY} goes on")
    await world.settle()
    return run


async def still_correct(world: World) -> None:
    """An honest client is served, and what was there before is there as it was."""
    room, hidden = world.places["$room"], world.places["$hidden"]
    observer = Observer({room}, world.secrets)
    line = Line(world, observer)
    token = world.places["$token"].encode()
    for payload in (
        b'{"op":"hello","id":"1","token":"%s"}' % token,
        b'{"op":"subscribe","id":"2","rooms":[{"room":"%s"}]}' % room.encode(),
        b'{"op":"send","id":"3","room":"%s","cid":"honest","body":"still here"}' % room.encode(),
        b'{"op":"history","id":"4","room":"%s","limit":1}' % room.encode(),
    ):
        world.clock.advance(seconds=20)
        line.feed([WireFrame(TEXT, payload)])
        await world.settle()
    assert line.connection.state is State.OPEN
    assert {
        "welcome",
        "ok rooms",
        "room granted",
        "ok cid room seq ts",
        "message",
        "ok messages more room",
    } <= set(observer.replies)
    assert observer.faults == []
    line.hang_up()
    for place in (room, hidden, world.places["$strange"], world.places["$other"]):
        log = await world.log_of(place)
        assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
        ours = place in (room, world.places["$other"])
        assert {entry.member_id for entry in log} == {world.mallory.id if ours else world.victim.id}
    assert (await world.log_of(room))[-1].body == "still here"
    strange = [entry.body for entry in await world.log_of(world.places["$strange"]) if entry.type == "TEXT"]
    assert strange == [f"{CANARY} whispers {number}" for number in range(SECRETS)]
    assert len(world.node.sockets) == 0
    assert len(world.node.subscriptions) == 0


def keep(seed: int, run: Run, took_s: float, grown_bytes: int) -> None:
    """One line of JSON for `make fuzz`, where PAC_FUZZ_FIGURES says."""
    if "PAC_FUZZ_FIGURES" in os.environ:
        line = {
            "seed": seed,
            "frames": run.frames,
            "sockets": run.lines,
            "seconds": took_s,
            "slowest_read_s": run.slowest_s,
            "grown_bytes": grown_bytes,
            "closes": run.observer.closes,
            "replies": run.observer.replies,
        }
        with Path(os.environ["PAC_FUZZ_FIGURES"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@pytest.mark.req("8.2", "5.5")
@pytest.mark.parametrize("seed", SEEDS)
async def test_ten_thousand_frames_break_nothing(tmp_path: Path, seed: int) -> None:
    with capture_logs() as lines:
        async with open_world(tmp_path, seed) as world:
            await fuzz(world, seed + 1_000_000, 300)
            before = rss_bytes()
            began = time.perf_counter()
            run = await fuzz(world, seed, FRAMES)
            took = time.perf_counter() - began
            grown = rss_bytes() - before
            await still_correct(world)
    print(
        f"seed {seed}: {run.frames} frames on {run.lines} sockets, {run.frames / took:,.0f} frames/s, "
        f"slowest read {run.slowest_s * 1_000:.1f} ms, RSS {grown / 2**20:+.1f} MiB\n  {run.observer.report()}"
    )
    keep(seed, run, took, grown)
    assert run.observer.faults == []
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    assert run.slowest_s <= STALL_S
    assert grown < RSS_BYTES
    assert len(run.observer.replies) >= REPLY_KINDS, "a fuzzer that is refused at the door is no fuzzer"
    assert len(run.observer.closes) >= CLOSE_CODES
    assert run.observer.replies["error rate_limited"] > 0


async def test_a_seed_is_a_run(tmp_path: Path) -> None:
    runs = []
    for number in (1, 2):
        with capture_logs():
            async with open_world(tmp_path / str(number), 5) as world:
                runs.append(await fuzz(world, 5, 600))
    assert runs[0].observer.replies == runs[1].observer.replies
    assert runs[0].observer.closes == runs[1].observer.closes
    assert runs[0].frames == runs[1].frames
