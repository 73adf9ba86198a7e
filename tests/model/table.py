"""Who may do what, read from the table of docs/AUTHORIZATION.md and from nowhere else.

What stands there under the table, in prose, is written by hand in rooms.py.
"""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "AUTHORIZATION.md"

Table = dict[str, dict[str, frozenset[str]]]
"""By action and visibility: the letters of the page."""


def read_table(page: Path = PAGE) -> Table:
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    heading, _, *body = rows
    kinds = heading[2:]
    assert kinds == ["AVAILABLE", "OBSERVER", "PRIVATE", "INVISIBLE", "VOID"], kinds
    return {
        row[1].strip("`"): {
            kind: frozenset(cell.replace("–", "").split()) for kind, cell in zip(kinds, row[2:], strict=True)
        }
        for row in body
    }
