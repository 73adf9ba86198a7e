"""Looking in without an account (UI specification §2 and §11: T4)."""

import pytest

from tests.journeys.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_guest_reaches_a_random_room_in_one_click(visitors: Visitors) -> None:
    one, two = await visitors.new(), await visitors.new(locale="ko-KR")
    for guest in (one, two):
        await guest.go("/")
        await guest.page.click("a[href='/chat/room/random']")
        await guest.page.wait_for_selector("#composer:enabled")
    await one.page.fill("#composer", "is anybody here?")
    await one.page.press("#composer", "Enter")
    for guest in (one, two):
        await guest.page.wait_for_selector("#messages .body:text-is('is anybody here?')")
    assert await two.page.locator("a[href='/auth/join']").count() == 1, "and can stay"


async def test_a_guest_takes_a_name_while_there(visitors: Visitors) -> None:
    one, two = await visitors.new(), await visitors.new()
    for guest in (one, two):
        await guest.go("/chat/room/random")
        await guest.page.wait_for_selector("#composer:enabled")
    given = await one.page.input_value("#guest-name")
    await one.page.fill("#guest-name", "Robin")
    await one.page.press("#guest-name", "Enter")
    await two.page.wait_for_selector(f"li.system:has-text('{given}'):has-text('퇴장')")
    await one.page.fill("#composer", "it is me")
    await one.page.press("#composer", "Enter")
    row = two.page.locator("#messages li.message", has_text="it is me")
    await row.wait_for()
    assert await row.locator(".author").text_content() == "손님 Robin"
    assert await one.page.locator("#connection").is_hidden(), "a change of name is no loss of the line"
