"""Every component looks as it was looked at: `make screenshots` makes the pictures anew after a change that
is meant, and whoever makes them looks at them.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.pictures import KEPT, LOOKS, difference, open_specimens, part_of, pictures
from tests.support.server import running_server

TOLERANCE = 0.01
"""Glyphs are drawn a little otherwise by another build of Chromium or of a font; a line that moved is far more."""


async def test_every_component_looks_as_it_was_looked_at(browser: Browser, tmp_path: Path) -> None:
    async with running_server(tmp_path / "server", DEV_UI=1) as server:
        blank = await browser.new_page()
        others: dict[str, float] = {}
        seen = set()
        async for name, picture in pictures(browser, server.url):
            seen.add(f"{name}.png")
            kept = KEPT / f"{name}.png"
            share = await difference(blank, kept.read_bytes(), picture) if kept.exists() else 1
            if share > TOLERANCE:
                others[name] = round(share, 4)
                (tmp_path / f"{name}.png").write_bytes(picture)
        await blank.close()
        assert not others, f"look at {tmp_path} and at tests/pictures"
        assert seen == {path.name for path in KEPT.glob("*.png")}, "a picture of nothing is kept"


@pytest.mark.parametrize(
    "change",
    ["main { padding-top: 3px } .body { margin-top: 3px }", ":root { --accent-text: red; --text: #555 }"],
    ids=["moved", "recoloured"],
)
async def test_a_change_one_can_see_is_seen(browser: Browser, tmp_path: Path, change: str) -> None:
    async with running_server(tmp_path / "server", DEV_UI=1) as server:
        page = await open_specimens(browser, server.url, LOOKS[0])
        before = await (await part_of(page, "messages")).screenshot()
        await page.evaluate(
            """(rules) => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(rules);
              document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
            }""",
            change,
        )
        after = await (await part_of(page, "messages")).screenshot()
        assert await difference(page, before, before) == 0
        assert await difference(page, before, after) > TOLERANCE
        await page.context.close()
