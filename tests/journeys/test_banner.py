"""What one is told of a line that is down, and when (UI specification §5 and §11: T22, T23, T26).

The page's clock is stepped where a test is about seconds, so that a busy machine changes nothing.
"""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import Visitor, Visitors
from tests.journeys.line import Line
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

BANNER = "#connection"
# Every wait before a new attempt is the longest it may be; the banner's words are written down as they change.
LONGEST_WAITS = "Math.random = () => 0.999;"
WATCH = """() => {
  window.told = [];
  const banner = document.getElementById('connection');
  const note = () => window.told.push(banner.hidden ? '' : banner.innerText);
  new MutationObserver(note).observe(banner, {attributes: true, childList: true, characterData: true, subtree: true});
}"""


async def told(page: Page) -> list[str]:
    """What the banner said since WATCH; empty while nothing was shown."""
    return [words for words in await page.evaluate("window.told") if words]


async def ben_on_a_line(visitors: Visitors) -> tuple[Visitor, Visitor, Line]:
    """Ada on a good line; Ben on one in our hands, before a clock that stands still."""
    ada, ben = await visitors.new(), await visitors.new()
    line = await Line().over(ben.context)
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.page.add_init_script(LONGEST_WAITS)
    await ben.page.clock.install()
    await ben.join(room)
    await ben.page.clock.pause_at(await ben.page.evaluate("Date.now() + 1000"))
    await ben.page.evaluate(WATCH)
    return ada, ben, line


async def opened(line: Line, times: int) -> None:
    async with asyncio.timeout(20):
        while line.opened < times:
            await asyncio.sleep(0.02)


async def test_blip_under_2s_shows_nothing(visitors: Visitors) -> None:
    ada, ben, line = await ben_on_a_line(visitors)
    await line.cut()
    await ada.say("said meanwhile")
    await ada.sees("said meanwhile")
    await ben.page.wait_for_timeout(200)
    await ben.page.clock.run_for(900)  # the first attempt is a second away
    line.is_cut = False
    before = line.opened
    await ben.page.clock.run_for(300)
    await opened(line, before + 1)
    await ben.page.clock.resume()
    await ben.sees("said meanwhile")
    await ben.page.clock.fast_forward(10_000)
    assert await told(ben.page) == []
    assert await ben.page.locator(BANNER).is_hidden()


async def test_banner_counts_down_and_retry_now_works(visitors: Visitors) -> None:
    ada, ben, line = await ben_on_a_line(visitors)
    clock, banner = ben.page.clock, ben.page.locator(BANNER)
    moved = "() => document.getElementById('scroller').getBoundingClientRect().top"
    before = await ben.page.evaluate(moved)
    await line.cut()
    await ben.page.wait_for_timeout(200)
    await clock.run_for(1_700)
    await expect(banner).to_be_hidden()
    for _ in range(8):  # 1, 2, 4 and 8 s after the one before, each refused
        await clock.run_for(1_000)
        await ben.page.wait_for_timeout(50)
    assert await ben.page.evaluate(moved) == before, "it lies over the list"
    seconds = await count(ben.page)
    assert seconds >= 4
    for less in (1, 2):
        await clock.run_for(1_000)
        assert await count(ben.page) == seconds - less
    spoken = banner.locator("[role=status]")
    assert await spoken.text_content() == "The connection is lost.", "seconds are not read aloud"
    await ben.say("written meanwhile")
    await ada.say("said meanwhile")
    line.is_cut = False
    before_now = line.opened
    await banner.locator("button", has_text="Connect now").click()
    await clock.resume()
    await opened(line, before_now + 1)
    for visitor in (ada, ben):
        await visitor.sees("said meanwhile")
        await visitor.sees("written meanwhile")
    await expect(banner).to_be_hidden()
    await clock.fast_forward(61_000)
    assert (await told(ben.page))[-1].startswith(("The connection is lost.", "Connecting")), (
        "no word of joy after"
    )


async def count(page: Page) -> int:
    return int(
        await page.evaluate(r"/in (\d+) s\./.exec(document.getElementById('connection').innerText)[1]")
    )


async def test_a_minute_without_a_line_is_told_as_offline(visitors: Visitors) -> None:
    _, ben, line = await ben_on_a_line(visitors)
    await line.cut()
    await ben.page.wait_for_timeout(200)
    for _ in range(7):
        await ben.page.clock.run_for(10_000)
        await ben.page.wait_for_timeout(50)
    await expect(ben.page.locator(BANNER)).to_contain_text("Offline. What you write goes out")


async def test_server_drain_reconnects_silently(visitors: Visitors) -> None:
    """A node that goes down says when to come back; another one is there by then."""
    ada, ben, line = await ben_on_a_line(visitors)
    before = line.opened
    await line.drain(reconnect_in_ms=1_500)
    await ben.say("while going over")
    await ada.say("said meanwhile")
    await ada.sees("said meanwhile")
    await ben.page.wait_for_timeout(200)
    await ben.page.clock.run_for(1_400)
    assert line.opened == before, "not before it was told to: others come back, too"
    await ben.page.clock.run_for(200)
    await opened(line, before + 1)
    await ben.page.clock.resume()
    for visitor in (ada, ben):
        await visitor.sees("while going over")
        await visitor.sees("said meanwhile")
    assert await told(ben.page) == []


async def test_server_drain_of_a_restart_loses_nothing(visitors: Visitors, server: ServerProcess) -> None:
    """SIGTERM under people who write, and the same node back on its ports."""
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    await ben.join(await ada.make_room("Plaza"))
    await ben.page.evaluate(WATCH)
    await ben.page.evaluate("() => { window.stayed = true; }")
    for number in range(5):
        await ben.say(f"before {number}")
    assert await server.stop() == 0
    for number in range(5):
        await ben.say(f"while it was down {number}")
    await server.restart()
    wanted = [f"before {n}" for n in range(5)] + [f"while it was down {n}" for n in range(5)]
    for visitor in (ada, ben):
        await visitor.sees(wanted[-1])
        assert await visitor.bodies() == wanted
    await expect(ben.page.locator(BANNER)).to_be_hidden()
    assert await ben.page.evaluate("window.stayed"), "never a reload"
    assert all(words.startswith(("The connection is lost.", "Connecting")) for words in await told(ben.page))
