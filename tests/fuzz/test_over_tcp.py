"""The same frames over TCP to a real server, and frames that are broken as bytes: it lives, and nobody else waits.

Somebody honest pings all the while. Their round trip less what the machine took from the server and from this test
(the run queue, by /proc) is how long the server's loop stood still.
"""

import asyncio
import contextlib
import os
import random
import time

import pytest

from tests.fuzz.mutation import PONG, TEXT, Mutator, WireFrame
from tests.fuzz.observer import CANARY, Observer
from tests.live.conftest import House, MakeHouse, Wire
from tests.support.pinger import Pinger

SEEDS = (20261101, 20261102)
FRAMES = int(os.environ.get("PAC_FUZZ_TCP_FRAMES", "3000"))
STALL_S = 0.200
RSS_BYTES = 20 * 2**20
REPLY_KINDS = 10
CLOSE_CODES = 3
REPLY_WITHIN_S = 0.02


class Attack:
    def __init__(self, house: House, seed: int, places: dict[str, str], observer: Observer) -> None:
        self.chance = random.Random(seed)
        self.mutator = Mutator(seed, places)
        self.house, self.places, self.observer = house, places, observer
        self.frames = self.sockets = 0

    async def run(self, frames: int) -> None:
        while self.frames < frames:
            wire = await self.house.upgrade()
            self.sockets += 1
            listening = asyncio.create_task(self._listen(wire))
            try:
                await self._one(wire, listening, frames)
            except ConnectionError:
                pass
            finally:
                wire.writer.close()
                self.house.wires.remove(wire)
                await listening

    async def _one(self, wire: Wire, listening: asyncio.Task[None], frames: int) -> None:
        if self.chance.random() < 0.85:
            wire.say(op="hello", id="h", token=self.places["$token"])
            wire.frame(TEXT, self.mutator.good("subscribe"))
        for _ in range(100):
            if listening.done() or self.frames >= frames:
                break
            step = self.mutator.step()
            self.frames += len(step)
            if self.chance.random() < 0.03:
                wire.raw(self._broken(step))
            else:
                for frame in step:
                    self._send(wire, frame)
            await wire.writer.drain()
            if self.chance.random() < 0.3:
                await asyncio.wait([listening], timeout=0.002)
        await asyncio.wait([listening], timeout=REPLY_WITHIN_S)

    @staticmethod
    def _send(wire: Wire, frame: WireFrame) -> None:
        wire.frame(frame.opcode, frame.payload, fin=frame.fin, reserved=4 if frame.reserved else 0)

    def _broken(self, step: list[WireFrame]) -> bytes:
        """A frame with its header, mask and payload broken as bytes."""
        payload = step[0].payload[:125]
        whole = bytearray(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        for _ in range(self.chance.choice((1, 2, 5))):
            whole[self.chance.randrange(min(len(whole), 8))] = self.chance.randrange(256)
        return bytes(whole) + self.chance.randbytes(self.chance.choice((0, 0, 3, 200)))

    async def _listen(self, wire: Wire) -> None:
        """Until the server closes or is gone."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opcode, payload = await wire.next(within_s=60)
                self.observer.heard(opcode, payload)
                if opcode == 9:
                    wire.frame(PONG, payload)
                if opcode == 8:
                    return


@pytest.mark.req("8.2", "3.6", "3.7")
@pytest.mark.timeout(120 + FRAMES // 20)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_real_server_stands_it(make_house: MakeHouse, seed: int) -> None:
    house = await make_house(LIMIT_REFUSALS_PER_MIN=50, LIMIT_SEND_PER_S=20, LIMIT_SEND_BURST=20)
    mallory, ada = await house.person("mallory"), await house.person("ada")
    victim = await house.person(CANARY)
    places = {
        "$room": await mallory.create_room("Plaza"),
        "$other": await mallory.create_room("Lounge"),
        "$strange": await victim.create_room(f"Salon of {CANARY}"),
        "$hidden": await victim.create_room(f"Cellar of {CANARY}"),
        "$token": await mallory.live_token(),
    }
    told = await house.reader(victim, places["$hidden"])
    for number in range(5):
        told.say(
            op="send", id=f"{number}", room=places["$hidden"], cid=f"v{number}", body=f"{CANARY} {number}"
        )
        await told.hear("ok")
    observer = Observer({places["$room"], places["$other"]}, (victim.id, ada.id))
    await Attack(house, seed + 1_000_000, places, Observer({places["$room"], places["$other"]}, ())).run(300)
    before = house.server.rss_bytes()
    with Pinger(house.server, await ada.live_token()) as pinger:
        attack = Attack(house, seed, places, observer)
        began = time.perf_counter()
        await attack.run(FRAMES)
        took = time.perf_counter() - began
    grown = house.server.rss_bytes() - before
    assert pinger.fault is None, pinger.fault
    slowest = max(pinger.round_trips)
    print(
        f"seed {seed} over TCP: {attack.frames} frames on {attack.sockets} sockets, "
        f"{attack.frames / took:,.0f} frames/s, RSS {grown / 2**20:+.1f} MiB, "
        f"slowest of {len(pinger.round_trips)} pings {slowest * 1_000:.1f} ms\n  {observer.report()}"
    )
    assert slowest <= STALL_S
    assert grown < RSS_BYTES
    assert len(observer.replies) >= REPLY_KINDS
    assert len(observer.closes) >= CLOSE_CODES
    told = await house.reader(victim, places["$hidden"])  # a wire answers no pings: the first may be gone
    told.say(op="send", id="after", room=places["$hidden"], cid="after", body="still here")
    assert (await told.hear("ok"))["seq"] == len(await victim.log(places["$hidden"]))
    rows = [row for row in await victim.log(places["$hidden"]) if row.type == "TEXT"]
    assert [row.body for row in rows] == [f"{CANARY} {number}" for number in range(5)] + ["still here"]
    faults = [
        line for line in house.server.logs().splitlines() if "[error" in line or '"level": "error"' in line
    ]
    assert faults == [], "a stranger's broken frames are no errors of ours"
