"""The lobby, found by typing (UI specification §6 and §11: T13, T43, T44)."""

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitor, Visitors
from tests.journeys.test_composer import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def names(visitor: Visitor) -> list[str]:
    return await visitor.page.locator("#lobby .room-name").all_text_contents()


async def open_lobby(visitor: Visitor) -> None:
    async with visitor.page.expect_response(lambda answer: "/chat/lobby?sort=" in answer.url):
        await visitor.go("/chat/lobby")
    await visitor.page.wait_for_selector("#lobby li[data-room]")


async def test_choseong_and_substring_search(visitors: Visitors) -> None:
    ada = await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "하늘")
    for name in ("프로젝트 회의", "달걀 요리", "광장", "꽃 사진", "Plaza"):
        await ada.new_room(name)
    await open_lobby(ada)
    for query, wanted in (
        ("ㅍㄹ", ["프로젝트 회의"]),
        ("롲", ["프로젝트 회의"]),
        ("닭", ["달걀 요리"]),
        ("ㄱ", ["광장", "달걀 요리"]),
        ("ㄲ", ["꽃 사진"]),
        ("za", ["Plaza"]),
        ("회의 프로", ["프로젝트 회의"]),
    ):
        await ada.page.fill("#q", query)
        assert sorted(await names(ada)) == sorted(wanted), query
    await ada.page.fill("#q", "광")
    assert await ada.page.locator("#lobby mark").all_text_contents() == ["광"]
    assert "q=%EA%B4%91" in ada.page.url
    await ada.page.reload()
    await ada.page.wait_for_selector("#lobby mark")
    assert await names(ada) == ["광장"], "the address brings it back"
    await ada.page.fill("#q", "없는 방")
    assert await names(ada) == []
    await ada.page.click("#lobby .empty a")
    await ada.page.wait_for_url("**/chat/room/create?q=*")
    assert await ada.page.input_value("#roomName") == "없는 방"


async def test_ime_lobby_search_filters_while_composing(visitors: Visitors) -> None:
    ada = await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "하늘")
    for name in ("광장", "고양이", "나무"):
        await ada.new_room(name)
    await open_lobby(ada)
    await ada.page.focus("#q")
    keyboard = Keyboard(await ada.context.new_cdp_session(ada.page), ada)
    for composed, wanted in (
        ("ㄱ", ["광장", "고양이"]),
        ("고", ["광장", "고양이"]),
        ("과", ["광장"]),
        ("광", ["광장"]),
    ):
        await keyboard.compose(composed)
        assert sorted(await names(ada)) == sorted(wanted), composed
    await keyboard.commit("광")
    assert await names(ada) == ["광장"]


async def test_lobby_does_not_reorder_under_pointer(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    first = await ben.new_room("First")
    await ben.new_room("Second")
    await ada.page.clock.install()
    await open_lobby(ada)
    while await names(ada) != ["Second", "First"]:  # when a room was last spoken in is written a little later
        await open_lobby(ada)
    await ada.page.hover("#lobby .room-row")
    await ben.go(first)
    await ben.live()
    await ben.say("hello")
    await ben.sees("hello")
    async with ada.page.expect_response(lambda answer: "/chat/lobby?sort=" in answer.url):
        await ada.page.clock.run_for(11_000)
    await ada.page.wait_for_selector(".chip")
    assert await names(ada) == ["Second", "First"]
    await expect(ada.page.locator("#lobby li", has_text="First").locator(".online")).to_have_text("1")
    await ada.page.click(".chip")
    assert await names(ada) == ["First", "Second"]


async def test_a_new_member_is_led_to_a_first_room_in_three_clicks(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.new_room("Plaza")
    await ben.sign_up("ben", "Ben")
    assert "Welcome, Ben!" in (await ben.page.text_content(".welcome") or "")
    await ben.page.click("#lobby .room-do button")
    await ben.page.wait_for_url("**/chat/room/*")
    await ben.live()
    await ben.say("hello")
    await ben.sees("hello")
