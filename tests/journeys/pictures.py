"""Pictures of `/dev/ui`, one of each component, at a moment that stands still; and how far two pictures differ.

`python -m scripts.screenshots` keeps them in tests/pictures, tests/journeys/test_pictures.py compares.
"""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Locator, Page

KEPT = Path(__file__).parents[1] / "pictures"
NOW = datetime(2026, 11, 23, 3, 5, 31, tzinfo=UTC)
LOCALES = {"ko": "ko-KR", "en": "en-US"}

PARTS = (
    "controls", "fields", "rooms", "lobby", "messages", "sending", "composer-full", "composer-waiting", "bars",
    "banners", "head", "members", "admissions", "menu",
)  # fmt: skip
NARROW = ("lobby", "messages", "sending", "composer-over", "bars", "head", "fields")


@dataclass(frozen=True, slots=True)
class Look:
    """How the page is looked at."""

    language: str
    scheme: str
    width: int
    parts: tuple[str, ...]

    def name(self, part: str) -> str:
        return f"{part}-{self.language}-{self.scheme}" + ("" if self.width > 720 else "-narrow")


LOOKS = (
    Look("ko", "light", 1280, (*PARTS, "rooms-empty", "nothing", "composer", "typing", "about", "question")),
    Look("en", "dark", 1280, PARTS),
    Look("en", "light", 360, NARROW),
)


async def open_specimens(browser: Browser, home: str, look: Look) -> Page:
    context = await browser.new_context(
        viewport={"width": look.width, "height": 900},
        locale=LOCALES[look.language],
        color_scheme="dark" if look.scheme == "dark" else "light",
        timezone_id="Asia/Seoul",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.clock.set_fixed_time(NOW)
    await page.goto(f"{home}/dev/ui")
    await page.wait_for_selector("body[data-ready]")
    await page.wait_for_timeout(1_000)  # what is drawn by a timer is drawn
    await page.evaluate("document.fonts.ready")
    return page


async def pictures(browser: Browser, home: str) -> AsyncIterator[tuple[str, bytes]]:
    """(name, PNG) of all of them."""
    for look in LOOKS:
        page = await open_specimens(browser, home, look)
        for part in look.parts:
            yield look.name(part), await (await part_of(page, part)).screenshot(animations="disabled")
        await page.context.close()


async def part_of(page: Page, part: str) -> Locator:
    """The frame of this part, with what lies over it open."""
    frame = page.locator(f'[id="{part}"] .frame')
    if part == "menu":
        await frame.locator("li[data-seq]").last.press("Enter")
        await frame.locator(".row-menu").wait_for()
    if part == "question":
        await frame.locator("button").click()
        return page.locator("dialog")
    return frame


async def difference(page: Page, one: bytes, other: bytes) -> float:
    """the share of pixels, 0 to 1, that a person would see to be others; 1 where the sizes differ."""
    return float(
        await page.evaluate(
            """async ([one, other]) => {
              const drawn = async (data) => {
                const image = new Image();
                image.src = `data:image/png;base64,${data}`;
                await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.width, image.height];
                const context = canvas.getContext('2d', { willReadFrequently: true });
                context.drawImage(image, 0, 0);
                return context.getImageData(0, 0, image.width, image.height);
              };
              const [a, b] = [await drawn(one), await drawn(other)];
              if (Math.abs(a.width - b.width) > 2 || Math.abs(a.height - b.height) > 2) return 1;
              const [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)];
              let others = 0;
              for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
                const [p, q] = [(y * a.width + x) * 4, (y * b.width + x) * 4];
                const apart = Math.max(...[0, 1, 2].map((at) => Math.abs(a.data[p + at] - b.data[q + at])));
                if (apart > 40) others += 1;
              }
              return others / (width * height);
            }""",
            [base64.b64encode(one).decode(), base64.b64encode(other).decode()],
        )
    )
