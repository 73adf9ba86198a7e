"""Fill in the tables of docs/PERFORMANCE.md from the results beside it: every figure of theirs is one of a run.

The page's words are written by hand; what stands between `<!-- figures: NAME -->` and `<!-- end -->` is not.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "PERFORMANCE.md"
RESULTS = ROOT / "docs" / "performance" / "bench.json"
TUNED = ("centrifuge", "centrifuge-delay", "centrifuge-lean")
NAMES = {
    "pac": "**PAC**, durable and acknowledged",
    "centrifuge": "Centrifuge",
    "centrifuge-delay": "Centrifuge, WriteDelay 5 ms",
    "centrifuge-lean": "Centrifuge, all its savings",
    "ws": "Node `ws`",
    "websockets": "Python `websockets`",
    "fastapi": "FastAPI on uvicorn",
    "floor": "C, one `send()` a reader",
}

Row = dict[str, Any]
_PLACE = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield from ("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def _ms(summary: dict[str, float], name: str) -> str:
    return f"{summary[name]:,.1f}" if summary["count"] else "–"


def _rates(rows: list[Row]) -> list[int]:
    return sorted({row["rate"] for row in rows})


def _load(rows: list[Row]) -> Iterator[str]:
    """A column for each rate: µs of CPU a delivery, and the 99th percentile of the delivery."""
    rates = _rates(rows)
    lines: list[list[str]] = []
    for server, name in NAMES.items():
        cells = [
            _cell(row) for rate in rates for row in rows if (row["server"], row["rate"]) == (server, rate)
        ]
        if cells:
            lines.append([name, *cells])
    ratios = ["PAC ÷ the best Centrifuge", *(_ratio(rows, rate) for rate in rates)]
    each = max(round(row["deliveries_per_s"] / row["rate"]) for row in rows if row["server"] == "pac")
    head = ["µs CPU a delivery · p99", *(f"{rate:,} msg/s ({rate * each:,}/s)" for rate in rates)]
    yield from _table(head, [*lines, ratios])


def _cell(row: Row) -> str:
    if row["falls_over"]:
        return f"falls over at {row['deliveries_per_s']:,}/s"
    return f"{row['us_per_delivery']:.2f} · {_ms(row['delivery'], 'p99_ms')} ms"


def _ratio(rows: list[Row], rate: int) -> str:
    of_rate = {row["server"]: row for row in rows if row["rate"] == rate and not row["falls_over"]}
    best = min((of_rate[peer]["us_per_delivery"] for peer in TUNED if peer in of_rate), default=0.0)
    return f"**{of_rate['pac']['us_per_delivery'] / best:.2f}**" if best and "pac" in of_rate else "–"


def _acks(rows: list[Row]) -> Iterator[str]:
    yield from _table(
        ["asked for", "acked/s", "of a core", "µs a message", "ack p50", "ack p99", "delivery p50"],
        [
            [
                f"{row['rate']:,}/s",
                f"{row['acks_per_s']:,}",
                f"{row['core_share']:.0%}",
                f"{row['core_share'] / max(1, row['acks_per_s']) * 1e6:.0f}",
                f"{_ms(row['ack'], 'p50_ms')} ms",
                f"{_ms(row['ack'], 'p99_ms')} ms",
                f"{_ms(row['delivery'], 'p50_ms')} ms",
            ]
            for row in rows
            if row["server"] == "pac"
        ],
    )


def _more(rows: list[Row]) -> Iterator[str]:
    """Figures that a kind of workload has of its own, in a row for each server."""
    known = {
        name for name, value in rows[0].items() if isinstance(value, (int, float)) and name not in _COMMON
    }
    names = [name for name in rows[0] if name in known]
    yield from _table(
        ["", *(name.replace("_", " ") for name in names)],
        [
            [
                row["title"] if row["server"] == "pac" else NAMES[row["server"]],
                *(f"{row.get(name, 0):,.2f}" for name in names),
            ]
            for row in rows
        ],
    )


_COMMON = {"rate", "us_per_delivery", "core_share", "deliveries_per_s", "acks_per_s", "generator_share", "came_again",
           "generator_saturated", "falls_over"}  # fmt: skip


KINDS: dict[str, Callable[[list[Row]], Iterator[str]]] = {
    "wide": _load, "small": _load, "quiet": _acks, "log": _acks,
    "idle": _more, "storm": _more, "slow": _more, "strangers": _more,
}  # fmt: skip


def filled(text: str, results: dict[str, Any]) -> str:
    """The page with its tables as these results have them."""

    def table(place: re.Match[str]) -> str:
        name = place[2]
        if name == "method":
            lines = [f"{what}: {how}." for what, how in results["method"].items()]
            return f"{place[1]}{' '.join(lines)}\n{place[3]}"
        rows = [
            row
            for row in results["rows"]
            if row["workload"] == name or row["workload"].startswith(f"{name}-")
        ]
        if not rows:
            return place[1] + "Not in this run.\n" + place[3]
        return place[1] + "\n".join(KINDS[name](rows)) + "\n" + place[3]

    return _PLACE.sub(table, text)


def page() -> str:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return filled(PAGE.read_text(encoding="utf-8"), results)


def write_page() -> None:
    PAGE.write_text(page(), encoding="utf-8")
