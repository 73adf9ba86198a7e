"""axe-core finds nothing on any page, in either theme and either language, in the states a page can be in."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.journeys.conftest import LOOP
from tests.support.server import ServerProcess, running_server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STRANGERS = ("/", "/login", "/auth/join", "/chat/room/random", "/offline", "/nowhere")
MEMBERS = ("/chat/lobby", "/chat/lobby?q=zzz", "/chat/rooms", "/chat/room/create", "/chat/log", "/settings")
LOCALES = {"ko": "ko-KR", "en": "en-US"}
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} — ${node.failureSummary.split('\\n')[1]}`))"""


class Checked:
    """A member's or a stranger's page that is held against axe wherever it goes."""

    def __init__(self, page: Page, home: str, axe: str) -> None:
        self.page, self._home, self._axe = page, home, axe

    async def at(self, path: str) -> None:
        await self.page.goto(self._home + path)
        await self.page.wait_for_timeout(250)
        await self.now(path)

    async def now(self, what: str) -> None:
        """As it stands; transitions have ended, so that no colour is on its way."""
        await self.page.evaluate(
            "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
        )
        await self.page.evaluate(self._axe)
        assert await self.page.evaluate(RUN) == [], what


@pytest_asyncio.fixture(loop_scope=LOOP)
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    if not AXE.exists():
        assert os.environ.get("CI") != "true", "axe-core is missing: npm ci"
        pytest.skip("axe-core is not installed: npm ci")
    async with running_server(tmp_path / "server") as running:
        yield running


async def open_page(
    browser: Browser, home: str, language: str, scheme: Literal["light", "dark"], width: int = 1280
) -> Checked:
    context = await browser.new_context(
        locale=LOCALES[language], color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    return Checked(await context.new_page(), home, AXE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_axe_clean_on_every_page_theme_state(
    browser: Browser, server: ServerProcess, language: str, scheme: Literal["light", "dark"]
) -> None:
    home = f"http://localhost:{server.web_port}"
    one = await open_page(browser, home, language, scheme)
    page = one.page
    for path in STRANGERS:
        await one.at(path)
    await page.goto(f"{home}/auth/join")
    await page.fill("#username", "A B")
    await page.fill("#nickname", "지은")
    await page.fill("#password", "a long password")
    await page.click("main button.primary")
    await one.now("a form that was refused")
    await page.fill("#username", "jieun")
    await page.fill("#password", "a long password")
    await page.click("main button.primary")
    await page.wait_for_url("**/chat/lobby")
    await one.now("an empty lobby")

    await page.goto(f"{home}/chat/room/create")
    await page.fill("#roomName", "한강")
    await page.click("main button.primary")
    await page.wait_for_selector("#composer:enabled")
    await one.now("an empty room")
    for text in ("안녕하세요", "https://example.org", "🎉", "to be deleted"):
        await page.fill("#composer", text)
        await page.press("#composer", "Enter")
    row = page.locator("#messages li[data-seq].message").last
    await row.wait_for()
    await page.wait_for_selector("#messages li.message[data-seq]:nth-child(6)")  # the day, who came, and four
    await one.now("a room with messages")
    await row.press("Enter")
    await one.now("a row's menu")
    await page.keyboard.press("Escape")
    await row.press("Delete")
    await page.locator("dialog[open]").wait_for()
    await one.now("a question")
    await page.click("dialog button.danger")
    await page.wait_for_selector(".gone")
    for tab in range(3):
        await page.locator("#details .tab").nth(tab).click()
        await page.wait_for_timeout(150)
        await one.now(f"details, tab {tab}")
    await page.click("#room-head details.menu summary")
    await one.now("the room's menu")
    await page.keyboard.press("Escape")
    await page.fill("#composer", "가" * 4_010)
    await one.now("a text that is too long")

    room = page.url.removeprefix(home)
    for path in (
        *MEMBERS,
        f"{room}/members",
        room.replace("/room/", "/log/"),
        f"{room}/end",
        room.replace("/room/", "/room/modify/"),
    ):
        await one.at(path)

    phone = await open_page(browser, home, language, scheme, width=360)
    await phone.page.context.add_cookies(await page.context.cookies())
    for path in (*MEMBERS, room, f"{room}/members"):
        await phone.at(path)
    await phone.page.context.close()
    await page.context.close()


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_axe_clean_where_the_line_is_down(
    browser: Browser, server: ServerProcess, language: str
) -> None:
    home = f"http://localhost:{server.web_port}"
    one = await open_page(browser, home, language, "light")
    page = one.page
    await page.goto(f"{home}/auth/join")
    await page.fill("#username", "ada")
    await page.fill("#nickname", "Ada")
    await page.fill("#password", "a long password")
    await page.click("main button.primary")
    await page.wait_for_url("**/chat/lobby")
    await page.goto(f"{home}/chat/room/create")
    await page.fill("#roomName", "한강")
    await page.click("main button.primary")
    await page.wait_for_selector("#composer:enabled")
    server.kill9()
    await page.fill("#composer", "while the line is down")
    await page.press("#composer", "Enter")
    await page.wait_for_selector("#connection:not([hidden])")
    await one.now("the banner, and a message that waits")
    await page.context.close()
