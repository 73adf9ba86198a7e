"""The keyboard of a phone comes and goes over the room (UI specification §10 and §11: T54)."""

import pytest

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

HEIGHT, KEYBOARD = 780, 330

# iOS leaves the page as high as it was; only the visual viewport says what is left.
IOS = """(height) => {
  Object.defineProperty(visualViewport, 'height', {get: () => height, configurable: true});
  visualViewport.dispatchEvent(new Event('resize'));
}"""
BOTTOM = """(sel) => {
  const rows = document.querySelectorAll(sel);
  const row = rows[rows.length - 1].getBoundingClientRect();
  const composer = document.getElementById('composer-pane').getBoundingClientRect();
  return {row: row.bottom, list: composer.top, composer: composer.bottom};
}"""


async def keyboard(visitor: Visitor, system: str, *, is_up: bool) -> None:
    height = HEIGHT - KEYBOARD if is_up else HEIGHT
    if system == "ios":
        await visitor.page.evaluate(IOS, height)
    else:
        await visitor.page.set_viewport_size({"width": 390, "height": height})
    await visitor.page.wait_for_timeout(300)


@pytest.mark.parametrize("system", ["android", "ios"])
async def test_phone_keyboard_keeps_last_row(visitors: Visitors, system: str) -> None:
    ada = await visitors.new(width=390, height=HEIGHT, has_touch=True)
    await ada.sign_up("ada", "Ada")
    await ada.make_room("Plaza")
    for number in range(40):
        await ada.page.fill("#composer", f"line {number}")
        await ada.page.tap("#send")
    await ada.sees("line 39")
    for is_up in (True, False, True):
        await keyboard(ada, system, is_up=is_up)
        at = await ada.page.evaluate(BOTTOM, "#messages li[data-seq]")
        assert at["row"] <= at["list"], "the last row is above the composer"
        assert at["row"] > at["list"] - 60, "and just above it"
        assert at["composer"] <= (HEIGHT - KEYBOARD if is_up else HEIGHT) + 1, (
            "the field is above the keyboard"
        )

    # Who reads further up keeps the place.
    await ada.page.evaluate("document.getElementById('scroller').scrollTop -= 600")
    await ada.page.wait_for_timeout(300)
    row = """() => { const frame = document.getElementById('scroller').getBoundingClientRect();
      return [...document.querySelectorAll('#messages li[data-seq]')]
        .find(one => one.getBoundingClientRect().top >= frame.top).dataset.seq; }"""
    seq = await ada.page.evaluate(row)
    top = f"document.querySelector('li[data-seq=\"{seq}\"]').getBoundingClientRect().top"
    before = await ada.page.evaluate(top)
    for is_up in (False, True):
        await keyboard(ada, system, is_up=is_up)
        assert abs(await ada.page.evaluate(top) - before) <= 1
