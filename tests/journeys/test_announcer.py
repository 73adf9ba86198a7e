"""What is read aloud to those who listen (UI specification §8, 4.1.3, and §11: T49)."""

from itertools import pairwise

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EVERY_MS = 2_000
# Everything that is put into a region a screen reader listens to, with its time.
LISTEN = """() => {
  window.heard = [];
  new MutationObserver(changes => {
    for (const {target} of changes) {
      const region = (target.nodeType === 1 ? target : target.parentElement)?.closest('[aria-live=polite], [role=log]');
      if (region?.textContent) window.heard.push({at: performance.now(), words: region.textContent});
    }
  }).observe(document.body, {childList: true, characterData: true, subtree: true});
}"""


async def heard(visitor: Visitor) -> list[str]:
    found: list[str] = await visitor.page.evaluate("heard.map(one => one.words)")
    return found


async def test_announcer_batches_and_ignores_history(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    plaza = await ada.make_room("Plaza")
    for number in range(120):
        await ada.say(f"before {number}")
    await ada.sees("before 119")
    await ben.join(plaza)
    await ben.page.evaluate(LISTEN)
    scroller = ben.page.locator("#scroller")
    while (await ben.seqs())[0] > 30:  # older pages come
        await scroller.evaluate("el => { el.scrollTop = 0; }")
        await ben.page.wait_for_timeout(50)
    await scroller.evaluate("el => { el.scrollTop = el.scrollHeight; }")
    assert await heard(ben) == [], "history is never read aloud"

    await ben.say("mine")
    await ben.sees("mine")
    await ada.say("hello")
    announcer = ben.page.locator("#announcer")
    await expect(announcer).to_have_text("Ada: hello")
    for number in range(5):
        await ada.say(f"quick {number}")
    await expect(announcer).to_have_text("5 new messages", timeout=EVERY_MS + 3_000)
    for number in range(2):
        await ada.say(f"slow {number} " + "x" * 200)
    await expect(announcer).to_contain_text("Ada: slow 1", timeout=EVERY_MS + 3_000)
    words = await heard(ben)
    assert words[:2] == ["Ada: hello", "5 new messages"]
    assert all(len(line) <= len("Ada: ") + 120 + 1 for line in words[-1].split("\n")), (
        "no more than the beginning"
    )
    times = await ben.page.evaluate("heard.map(one => one.at)")
    assert all(later - earlier > EVERY_MS - 50 for earlier, later in pairwise(times))

    other = await ben.new_room("Other")
    await ben.go(other)
    await ben.live()
    await ben.page.evaluate(LISTEN)
    await ada.say("not for this room")
    await expect(ben.page.locator(".side-row", has_text="Plaza").locator(".unread")).to_contain_text("1")
    await ben.page.wait_for_timeout(300)
    assert await heard(ben) == [], "only the room on screen is read aloud"
    assert await ben.page.locator("[role=log]").count() == 0
