"""Draw the app's icons from the logo: `python -m scripts.icons`. Needs Chromium.

A maskable icon may be cut to any shape: its ground fills it, and the mark stays within the inner 80 %.
"""

import asyncio
from pathlib import Path

from playwright.async_api import async_playwright

IMAGES = Path(__file__).resolve().parents[1] / "src" / "pac" / "web" / "static" / "images"
GROUND = "#3d63d3"
ICONS = {
    "icon-192.png": (192, "transparent", 1.0),
    "icon-512.png": (512, "transparent", 1.0),
    "icon-180.png": (180, "#ffffff", 0.78),
    "icon-maskable-512.png": (512, GROUND, 0.6),
}
"""File: its size in pixels, its ground, and how much of it the logo takes."""


async def main() -> None:
    logo = (IMAGES / "logo.svg").read_text(encoding="utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (size, ground, share) in ICONS.items():
            mark = _inverted(logo) if ground == GROUND else logo
            page = await browser.new_page(viewport={"width": size, "height": size})
            await page.set_content(
                f"<style>body{{margin:0;width:{size}px;height:{size}px;background:{ground};display:grid;"
                f"place-items:center}}svg{{width:{size * share}px}}</style>{mark}"
            )
            await page.screenshot(path=IMAGES / name, omit_background=True)
            await page.close()
        await browser.close()


def _inverted(logo: str) -> str:
    """White on the ground's colour."""
    return logo.replace(GROUND, "@").replace("#fff", GROUND).replace("@", "#fff")


if __name__ == "__main__":
    asyncio.run(main())
