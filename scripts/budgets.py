"""What the pages cost, beside what they may cost: `make budgets`.

A real server, a real Chromium, a room of 10,000 messages; the measuring is the tests' (tests/journeys/budgets.py).
On a machine that does something else the times tell of that as well.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

from playwright.async_api import Browser, async_playwright
from tests.journeys import budgets
from tests.journeys.budgets import Stage
from tests.journeys.conftest import ARGUMENTS, CHROMIUM, Visitors
from tests.live.conftest import House
from tests.support.server import running_server

MESSAGES = 10_000
SECONDS = float(os.environ.get("SECONDS", budgets.BURST_S))

# What, the budget, what was measured, the unit.
Row = tuple[str, float, float, str]


async def weights(browser: Browser, stage: Stage) -> AsyncIterator[Row]:
    weight = await budgets.weight(browser, stage.ada.context, stage.ada.home + stage.path)
    yield "room: scripts of others, gzip", budgets.VENDOR_BYTES / 1e3, weight.vendor_bytes / 1e3, "kB"
    yield "room: all scripts, gzip", budgets.SCRIPT_BYTES / 1e3, weight.script_bytes / 1e3, "kB"
    yield "room: sheets, gzip", budgets.STYLE_BYTES / 1e3, weight.style_bytes / 1e3, "kB"
    yield "room: modules", budgets.MODULES, weight.modules, "files"


async def visits(browser: Browser, stage: Stage) -> AsyncIterator[Row]:
    for name, path in (("lobby", "/chat/lobby"), ("room", stage.path)):
        seen = await budgets.openings(browser, stage.ada.context, stage.ada.home + path)
        for how, pick in (("best", min), ("median", median)):
            first = pick([one.first_paint_ms for one in seen])
            yield f"{name}: first paint, phone, {how}", budgets.FIRST_PAINT_MS, first, "ms"
            largest = pick([one.largest_paint_ms for one in seen])
            yield f"{name}: largest paint, phone, {how}", budgets.LARGEST_PAINT_MS, largest, "ms"
            if name == "room":
                typable = pick([one.typable_ms for one in seen])
                yield f"{name}: one can write, phone, {how}", budgets.TYPABLE_MS, typable, "ms"


async def hands(stage: Stage) -> AsyncIterator[Row]:
    page = stage.ada.page
    for name, cpu in (("desktop", 1), ("phone", budgets.PHONE_CPU)):
        await page.reload()
        await stage.ada.live()
        cold = await budgets.switch(page, "Other", cpu=cpu)
        yield f"to another room, cold, {name}", budgets.SWITCH_COLD_MS, cold, "ms"
        kept = median([await budgets.switch(page, to, cpu=cpu) for to in ("Plaza", "Other", "Plaza")])
        yield f"to another room, kept, {name}", budgets.SWITCH_KEPT_MS, kept, "ms"
        await stage.up()
        keys = await budgets.typing(page, cpu=cpu)
        yield f"key to paint, p95, {name}", budgets.KEY_MS, budgets.quantile(keys, 0.95), "ms"


async def bursts(stage: Stage) -> AsyncIterator[Row]:
    for name, go in (("at the bottom", stage.to_the_end), ("scrolled up", stage.up)):
        await go()
        wire = await stage.wire()
        burst = await budgets.burst(
            stage.ada.page, wire, stage.room, per_s=budgets.BURST_PER_S, seconds=SECONDS
        )
        what = f"{budgets.BURST_PER_S} a second, {SECONDS:.0f} s, {name}"
        yield f"{what}: frame, median", budgets.FRAME_MS, burst.median_ms, "ms"
        yield f"{what}: frame, p99", budgets.FRAME_P99_MS, burst.p99_ms, "ms"
        yield f"{what}: longest task", budgets.TASK_MS, burst.longest_task_ms, "ms"
        yield f"{what}: heap", budgets.HEAP_BYTES / 1e6, burst.heap_growth_bytes / 1e6, "MB"
        yield f"{what}: nodes", budgets.NODES, burst.nodes, "nodes"


def line(row: Row) -> str:
    what, limit, measured, unit = row
    over = "" if measured <= limit * 1.01 else "  over"
    digits = 1 if unit in ("kB", "MB") or limit < 100 else 0
    return f"{what:<50}{limit:>9.{digits}f}{measured:>10.{digits}f} {unit}{over}"


async def main() -> None:
    if not CHROMIUM:
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-cjk")
    print(f"{'':<50}{'budget':>9}{'measured':>10}")
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright, running_server(Path(folder)) as server:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            async with budgets.stage(Visitors(browser, server), House(server), MESSAGES) as stage:
                for rows in (weights(browser, stage), visits(browser, stage), hands(stage), bursts(stage)):
                    async for row in rows:
                        print(line(row), flush=True)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
