"""Nothing covers what has the focus, and nothing moves for those who asked for that.

UI specification §8 and §11: T52, T53.
"""

import pytest
from playwright.async_api import Page

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAGES = ("/chat/lobby", "/chat/rooms", "/chat/room/create", "/chat/log", "/settings")
BARE = ("/", "/login", "/auth/join", "/chat/room/random", "/offline")

# What lies over the element with the focus, at 5 × 5 points of what of it should be in view: '' where nothing does.
COVERED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return {name: 'nothing', seen: 25, over: []};
  const box = one.getBoundingClientRect(), over = new Set();
  let seen = 0;
  for (let across = 0; across < 5; across += 1) for (let down = 0; down < 5; down += 1) {
    const x = box.left + box.width * (across + .5) / 5, y = box.top + box.height * (down + .5) / 5;
    const top = document.elementFromPoint(x, y);
    if (top && (one.contains(top) || top.contains(one) || top.closest('label')?.control === one)) seen += 1;
    else over.add(top ? `${top.localName}#${top.id}.${top.className}` : 'out of view');
  }
  const name = `${one.localName}#${one.id}.${one.className} ${one.textContent.trim().slice(0, 30)}`;
  return {name, seen, over: [...over], seq: Number(one.dataset.seq ?? 0)};
}"""

BEYOND_THE_WINDOW = "document.scrollingElement.scrollHeight - innerHeight"


async def tab_through(page: Page) -> None:
    """Every stop of Tab can be seen, at least half of it."""
    first = None
    for _ in range(120):
        await page.keyboard.press("Tab")
        await page.wait_for_timeout(10)
        found = await page.evaluate(COVERED)
        assert found["seen"] > 12, (page.url, found)
        if found["name"] == first or found["name"] == "nothing":
            return
        first = first or found["name"]


async def in_a_long_room(visitors: Visitors, **size: int) -> tuple[Visitor, str]:
    ada = await visitors.new(**size)
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("Plaza")
    for number in range(40):
        await ada.say(f"line {number}\nand a second one")
    await ada.page.wait_for_selector("#messages li[data-seq] .body:has-text('line 39')")
    return ada, room


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
async def test_focus_is_never_obscured(visitors: Visitors, width: int) -> None:
    ada, room = await in_a_long_room(visitors, width=width, height=700)
    for number in range(30):
        await ada.new_room(f"Room {number}")
    for path in PAGES:
        await ada.go(path)
        await ada.page.wait_for_timeout(400)
        await tab_through(ada.page)
    await ada.go(room)
    await ada.live()
    await tab_through(ada.page)
    assert await ada.page.evaluate(BEYOND_THE_WINDOW) == 0, "thirty rooms beside it make a room no taller"

    # From row to row, up and down: under the day that sticks, the banner that lies over the list, the pill.
    await ada.context.set_offline(True)
    await ada.page.evaluate("dispatchEvent(new Event('offline'))")
    await ada.page.focus("#composer")
    await ada.page.keyboard.press("Shift+Tab")
    for key, times in (("ArrowUp", 36), ("ArrowDown", 36)):
        for _ in range(times):
            await ada.page.keyboard.press(key)
            await ada.page.wait_for_timeout(10)
            found = await ada.page.evaluate(COVERED)
            assert found["seq"], found
            covers = [one for one in found["over"] if ".tools" not in one and "pill" not in one]
            assert covers == [], found
    await ada.context.set_offline(False)


# Longer than no time at all: of every element and of what stands before and after it.
MOVING = """() => {
  const longest = (list) => Math.max(...list.split(',').map(parseFloat));
  const found = [];
  for (const one of document.querySelectorAll('*')) for (const part of [null, '::before', '::after']) {
    const {transitionDuration, animationName, animationDuration, scrollBehavior} = getComputedStyle(one, part);
    const name = `${one.localName}#${one.id}.${one.className}${part ?? ''}`, animates = animationName !== 'none';
    if (longest(transitionDuration) > 0) found.push(`${name} transition ${transitionDuration}`);
    if (animates && longest(animationDuration) > 0) found.push(`${name} animation ${animationDuration}`);
    if (scrollBehavior === 'smooth') found.push(`${name} scrolls smoothly`);
  }
  return found;
}"""


async def test_reduced_motion_has_no_transition(visitors: Visitors) -> None:
    ada, room = await in_a_long_room(visitors)
    ben = await visitors.new()
    await ben.sign_up("ben", "Ben")
    assert await ada.page.evaluate(MOVING) != [], "this finds what moves"
    await ada.page.emulate_media(reduced_motion="reduce")
    await ada.page.add_init_script(
        """window.glided = 0;
        for (const name of ['scrollTo', 'scrollBy', 'scrollIntoView', 'animate']) {
          const real = Element.prototype[name];
          Element.prototype[name] = function (...given) {
            if (name === 'animate' || given[0]?.behavior === 'smooth') window.glided += 1;
            return real.apply(this, given);
          };
        }"""
    )
    for path in (*PAGES, f"{room}/members", f"{room}/end", room, *BARE):
        await ada.go(path)
        await ada.page.wait_for_timeout(200)
        assert await ada.page.evaluate(MOVING) == [], path
    await ada.go(room)
    await ada.live()
    await ada.page.evaluate("document.getElementById('scroller').scrollTop -= 400")
    await ben.join(room)
    await ben.say("below what is read")
    await ada.page.click("#pill:not([hidden])")
    await ada.page.wait_for_selector("#pill[hidden]", state="attached")
    await ada.context.set_offline(True)
    await ada.say("on its way")
    await ada.page.wait_for_selector("li[data-state]")
    assert await ada.page.evaluate(MOVING) == [], "while something is sent"
    assert await ada.page.evaluate("window.glided") == 0
    await ada.context.set_offline(False)
    await ada.sees("on its way")
