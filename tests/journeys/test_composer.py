"""The composer under input methods, replayed through Chromium's own protocol (UI specification §4 and §11)."""

import asyncio

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession

from tests.journeys.conftest import LOOP, Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class Keyboard:
    """An input method at somebody's composer."""

    def __init__(self, session: CDPSession, visitor: Visitor) -> None:
        self.session, self.visitor = session, visitor

    async def compose(self, text: str) -> None:
        await self.session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )

    async def commit(self, text: str) -> None:
        await self.session.send("Input.insertText", {"text": text})

    async def ime_enter(self) -> None:
        """The key event while the input method owns the key."""
        await self._key("rawKeyDown", 229)

    async def enter(self, *, shift: bool = False, repeat: bool = False) -> None:
        await self._key("keyDown", 13, text="\r", modifiers=8 if shift else 0, autoRepeat=repeat)
        if not repeat:
            await self._key("keyUp", 13, modifiers=8 if shift else 0)

    async def safari_enter(self) -> None:
        """Safari's order for Korean: the key comes after the composition has ended, still as 229."""
        await self._key("keyDown", 229, text="\r")
        await self._key("keyUp", 13)

    async def _key(self, kind: str, code: int, **more: object) -> None:
        event = {"type": kind, "windowsVirtualKeyCode": code, "key": "Enter", "code": "Enter", **more}
        await self.session.send("Input.dispatchKeyEvent", event)

    async def field(self) -> str:
        return await self.visitor.page.input_value("#composer")


@pytest_asyncio.fixture(loop_scope=LOOP)
async def keyboard(visitors: Visitors) -> Keyboard:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.make_room("광장")
    await ada.page.focus("#composer")
    return Keyboard(await ada.context.new_cdp_session(ada.page), ada)


async def only(keyboard: Keyboard, *said: str) -> None:
    """These were sent, once each, and nothing else is on its way."""
    if said:
        await keyboard.visitor.sees(said[-1])
    await asyncio.sleep(0.3)
    assert await keyboard.visitor.bodies() == list(said)
    assert await keyboard.visitor.page.locator("li[data-state]").count() == 0


async def test_enter_sends_shift_enter_breaks_held_enter_sends_once(keyboard: Keyboard) -> None:
    page = keyboard.visitor.page
    await page.keyboard.type("one")
    await keyboard.enter(shift=True)
    await page.keyboard.type("two")
    assert await keyboard.field() == "one\ntwo"
    await keyboard.enter()
    for _ in range(5):
        await keyboard.enter(repeat=True)
    await page.wait_for_selector("#messages li[data-seq] .body:has-text('two')")
    await asyncio.sleep(0.3)
    assert await keyboard.visitor.bodies() == ["one\ntwo"]
    assert await keyboard.field() == ""


async def test_ime_korean_one_enter_sends_whole_text_and_leaves_field_empty(keyboard: Keyboard) -> None:
    for step in ("ㅇ", "아", "안"):
        await keyboard.compose(step)
    await keyboard.commit("안")
    for step in ("ㄴ", "녀", "녕"):
        await keyboard.compose(step)
    await keyboard.ime_enter()
    await keyboard.commit("녕")
    await keyboard.enter()
    await only(keyboard, "안녕")
    assert await keyboard.field() == ""


async def test_ime_korean_safari_order_one_enter_sends_once(keyboard: Keyboard) -> None:
    await keyboard.compose("한글")
    await keyboard.commit("한글")
    await keyboard.safari_enter()
    await only(keyboard, "한글")
    assert await keyboard.field() == ""


@pytest.mark.parametrize("order", ["chrome", "safari"])
async def test_ime_japanese_confirm_does_not_send_next_enter_does(keyboard: Keyboard, order: str) -> None:
    await keyboard.compose("にほん")
    await keyboard.compose("日本")
    if order == "chrome":
        await keyboard.ime_enter()
        await keyboard.commit("日本")
    else:  # the composition ends first, and the key that ended it inserts nothing
        await keyboard.commit("日本")
        await keyboard.ime_enter()
    await only(keyboard)
    assert await keyboard.field() == "日本"
    await keyboard.enter()
    await only(keyboard, "日本")


async def test_ime_send_button_mid_composition_includes_last_syllable(keyboard: Keyboard) -> None:
    await keyboard.compose("안녕")
    await keyboard.commit("안녕")
    await keyboard.compose("하")
    await keyboard.visitor.page.click("#send")
    await only(keyboard, "안녕하")
    assert await keyboard.field() == ""


async def test_ime_shift_enter_mid_composition_breaks_line(keyboard: Keyboard) -> None:
    await keyboard.compose("가")
    await keyboard.ime_enter()
    await keyboard.commit("가")
    await keyboard.enter(shift=True)
    await only(keyboard)
    assert await keyboard.field() == "가\n"


async def test_over_limit_text_is_kept_and_not_sendable(keyboard: Keyboard) -> None:
    page = keyboard.visitor.page
    await page.fill("#composer", "가" * 4_001)
    assert await page.text_content("#counter") == "-1"
    assert await page.is_disabled("#send")
    await keyboard.enter()
    await only(keyboard)
    assert len(await keyboard.field()) == 4_001
    await page.fill("#composer", "👍" * 4_000)
    assert await page.text_content("#counter") == "4000/4000"
    assert await page.is_enabled("#send")


async def test_blank_text_is_never_sent(keyboard: Keyboard) -> None:
    await keyboard.visitor.page.fill("#composer", "  \n ")
    await keyboard.enter()
    await only(keyboard)
