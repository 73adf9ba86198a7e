"""Lines that are owed a test, and the tests that name them by a marker: the count kept over a whole run."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest


class Ledger:
    """The lines of one TOML file, each in a table with a sentence of its own. A test names lines by `marker`."""

    def __init__(self, marker: str, kind: str, file: Path) -> None:
        self.marker, self.kind, self.file = marker, kind, file
        self.lines: dict[str, str] = {}
        for table in tomllib.loads(file.read_text(encoding="utf-8")).values():
            twice = self.lines.keys() & table.keys()
            if twice:
                raise pytest.UsageError(f"{file.name} lists {sorted(twice)} twice")
            self.lines |= table
        self._tests_of: defaultdict[str, set[str]] = defaultdict(set)

    def enter(self, items: Iterable[pytest.Item]) -> None:
        """Note which test names which line. Raises UsageError for a line that is not listed."""
        for item in items:
            for marker in item.iter_markers(self.marker):
                for line in marker.args:
                    if line not in self.lines:
                        raise pytest.UsageError(
                            f'{item.nodeid} names the {self.kind} "{line}", which is not in {self.file.name}'
                        )
                    self._tests_of[line].add(item.nodeid)

    def untested(self) -> Iterator[str]:
        for line, about in self.lines.items():
            if not self._tests_of[line]:
                yield f'The {self.kind} "{line}" ({about}) has no test.'

    def unproven(self, passed: set[str]) -> Iterator[str]:
        """Lines that have tests of which none passed: all were skipped, or expected to fail."""
        for line in self.lines:
            if self._tests_of[line] and not self._tests_of[line] & passed:
                yield f'The {self.kind} "{line}": none of its tests passed.'

    def __str__(self) -> str:
        named = sum(1 for line in self.lines if self._tests_of[line])
        return f"{named} of {len(self.lines)} lines of {self.file.name} have a test."


HERE = Path(__file__).parent
REQUIREMENTS = Ledger("req", "requirement", HERE / "requirements.toml")
ROWS = Ledger("row", "row of the protocol", HERE / "protocol_rows.toml")
