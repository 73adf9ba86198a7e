"""One writes before the scripts are there, and goes on writing when they come."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.journeys.conftest import Visitors

pytestmark = pytest.mark.browser


async def test_what_is_typed_before_the_scripts_come_is_in_the_composer(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("Plaza")
    await ada.page.fill("#composer", "kept from before")
    await ada.page.wait_for_timeout(500)
    may_come = asyncio.Event()

    async def late(route: Route) -> None:
        await may_come.wait()
        await route.continue_()

    session = await ada.context.new_cdp_session(ada.page)
    await session.send("Network.enable")
    await session.send("Network.setBypassServiceWorker", {"bypass": True})
    await ada.page.route("**/js/pages/room.js", late)
    await ada.page.goto(ada.home + room, wait_until="commit")
    await ada.page.wait_for_selector("#early[data-composing]")
    await ada.page.focus("#early")
    await ada.page.keyboard.type("first ")
    await session.send("Input.imeSetComposition", {"text": "한", "selectionStart": 1, "selectionEnd": 1})
    may_come.set()
    await ada.page.wait_for_timeout(700)
    await expect(ada.page.locator("#early")).to_be_focused()
    await session.send("Input.insertText", {"text": "한"})
    await ada.page.wait_for_selector("#composer:enabled")
    await ada.live()
    await expect(ada.page.locator("#composer")).to_be_focused()
    await ada.page.keyboard.type("글")
    assert await ada.page.input_value("#composer") == "kept from before\nfirst 한글"
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_selector("#messages li[data-seq] .body:has-text('first 한글')")


async def test_without_scripts_there_is_no_field_that_leads_nowhere(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("Plaza")
    plain = await visitors.new(javascript=False)
    await plain.context.add_cookies(await ada.context.cookies())
    await plain.go(room)
    await expect(plain.page.locator("#early")).to_be_hidden()
    await expect(plain.page.locator("noscript, .notice").first).to_be_visible()
