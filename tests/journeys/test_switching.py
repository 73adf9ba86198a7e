"""From room to room on one page: drafts, places, counts and the tab (UI specification §11: T14, T27; §12.5, §12.7)."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def side(visitor: Visitor, name: str) -> None:
    """Press a room of the left pane, and have it open."""
    await visitor.page.click(f".side-row:has-text('{name}')")
    await visitor.page.wait_for_selector(f"h1 bdi:text-is('{name}')")
    await visitor.live()


async def is_same_document(page: Page) -> bool:
    return bool(await page.evaluate("() => window.stayed === true"))


async def test_rooms_are_exchanged_in_place_and_are_where_they_were_left(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    other = await ada.new_room("Other")
    long = await ada.make_room("Long")
    for number in range(60):
        await ada.say(f"line {number}")
    await ada.sees("line 59")
    await ada.page.evaluate(
        "() => { window.stayed = true; document.getElementById('scroller').scrollTop = 500; }"
    )
    await ada.page.wait_for_timeout(300)
    before = await ada.page.evaluate(TOP_OF_FIRST)
    await ada.page.fill("#composer", "half a thought")
    await ada.page.evaluate("() => document.getElementById('composer').setSelectionRange(4, 6)")
    await side(ada, "Other")
    assert ada.page.url.endswith(other)
    assert await ada.page.input_value("#composer") == ""
    await ada.page.wait_for_selector(".side-row:has-text('Long') .side-draft")
    await ada.page.go_back()
    await ada.page.wait_for_selector("h1 bdi:text-is('Long')")
    await ada.live()
    assert ada.page.url.endswith(long)
    assert await is_same_document(ada.page)
    assert await ada.page.input_value("#composer") == "half a thought"
    caret = await ada.page.evaluate("() => [composer.selectionStart, composer.selectionEnd]")
    assert caret == [4, 6]
    after = await ada.page.evaluate(TOP_OF_FIRST)
    assert after["seq"] == before["seq"]
    assert abs(after["top"] - before["top"]) <= 1
    await ada.page.go_forward()
    await ada.page.wait_for_selector("h1 bdi:text-is('Other')")
    await ada.page.click(".side-pages a[href='/chat/lobby']")
    await ada.page.wait_for_url("**/chat/lobby")
    await ada.page.go_back()
    await ada.page.wait_for_selector("h1 bdi:text-is('Other')")


TOP_OF_FIRST = """() => {
  const frame = document.getElementById('scroller').getBoundingClientRect();
  const row = [...document.querySelectorAll('#messages li[data-seq]')].find(
    one => one.getBoundingClientRect().bottom > frame.top + 40);
  return {seq: row.dataset.seq, top: row.getBoundingClientRect().top};
}"""


async def test_draft_survives_reload_room_switch_and_crash(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.new_room("Other")
    path = await ada.make_room("Plaza")
    await ada.page.fill("#composer", "쓰다 만 글")
    await side(ada, "Other")
    await side(ada, "Plaza")
    assert await ada.page.input_value("#composer") == "쓰다 만 글"
    await ada.page.reload()
    await ada.live()
    assert await ada.page.input_value("#composer") == "쓰다 만 글"
    await ada.page.type("#composer", " 더")
    await ada.page.wait_for_timeout(400)  # what is younger than 300 ms may be lost with the process
    session = await ada.context.new_cdp_session(ada.page)
    async with ada.page.expect_event("crash"):
        crashing = asyncio.ensure_future(session.send("Page.crash"))  # it never answers
    ada.page = await ada.context.new_page()  # after the crash: before it, both may share a process
    await ada.go(path)
    await ada.live()
    assert await ada.page.input_value("#composer") == "쓰다 만 글 더"
    crashing.cancel()


async def test_unread_is_counted_beside_in_the_tab_and_gone_when_read(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    plaza = await ada.make_room("Plaza")
    await ben.join(plaza)
    await ben.make_room("Quiet")
    for number in range(3):
        await ada.say(f"message {number}")
    row = ben.page.locator(".side-row", has_text="Plaza")
    await expect(row.locator(".unread")).to_contain_text("3")
    assert await ben.page.title() == "(3) Quiet · PAC"
    assert "logo-dot" in (await ben.page.get_attribute("#favicon", "href") or "")
    order = await ben.page.locator(".side-name").all_text_contents()
    assert order == ["Plaza", "Quiet"]
    await row.click()
    await ben.sees("message 2")
    await ben.page.wait_for_selector("#unread-line")
    await expect(row.locator(".unread")).to_have_count(0)
    await expect(ben.page).to_have_title("Plaza · PAC")
    assert "logo-dot" not in (await ben.page.get_attribute("#favicon", "href") or "")


async def test_my_rooms_are_found_as_one_types(visitors: Visitors) -> None:
    ada = await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "하늘")
    for name in ("프로젝트", "광장", "고양이", "나무", "바다"):
        await ada.new_room(name)
    await ada.make_room("하늘방")
    await ada.page.fill("#side-find", "ㄱㅈ")
    assert await ada.page.locator(".side-name").all_text_contents() == ["광장"]
    await ada.page.press("#side-find", "ArrowDown")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_selector("h1 bdi:text-is('광장')")
    await ada.page.fill("#side-find", "없다")
    await ada.page.wait_for_selector(".side-none a[href*='/chat/lobby?q=']")


async def test_signing_out_leaves_in_every_tab_and_forgets_what_was_written(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    path = await ada.make_room("Plaza")
    await ada.page.fill("#composer", "mine alone")
    await ada.page.wait_for_function("() => Object.keys(localStorage).some(key => key.startsWith('draft:'))")
    second = await ada.context.new_page()
    await second.goto(ada.home + path)
    await second.wait_for_selector("#composer:enabled")
    await ada.page.click("form[action='/logout'] button")
    await ada.page.wait_for_url("**/login")
    await second.wait_for_url("**/login?next=*")
    kept = await ada.page.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('draft:'))")
    assert kept == []


async def test_a_tab_that_hears_of_the_end_by_its_line_forgets_too(visitors: Visitors) -> None:
    """The answer to the sign-out is late: by then the other tab's socket is closed."""
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    path = await ada.make_room("Plaza")
    await ada.page.fill("#composer", "mine alone")
    await ada.page.wait_for_function("() => Object.keys(localStorage).some(key => key.startsWith('draft:'))")
    second = await ada.context.new_page()
    await second.goto(ada.home + path)
    await second.wait_for_selector("#composer:enabled")
    await second.wait_for_function("() => document.getElementById('connection').hidden")
    await second.focus("#composer")

    async def answer_late(route: Route) -> None:
        response = await route.fetch(max_redirects=0)
        await asyncio.sleep(1)
        await route.fulfill(response=response)

    await ada.page.route("**/logout", answer_late)
    await ada.page.click("form[action='/logout'] button")
    await ada.page.wait_for_url("**/login")
    await second.wait_for_url("**/login?next=*")
    kept = await ada.page.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('draft:'))")
    assert kept == []


async def test_language_switch_keeps_page_and_draft(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.make_room("Plaza")
    await ada.page.fill("#composer", "half a thought")
    await ada.page.click(".me-name")
    await ada.page.click("main button[lang=ko]")
    await ada.page.wait_for_url("**/settings")
    assert await ada.page.get_attribute("html", "lang") == "ko"
    await ada.page.click(".side-row")
    await ada.live()
    assert await ada.page.input_value("#composer") == "half a thought"
    assert await ada.page.get_attribute("#composer", "placeholder") == "메시지"
