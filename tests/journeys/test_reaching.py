"""To a room by Ctrl+K, to the list of keys by ?, and forms that are sent once (UI specification §2, §8, §12.10)."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitors

pytestmark = pytest.mark.browser


async def test_ctrl_k_goes_to_a_room_by_its_consonants(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    for name in ("한강 산책", "점심"):
        await ada.new_room(name)
    await ada.make_room("Plaza")
    await ada.page.evaluate("() => { window.stayed = true; }")
    await ada.page.fill("#composer", "half a thought")
    await ada.page.keyboard.press("Control+k")
    await expect(ada.page.locator(".switcher [role=option]")).to_have_count(3)
    await ada.page.keyboard.type("ㅎㄱ")
    await expect(ada.page.locator(".switcher mark")).to_have_text("한강")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_selector("h1 bdi:text-is('한강 산책')")
    assert await ada.page.evaluate("() => window.stayed") is True
    await ada.page.keyboard.press("Control+k")
    await ada.page.keyboard.type("plaza")
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.locator("dialog")).to_have_count(0)
    await expect(ada.page.locator("#composer")).to_be_focused()

    await ada.go("/settings")
    await ada.page.wait_for_timeout(300)
    await ada.page.keyboard.press("Control+k")
    await ada.page.keyboard.type("plaza")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_selector("#composer:enabled")
    assert await ada.page.input_value("#composer") == "half a thought"


async def test_question_mark_lists_the_keys_and_can_be_turned_off(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.make_room("Plaza")
    await ada.page.focus("#composer")
    await ada.page.keyboard.type("?")
    await expect(ada.page.locator("dialog")).to_have_count(0)
    assert await ada.page.input_value("#composer") == "?"
    await ada.go("/chat/lobby")
    await ada.page.wait_for_timeout(300)
    await ada.page.keyboard.press("?")
    await expect(ada.page.locator("dialog .keys")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await ada.go("/settings")
    await ada.page.check("input[name=keys][value=off]", force=True)
    await expect(ada.page.locator("#preferences-saved")).to_have_text("Saved.")
    await ada.page.locator("h1").click()
    await ada.page.keyboard.press("?")
    await ada.page.wait_for_timeout(200)
    await expect(ada.page.locator("dialog")).to_have_count(0)


async def test_double_click_makes_exactly_one_thing(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.go("/chat/room/create")
    await ada.page.fill("#roomName", "Once")
    await ada.page.dblclick("main button.primary")
    await ada.page.wait_for_selector("#room")
    await ada.live()
    found = await ada.api("GET", "/api/v1/room/list?q=Once")
    assert [room["name"] for room in found["content"]] == ["Once"]
    await ada.page.fill("#composer", "only one")
    await ada.page.dblclick("#send")
    await ada.sees("only one")
    await asyncio.sleep(0.3)
    assert (await ada.bodies()).count("only one") == 1


async def test_a_password_can_be_looked_at_and_is_hidden_again_when_it_is_sent(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.go("/auth/join")
    await ada.page.fill("#password", "a long password")
    await ada.page.click("button[aria-label='Show the password']")
    assert await ada.page.get_attribute("#password", "type") == "text"
    await expect(ada.page.locator("#password")).to_be_focused()
    await ada.page.fill("#username", "ada")
    await ada.page.fill("#nickname", "Ada")
    await ada.page.evaluate(
        """() => document.querySelector('main form').addEventListener('submit',
             () => sessionStorage.setItem('type', document.getElementById('password').type))"""
    )
    await ada.page.click("main button.primary")
    await ada.page.wait_for_url("**/chat/lobby")
    assert await ada.page.evaluate("() => sessionStorage.getItem('type')") == "password"


async def test_what_is_preferred_holds_at_once_in_every_tab_and_after_a_reload(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("Plaza")
    other = await ada.context.new_page()
    await other.goto(f"{ada.home}/settings")
    await other.check("input[name=theme][value=dark]", force=True)
    await other.check("input[name=enter][value=newline]", force=True)
    await expect(other.locator("#preferences-saved")).to_have_text("Saved.")
    await expect(ada.page.locator("html[data-theme=dark]")).to_have_count(1)
    await ada.page.fill("#composer", "one")
    await ada.page.press("#composer", "Enter")
    await ada.page.keyboard.type("two")
    assert await ada.page.input_value("#composer") == "one\ntwo"
    await ada.page.press("#composer", "Control+Enter")
    await ada.page.wait_for_selector("#messages li[data-seq] .body")
    await ada.go(room)
    assert await ada.page.get_attribute("html", "data-theme") == "dark"
    ground = await ada.page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert ground.startswith("oklch(0.18")


async def test_signing_out_on_any_page_forgets_what_was_half_written(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.make_room("Plaza")
    await ada.page.fill("#composer", "a secret thought")
    await ada.page.wait_for_timeout(500)
    await ada.go("/settings")
    await ada.page.wait_for_timeout(300)
    kept = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"
    assert await ada.page.evaluate(kept) == 1
    await ada.page.locator(".me form button").click()
    await ada.page.wait_for_url("**/login")
    assert await ada.page.evaluate(kept) == 0


async def test_rooms_beside_a_page_without_a_socket_are_kept_true(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    await ada.go("/chat/lobby")
    await ben.say("are you there?")
    await ben.sees("are you there?")
    await expect(ada.page.locator(".side-row:has-text('Plaza') .unread")).to_be_visible(timeout=20_000)


async def test_who_was_warned_is_told_and_may_close_it(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    rows = await ada.api("GET", f"/api/v1/room/{room.rsplit('/', 1)[1]}/member")
    member = next(row["id"] for row in rows["content"] if row["nickname"] == "Ben")
    await ada.api("PUT", f"/api/v1/room/{room.rsplit('/', 1)[1]}/member/{member}", {"status": "WARNING"})
    notice = ben.page.locator(".warned")
    await expect(notice).to_contain_text("An operator has warned you")
    await notice.locator("button").click()
    await expect(notice).to_have_count(0)
    await ben.say("sorry")
    await ben.sees("sorry")
