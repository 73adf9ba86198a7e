"""The inventory of routes is a file, so that a new one is seen by whoever reads the change."""

from pathlib import Path

import pytest

from tests.web.service import House

INVENTORY = Path(__file__).with_name("routes.txt")


@pytest.mark.req("1.15")
async def test_the_routes_are_those_of_the_inventory(house: House) -> None:
    found = "".join(f"{method} {path}\n" for method, path in house.routes())
    assert found == INVENTORY.read_text(encoding="utf-8"), "a route came or went: change tests/web/routes.txt"


@pytest.mark.req("1.15")
@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/test", "/ws/test"]
)
async def test_what_a_framework_offers_by_itself_is_not_there(house: House, path: str) -> None:
    ada = await house.member("ada")
    assert (await ada.browser.get(path)).status_code == 404
