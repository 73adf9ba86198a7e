"""Pictures from a real server with demo data: `make screenshots`.

The README's go to docs/images, those of every component to tests/pictures, which a test compares. `--look FOLDER`
makes no such picture but one of every page at three widths, both themes and both languages: look at them before a
page is done. Needs Chromium and the Noto fonts (`apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji`).
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright
from tests.journeys.pictures import KEPT, LOCALES, pictures
from tests.support.server import ServerProcess

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SAID = {
    "ko": ("저는 조금 늦어요. 먼저 드세요!", "네, 자리 맡아 둘게요 🙂"),
    "en": ("Running late, please start without me!", "Sure, we keep you a seat 🙂"),
}
WIDTHS = (360, 820, 1440)
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
STRANGERS = {
    "landing": "/",
    "sign-in": "/login",
    "sign-up": "/auth/join",
    "random": "/chat/room/random",
    "offline": "/offline",
}
MEMBERS = {
    "lobby": "/chat/lobby", "rooms": "/chat/rooms", "create": "/chat/room/create", "logs": "/chat/log",
    "settings": "/settings", "room": "{room}", "members": "{room}/members", "log": "{log}", "not-found": "/nowhere",
}  # fmt: skip


@asynccontextmanager
async def demo_server(**settings: object) -> AsyncIterator[str]:
    """Where it is, with the demo data."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), **settings)
        environment = os.environ | {"PAC_DATA_DIR": str(server.data)}
        subprocess.run([sys.executable, "-m", "pac.cli", "seed-demo"], env=environment, check=True)
        await server.start()
        try:
            yield f"http://localhost:{server.web_port}"
        finally:
            server.end()


async def visitor(
    browser: Browser, language: str, scheme: Literal["light", "dark"], width: int, height: int
) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        color_scheme=scheme,
        timezone_id="Asia/Seoul",
        has_touch=width < 720,
        is_mobile=width < 720,
    )
    return await context.new_page()


async def sign_in(page: Page, home: str, name: str) -> str:
    """The path of the demo room."""
    await page.goto(f"{home}/login")
    await page.fill("#username", name)
    await page.fill("#password", name)
    await page.click("main button.primary")
    link = page.locator("a.room-name:has-text('테스트방')")
    return await link.get_attribute("href") or ""


async def live(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector("#composer:enabled")
    await page.wait_for_timeout(500)


async def readme(browser: Browser) -> None:
    """Two people who talk."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for language, (first, second) in SAID.items():
        async with demo_server() as home:
            one = await visitor(browser, language, "light", 1120, 700)
            two = await visitor(browser, language, "light", 1120, 700)
            room = await sign_in(one, home, "test1")
            await sign_in(two, home, "test2")
            await live(one, home + room)
            await live(two, home + room)
            for page, text in ((two, first), (one, second)):
                await page.fill("#composer", text)
                await page.press("#composer", "Enter")
                await one.wait_for_selector(f"li[data-seq] .body:text-is('{text}')")
            await one.wait_for_timeout(300)
            await one.screenshot(path=IMAGES / f"room-{language}.png")


async def components(browser: Browser) -> None:
    KEPT.mkdir(exist_ok=True)
    for old in KEPT.glob("*.png"):
        old.unlink()
    async with demo_server(DEV_UI=1) as home:
        async for name, picture in pictures(browser, home):
            (KEPT / f"{name}.png").write_bytes(picture)


async def look(browser: Browser, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with demo_server(LIMIT_SIGNIN_FAILURES=10_000) as home:
        for language in LOCALES:
            for scheme in SCHEMES:
                for width in WIDTHS:
                    page = await visitor(browser, language, scheme, width, 900 if width > 720 else 740)
                    for name, path in STRANGERS.items():
                        await page.goto(home + path)
                        await page.wait_for_timeout(200)
                        await page.screenshot(path=folder / f"{name}-{width}-{language}-{scheme}.png")
                    room = await sign_in(page, home, "test1")
                    log = room.replace("/room/", "/log/")
                    for name, path in MEMBERS.items():
                        await page.goto(home + path.format(room=room, log=log))
                        await page.wait_for_timeout(700 if name in ("room", "lobby") else 200)
                        await page.screenshot(path=folder / f"{name}-{width}-{language}-{scheme}.png")
                    await page.context.close()


async def take(folder: Path | None) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if folder is None:
            await readme(browser)
            await components(browser)
        else:
            await look(browser, folder)
        await browser.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--look", type=Path, metavar="FOLDER")
    asyncio.run(take(arguments.parse_args().look))
