"""A real server and a real Chromium. Where there is no Chromium the tests are skipped, and in CI they fail."""

import inspect
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from tests.support.server import ServerProcess, running_server

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# One Chromium for all journeys, and so one event loop; every visitor has a context of their own, every test a server.
LOOP = "session"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and inspect.iscoroutinefunction(getattr(item, "function", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope=LOOP), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope=LOOP)
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM:
        assert os.environ.get("CI") != "true", "Chromium is missing: apt-get install chromium fonts-noto-cjk"
        pytest.skip("Chromium is not installed: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope=LOOP)
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    async with running_server(tmp_path / "server") as running:
        yield running


class Visitor:
    """Somebody at a browser of their own."""

    def __init__(self, context: BrowserContext, page: Page, home: str) -> None:
        self.context, self.page, self.home = context, page, home
        self.trouble: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.trouble.append(message.text)

    async def go(self, path: str) -> None:
        await self.page.goto(self.home + path)

    async def sign_up(self, name: str, nickname: str) -> None:
        await self.go("/auth/join")
        await self.page.fill("#username", name)
        await self.page.fill("#nickname", nickname)
        await self.page.fill("#password", f"a long password of {name}")
        await self.page.click("main button.primary")
        await self.page.wait_for_url("**/chat/lobby")

    async def make_room(self, name: str, public: str = "AVAILABLE") -> str:
        """The path of the new room, which is open now."""
        await self.go("/chat/room/create")
        await self.page.fill("#roomName", name)
        await self.page.check(f"input[value={public}]")
        await self.page.click("main button.primary")
        await self.page.wait_for_selector("#room")
        await self.live()
        return "/" + self.page.url.split("/", 3)[3]

    async def new_room(self, name: str, **fields: object) -> str:
        """The path of a new room, made without leaving the page."""
        made = await self.api("POST", "/api/v1/room", {"roomName": name, **fields})
        return f"/chat/room/{made['roomId']}"

    async def api(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        answer = await self.context.request.fetch(
            self.home + path, method=method, data=body, headers={"Origin": self.home}
        )
        assert answer.status == status, await answer.text()
        return await answer.json()

    async def join(self, path: str) -> None:
        await self.go(path)
        await self.page.click(".composer-pane button.primary")
        await self.page.wait_for_selector("#composer:enabled")
        await self.live()

    async def live(self) -> None:
        """The page's socket stands and what it wrote before is out."""
        await self.page.wait_for_selector("#composer:enabled")
        await self.page.wait_for_function("() => document.getElementById('connection').hidden")

    async def say(self, text: str) -> None:
        await self.page.fill("#composer", text)
        await self.page.press("#composer", "Enter")

    async def sees(self, text: str) -> None:
        await self.page.wait_for_selector(f"#messages li[data-seq] .body:text-is('{text}')", timeout=20_000)

    async def bodies(self) -> list[str]:
        """The messages with a seq, in the order shown."""
        found: list[str] = await self.page.eval_on_selector_all(
            "#messages li.message[data-seq] .body", "rows => rows.map(row => row.textContent)"
        )
        return found

    async def seqs(self) -> list[int]:
        found: list[int] = await self.page.eval_on_selector_all(
            "#messages li[data-seq]", "rows => rows.map(row => Number(row.dataset.seq))"
        )
        return found


class Visitors:
    def __init__(self, browser: Browser, server: ServerProcess) -> None:
        self._browser, self._server = browser, server
        self.all: list[Visitor] = []

    async def new(
        self,
        *,
        locale: str = "en-US",
        javascript: bool = True,
        width: int = 1280,
        height: int = 800,
        has_touch: bool = False,
    ) -> Visitor:
        context = await self._browser.new_context(
            locale=locale,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            has_touch=has_touch,
            is_mobile=has_touch,
        )
        visitor = Visitor(context, await context.new_page(), f"http://localhost:{self._server.web_port}")
        self.all.append(visitor)
        return visitor


@pytest_asyncio.fixture(loop_scope=LOOP)
async def visitors(browser: Browser, server: ServerProcess) -> AsyncIterator[Visitors]:
    everybody = Visitors(browser, server)
    yield everybody
    for visitor in everybody.all:
        assert visitor.trouble == [], "the browser complained"
        await visitor.context.close()
