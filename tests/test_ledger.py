"""The count of owed lines itself: what it takes for a line to be proven."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.ledger import Ledger


def item(name: str, *lines: str) -> Any:
    """A test that names these lines."""
    return SimpleNamespace(
        nodeid=name,
        iter_markers=lambda marker: [SimpleNamespace(args=lines)] if marker == "row" and lines else [],
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    file = tmp_path / "rows.toml"
    file.write_text('[a]\n"send" = "to say something"\n[b]\n"close 4001" = "no hello"\n', encoding="utf-8")
    return Ledger("row", "row", file)


def test_a_line_is_proven_by_one_test_of_it_that_passed(ledger: Ledger) -> None:
    ledger.enter([item("one", "send"), item("two", "send", "close 4001"), item("three")])
    assert list(ledger.untested()) == []
    assert list(ledger.unproven({"one", "three"})) == ['The row "close 4001": none of its tests passed.']
    assert list(ledger.unproven({"two"})) == []


def test_a_line_without_a_test_is_named_with_its_sentence(ledger: Ledger) -> None:
    ledger.enter([item("one", "send")])
    assert list(ledger.untested()) == ['The row "close 4001" (no hello) has no test.']
    assert list(ledger.unproven({"one"})) == []
    assert str(ledger) == "1 of 2 lines of rows.toml have a test."


def test_a_line_that_is_not_listed_is_a_fault_of_the_test(ledger: Ledger) -> None:
    with pytest.raises(pytest.UsageError, match=r'one names the row "sned", which is not in rows\.toml'):
        ledger.enter([item("one", "sned")])


def test_a_line_is_listed_once(tmp_path: Path) -> None:
    file = tmp_path / "rows.toml"
    file.write_text('[a]\n"send" = "x"\n[b]\n"send" = "y"\n', encoding="utf-8")
    with pytest.raises(pytest.UsageError, match="twice"):
        Ledger("row", "row", file)
