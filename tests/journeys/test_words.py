"""조사 in the browser that shows them (UI specification §9 and §11: T45)."""

import json
from pathlib import Path

import pytest

from tests.journeys.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

TABLE = json.loads((Path(__file__).parents[1] / "js" / "josa.json").read_text(encoding="utf-8"))


async def test_josa_table(visitors: Visitors) -> None:
    ada = await visitors.new(locale="ko-KR")
    await ada.go("/login")
    folder = (await ada.page.get_attribute("html", "data-texts") or "").rsplit("/", 2)[0]
    found = await ada.page.evaluate(
        """async ([address, table]) => {
          const {josa} = await import(address);
          return table.map(([word, pair]) => josa(word, pair));
        }""",
        [f"{folder}/js/ui/josa.js", TABLE],
    )
    assert found == [wanted for _, _, wanted in TABLE]
    assert len(found) == 40
