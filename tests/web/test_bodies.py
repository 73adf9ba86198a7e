"""The server's rows say what the browser's do: one table for both (tests/js/words.json)."""

import json
from pathlib import Path

import pytest

from pac.web.bodies import is_emoji_only, parts

WORDS = json.loads((Path(__file__).parents[1] / "js" / "words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "links"), WORDS["links"])
def test_only_http_and_https_are_links_and_nothing_is_lost(text: str, links: list[str]) -> None:
    found = parts(text)
    assert [part.address for part in found if part.address] == links
    assert "".join(part.text for part in found) == text


@pytest.mark.parametrize("text", WORDS["emoji"])
def test_one_to_three_emoji_are_large(text: str) -> None:
    assert is_emoji_only(text)


@pytest.mark.parametrize("text", WORDS["not_emoji"])
def test_anything_else_is_text(text: str) -> None:
    assert not is_emoji_only(text)
