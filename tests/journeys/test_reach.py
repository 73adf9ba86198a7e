"""By keyboard alone, at 320 pixels, zoomed, and with a thumb (UI specification §11: T48, T50, T51)."""

import pytest
from playwright.async_api import Page

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = ("/chat/lobby", "/chat/rooms", "/chat/room/create", "/chat/log", "/settings")


async def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab until this has the focus. It is lost nowhere, and trapped nowhere."""
    for _ in range(80):
        await page.keyboard.press(key)
        if await page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached")


async def test_keyboard_only_journey(visitors: Visitors) -> None:
    """Sign up, join a room, read, answer, leave."""
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.make_room("Plaza")
    await ada.say("is anybody there?")
    await ben.go("/auth/join")
    page, keys = ben.page, ben.page.keyboard
    await keys.type("ben")
    await tab_to(page, "#nickname")
    await keys.type("Ben")
    await tab_to(page, "#password")
    await keys.type("a long password of ben")
    await keys.press("Enter")
    await page.wait_for_url("**/chat/lobby")
    await page.wait_for_selector("#lobby li[data-room]")
    await tab_to(page, "#lobby .room-do button")
    await keys.press("Enter")
    await ben.live()
    assert await page.evaluate("() => document.activeElement.id") == "composer"
    await keys.type("yes, Ben is")
    await keys.press("Enter")
    await ada.sees("yes, Ben is")
    await ben.sees("yes, Ben is")
    await keys.press("Shift+Tab")
    assert await page.evaluate("() => document.activeElement.matches('li[data-seq]')"), "the newest message"
    await keys.press("Escape")
    assert await page.evaluate("() => document.activeElement.id") == "composer"
    await tab_to(page, "#room-head summary", "Shift+Tab")
    await keys.press("Enter")
    await tab_to(page, ".menu-body form button")
    await keys.press("Enter")
    await page.wait_for_url("**/chat/lobby")


async def overflow(visitor: Visitor) -> list[str]:
    """What sticks out at the right of the window or is cut off in its own box."""
    found: list[str] = await visitor.page.evaluate(
        """() => {
          const out = [];
          if (document.documentElement.scrollWidth > innerWidth) out.push('the page scrolls sideways');
          const all = document.querySelectorAll('h1, h2, p, label, button, .button, a, span, bdi, input, select');
          for (const one of all) {
            const box = one.getBoundingClientRect(), style = getComputedStyle(one);
            if (!box.width || !box.height || style.visibility === 'hidden') continue;
            if (one.closest('.unseen, .skip, .side-pages')) continue;
            if (getComputedStyle(one.parentElement).textOverflow === 'ellipsis') continue; // told in full elsewhere
            if (box.right > innerWidth + 1 || box.left < -1)
              out.push(`${one.localName}.${one.className} ${one.textContent.slice(0, 30)}`);
          }
          return out;
        }"""
    )
    return found


async def test_reflow_320px_and_zoom_200(visitors: Visitors) -> None:
    # 320 CSS pixels are 1280 at 400 %; 200 % of 1280 are 640: a zoomed page is a narrow one.
    ada = await visitors.new(width=320, height=640)
    await ada.sign_up("ada", "A rather long name of thirty 2")
    room = await ada.make_room("A room whose name needs more than one line on a phone")
    await ada.say("word " * 40 + "https://example.org/" + "x" * 120)
    await ada.page.wait_for_selector("li.message[data-seq] .body")
    for width in (320, 640, 720, 1100):
        await ada.page.set_viewport_size({"width": width, "height": 640})
        for path in (*PAGES, room, f"{room}/members"):
            await ada.go(path)
            await ada.page.wait_for_timeout(300)
            assert await overflow(ada) == [], (path, width)
    await ada.page.set_viewport_size({"width": 320, "height": 640})
    await ada.go(room)
    await ada.live()
    box = await ada.page.locator("#composer").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640, "one can write"


@pytest.mark.parametrize(("is_coarse", "least"), [(False, 24), (True, 44)], ids=["pointer", "thumb"])
async def test_targets_are_24px(visitors: Visitors, is_coarse: bool, least: int) -> None:
    ada = await visitors.new(width=390 if is_coarse else 1280, height=800, has_touch=is_coarse)
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("Plaza")
    for path in (*PAGES, room):
        await ada.go(path)
        await ada.page.wait_for_timeout(500)
        small = await ada.page.evaluate(
            """least => [...document.querySelectorAll('button, a, summary, select, input, textarea')].filter(one => {
              const box = one.getBoundingClientRect(), style = getComputedStyle(one);
              if (!box.width || style.visibility === 'hidden') return false;
              if (one.closest('.unseen, .skip, p, .body, time, .who')) return false; // within a sentence
              if (one.type === 'radio') return one.closest('label').getBoundingClientRect().height < least;
              return box.height < least - 0.5 || box.width < Math.min(least, 24) - 0.5;
            }).map(one => `${one.localName}.${one.className} ${one.textContent.trim().slice(0, 20)}
              ${Math.round(one.getBoundingClientRect().width)}x${Math.round(one.getBoundingClientRect().height)}`)""",
            least,
        )
        assert small == [], path
