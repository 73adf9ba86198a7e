"""What the pages cost, measured in Chromium against a real server (UI specification §10).

The tests assert these figures and scripts/budgets.py prints them: both call what is here. A phone is the machine
slowed four times (`PHONE_CPU`) behind the network that Chromium's tools call Fast 4G.
"""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from tests.journeys.conftest import Visitor, Visitors
from tests.live.conftest import House, Wire

# UI specification §10, in bytes, files and milliseconds.
VENDOR_BYTES, SCRIPT_BYTES, STYLE_BYTES, MODULES = 12_000, 60_000, 16_000, 45
FIRST_PAINT_MS, LARGEST_PAINT_MS, TYPABLE_MS = 1_000, 1_500, 1_500
KEY_MS, SWITCH_KEPT_MS, SWITCH_COLD_MS = 50, 100, 500
FRAME_MS, FRAME_P99_MS, TASK_MS, HEAP_BYTES, NODES = 1_000 / 60, 50, 100, 20_000_000, 6_000
BURST_PER_S, BURST_S = 50, 60

PHONE_CPU = 4
UNANSWERED = 100
FAST_4G = {
    "offline": False,
    "latency": 60 * 2.75,
    "downloadThroughput": 9_000_000 / 8 * 0.9,
    "uploadThroughput": 1_500_000 / 8 * 0.9,
}


@dataclass(frozen=True, slots=True)
class Weight:
    """What a page loads, in bytes as sent."""

    modules: int
    script_bytes: int
    vendor_bytes: int
    style_bytes: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Milliseconds from the request to the first and the largest paint, and till one can write (0: no field)."""

    first_paint_ms: float
    largest_paint_ms: float
    typable_ms: float


@dataclass(frozen=True, slots=True)
class Burst:
    """How a page bears many messages. `frames_ms`: from frame to frame; `tasks_ms`: those over 50."""

    frames_ms: list[float]
    tasks_ms: list[float]
    heap_growth_bytes: int
    nodes: int

    @property
    def median_ms(self) -> float:
        return statistics.median(self.frames_ms)

    @property
    def p99_ms(self) -> float:
        return quantile(self.frames_ms, 0.99)

    @property
    def longest_task_ms(self) -> float:
        return max(self.tasks_ms, default=0.0)

    def __str__(self) -> str:
        return (
            f"frames p50 {self.median_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, "
            f"longest task {self.longest_task_ms:.0f} ms, heap {self.heap_growth_bytes / 1e6:+.1f} MB, "
            f"{self.nodes} nodes"
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """Ada in a room of many messages; the wire of somebody else who writes there."""

    ada: Visitor
    house: House
    room: str
    path: str

    async def wire(self) -> Wire:
        """A new one: nobody answers the server's pings while nothing is said."""
        return await self.house.reader(self.house.people[0], self.room)

    async def to_the_end(self) -> None:
        await self.ada.page.evaluate("() => { scroller.scrollTop = scroller.scrollHeight; }")
        await self.ada.page.wait_for_timeout(500)

    async def up(self) -> None:
        """Into the history, until as many rows are drawn as there ever are."""
        for _ in range(8):
            await self.ada.page.evaluate("() => { scroller.scrollTop = 0; }")
            await self.ada.page.wait_for_timeout(250)
        await self.ada.page.evaluate("() => { scroller.scrollTop = scroller.scrollHeight / 2; }")
        await self.ada.page.wait_for_timeout(500)


@asynccontextmanager
async def stage(visitors: Visitors, house: House, messages: int) -> AsyncIterator[Stage]:
    writer = await house.person("writer")
    room, other = await writer.create_room("Plaza"), await writer.create_room("Other")
    await say_many(await house.reader(writer, room), room, messages)
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    for one in (other, room):
        await ada.join(f"/chat/room/{one}")
    yield Stage(ada, house, room, f"/chat/room/{room}")
    for wire in house.wires:
        wire.writer.close()
    await writer.__aexit__()


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@asynccontextmanager
async def nothing_kept(browser: Browser, visitor: BrowserContext) -> AsyncIterator[Page]:
    """A page of the same member in a browser that was never here: no cache, no worker."""
    context = await browser.new_context(
        storage_state=await visitor.storage_state(), viewport={"width": 390, "height": 844}, locale="ko-KR"
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def slowed(page: Page, cpu: float = PHONE_CPU, network: dict[str, object] | None = None) -> CDPSession:
    session = await page.context.new_cdp_session(page)
    if cpu > 1:
        await session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
    if network:
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", network)
    return session


# ---- what is loaded

LOADED = """() => performance.getEntriesByType('resource').map((one) => ({
  path: new URL(one.name).pathname, bytes: one.encodedBodySize,
}))"""


async def weight(browser: Browser, visitor: BrowserContext, address: str) -> Weight:
    async with nothing_kept(browser, visitor) as page:
        await page.goto(address, wait_until="networkidle")
        loaded = {one["path"]: one["bytes"] for one in await page.evaluate(LOADED)}
    scripts = {
        path: size for path, size in loaded.items() if path.endswith(".js") and path.startswith("/static/")
    }
    return Weight(
        modules=len(scripts),
        script_bytes=sum(scripts.values()),
        vendor_bytes=sum(size for path, size in scripts.items() if "/vendor/" in path),
        style_bytes=sum(size for path, size in loaded.items() if path.endswith(".css")),
    )


# ---- opening

OPENING = """
  window.opening = {first: 0, largest: 0, typable: 0};
  new PerformanceObserver((list) => {
    for (const one of list.getEntriesByName('first-contentful-paint')) opening.first = one.startTime;
  }).observe({type: 'paint', buffered: true});
  new PerformanceObserver((list) => { opening.largest = list.getEntries().at(-1).startTime; })
    .observe({type: 'largest-contentful-paint', buffered: true});
  const look = () => {
    if (document.querySelector('#early, #composer:enabled')) opening.typable = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""


async def openings(
    browser: Browser, visitor: BrowserContext, address: str, *, times: int = 5
) -> list[Opening]:
    """So many first visits, on a phone. The quickest tells of the page, the others of what else the machine did."""
    found: list[Opening] = []
    for _ in range(times):
        async with nothing_kept(browser, visitor) as page:
            await page.add_init_script(OPENING)
            await slowed(page, PHONE_CPU, FAST_4G)
            await page.goto(address, wait_until="networkidle")
            await page.wait_for_timeout(300)
            seen = await page.evaluate("opening")
            found.append(Opening(seen["first"], seen["largest"], seen["typable"]))
    return found


# ---- writing

# From the moment the key was pressed to the task behind the frame that shows it.
KEYS = """() => {
  window.waits = [];
  if (window.listening) return;
  window.listening = true;
  const behind = new MessageChannel();
  let pressed = 0;
  behind.port1.onmessage = () => { waits.push(performance.now() - pressed); };
  document.getElementById('composer').addEventListener('keydown', (event) => {
    pressed = event.timeStamp;
    requestAnimationFrame(() => behind.port2.postMessage(0));
  });
}"""


async def typing(page: Page, *, keys: int = 100, cpu: float = PHONE_CPU) -> list[float]:
    """Milliseconds from each key to its paint."""
    session = await slowed(page, cpu)
    await page.focus("#composer")
    await page.evaluate(KEYS)
    for number in range(keys):
        await page.keyboard.press("abcdefghij "[number % 11])
        await page.wait_for_timeout(30)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await session.detach()
    found: list[float] = await page.evaluate("waits")
    return found


# ---- from room to room

SWITCH = """(name) => new Promise((done) => {
  const begun = performance.now();
  [...document.querySelectorAll('.side-row')].find((row) => row.textContent.includes(name)).click();
  const look = () => {
    const isThere = document.querySelector('#room-head h1')?.textContent === name
      && document.querySelectorAll('#messages li[data-seq]').length > 0 && document.querySelector('#composer:enabled');
    if (isThere) setTimeout(() => done(performance.now() - begun));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


async def switch(page: Page, name: str, *, cpu: float = PHONE_CPU) -> float:
    """Milliseconds from the press on a room of the list to its painted rows."""
    session = await slowed(page, cpu)
    found: float = await page.evaluate(SWITCH, name)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await session.detach()
    return found


# ---- many messages

FRAMES = """() => {
  window.frames_ms = [];
  window.tasks_ms = [];
  window.watcher = new PerformanceObserver((list) => tasks_ms.push(...list.getEntries().map((one) => one.duration)));
  watcher.observe({type: 'longtask'});
  let last = 0;
  const frame = (now) => {
    if (last) frames_ms.push(now - last);
    last = now;
    window.framing = requestAnimationFrame(frame);
  };
  window.framing = requestAnimationFrame(frame);
}"""
FRAMES_END = """() => {
  cancelAnimationFrame(framing);
  watcher.disconnect();
  return {frames: frames_ms, tasks: tasks_ms, nodes: document.getElementsByTagName('*').length};
}"""


async def heap_bytes(session: CDPSession) -> int:
    """What is used after the garbage is collected."""
    for _ in range(2):
        await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    return int(used)


async def burst(page: Page, wire: Wire, room: str, *, per_s: int, seconds: float, cpu: float = 1) -> Burst:
    """So many messages of somebody else, evenly, while this page shows the room."""
    session = await slowed(page, cpu)
    before = await heap_bytes(session)
    await page.evaluate(FRAMES)
    await say_many(wire, room, round(per_s * seconds), per_s=per_s)
    await page.wait_for_timeout(300)
    ended = await page.evaluate(FRAMES_END)
    growth = await heap_bytes(session) - before
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await session.detach()
    return Burst(ended["frames"], ended["tasks"], growth, ended["nodes"])


async def say_many(wire: Wire, room: str, count: int, *, per_s: float = 0) -> None:
    """Stored when it returns. As fast as it goes, or so many a second."""
    name = f"{time.monotonic_ns():x}"
    window = asyncio.Semaphore(UNANSWERED)
    async with asyncio.TaskGroup() as both:
        both.create_task(_acks(wire, count, window))
        begun = time.monotonic()
        for number in range(count):
            await window.acquire()
            body = f"message {number}, said in one breath"
            wire.say(op="send", id="x", room=room, cid=f"{name}-{number}", body=body)
            if per_s:
                await asyncio.sleep(max(0.0, begun + (number + 1) / per_s - time.monotonic()))


async def _acks(wire: Wire, count: int, window: asyncio.Semaphore) -> None:
    """Hear so many answers; what is pushed meanwhile is passed over, and a ping is answered."""
    while count:
        opcode, payload = await wire.next()
        assert opcode != 8, payload
        if opcode == 9:
            wire.frame(10, payload)
        elif opcode == 1 and (frame := json.loads(payload))["op"] in ("ok", "error"):
            assert frame["op"] == "ok", frame
            count -= 1
            window.release()
