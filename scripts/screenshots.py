"""The pictures of the README, made from a real server with demo data: `make screenshots`.

Needs Chromium and the Noto fonts (`apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji`).
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from tests.support.server import ServerProcess

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SAID = {
    "ko": ("저는 조금 늦어요. 먼저 드세요!", "네, 자리 맡아 둘게요 🙂"),
    "en": ("Running late, please start without me!", "Sure, we keep you a seat 🙂"),
}
LOCALES = {"ko": "ko-KR", "en": "en-US"}


async def sign_in(browser: Browser, home: str, name: str, language: str, scheme: str = "light"):  # type: ignore[no-untyped-def]
    context = await browser.new_context(
        viewport={"width": 1120, "height": 700},
        locale=LOCALES[language],
        color_scheme=scheme,  # type: ignore[arg-type]
        timezone_id="Asia/Seoul",
    )
    page = await context.new_page()
    await page.goto(f"{home}/login")
    await page.fill("#username", name)
    await page.fill("#password", name)
    await page.click("main button.primary")
    await page.click("a.room-name:has-text('테스트방')")
    await page.wait_for_selector("#composer:enabled")
    await page.wait_for_timeout(500)
    return page


async def take() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing: apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji")
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for language, (first, second) in SAID.items():
            with tempfile.TemporaryDirectory() as folder:
                server = ServerProcess(Path(folder))
                environment = os.environ | {"PAC_DATA_DIR": str(server.data)}
                subprocess.run([sys.executable, "-m", "pac.cli", "seed-demo"], env=environment, check=True)
                await server.start()
                try:
                    home = f"http://localhost:{server.web_port}"
                    one = await sign_in(browser, home, "test1", language)
                    two = await sign_in(browser, home, "test2", language)
                    for page, text in ((two, first), (one, second)):
                        await page.fill("#composer", text)
                        await page.press("#composer", "Enter")
                        await one.wait_for_selector(f"li[data-seq] .body:text-is('{text}')")
                    await one.wait_for_timeout(300)
                    await one.screenshot(path=IMAGES / f"room-{language}.png")
                finally:
                    server.end()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take())
