"""The figures for people: a table of ratios, JSON with everything, drawings for the docs."""

import json
from collections.abc import Iterable, Mapping, Sequence

from pac.bench.rows import Row


def table(rows: Sequence[Row]) -> str:
    """Each workload and rate with every server in it; PAC is 1, the others so many times as much."""
    return "\n".join(row.line() for row in rows)


def as_json(rows: Iterable[Row], method: Mapping[str, str]) -> str:
    return json.dumps({"method": dict(method), "rows": [row.as_json() for row in rows]}, indent=1) + "\n"


def drawings(rows: Sequence[Row]) -> dict[str, str]:
    return {}
