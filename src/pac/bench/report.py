"""The figures for people: a table of ratios for the terminal, and JSON with everything behind it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from pac.bench.rows import Row
from pac.bench.workloads import Kind

NAMES: Mapping[str, str] = {
    "pac": "PAC, durable and acknowledged",
    "centrifuge": "Centrifuge (Go)",
    "centrifuge-delay": "Centrifuge, WriteDelay 5 ms",
    "centrifuge-lean": "Centrifuge, all its savings",
    "ws": "Node ws",
    "websockets": "Python websockets",
    "fastapi": "FastAPI on uvicorn",
    "floor": "C, one send() a reader",
}

_HEAD = ("", "core", "µs/delivery", "× PAC", "ack p50", "p99", "delivery p50", "p99", "deliveries/s", "")


def table(rows: Sequence[Row]) -> str:
    """Each workload and rate with every server in it. CPU as µs for one delivery, and as so many times PAC's;
    times in milliseconds from when the message was due."""
    lines: list[str] = []
    for title, group in groupby(rows, key=lambda row: row.workload.title):
        of_one = list(group)
        lines += ["", title]
        if of_one[0].workload.kind in (Kind.LOAD, Kind.SLOW, Kind.STRANGERS):
            lines += _aligned([_HEAD, *_loads(of_one)])
        for row in of_one:
            lines += [f"  {row.server}: {name} {value:,.2f}" for name, value in row.more.items()]
    return "\n".join(lines)


def by_rate(rows: Sequence[Row]) -> Iterator[tuple[int, list[Row]]]:
    """(messages a second, every server at it), PAC first where it is there."""
    for rate in sorted({row.rate for row in rows}):
        yield rate, sorted((row for row in rows if row.rate == rate), key=lambda row: row.server != "pac")


def _loads(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    for rate, at_rate in by_rate(rows):
        pac = next((row for row in at_rate if row.server == "pac"), None)
        for row in at_rate:
            acks, deliveries = row.result.ack, row.result.delivery
            yield (
                f"{rate:,}/s {NAMES.get(row.server, row.server)}",
                f"{row.core_share:.0%}",
                f"{row.us_per_delivery:.2f}",
                f"{row.us_per_delivery / pac.us_per_delivery:.2f}" if pac and pac.us_per_delivery else "",
                f"{acks.ms(50):.2f}" if acks.count else "–",
                f"{acks.ms(99):.2f}" if acks.count else "–",
                f"{deliveries.ms(50):.2f}",
                f"{deliveries.ms(99):.2f}",
                f"{row.per_second('delivered'):,.0f}",
                _remark(row),
            )


def _remark(row: Row) -> str:
    if row.falls_over:
        return "falls over"
    if row.result.faults:
        return f"FAULTS {dict(row.result.faults)}"
    return "generator saturated" if row.result.is_saturated else ""


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  " + "  ".join(
            text.ljust(width) if column in (0, len(widths) - 1) else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]  # fmt: skip


def as_json(rows: Iterable[Row], method: Mapping[str, str]) -> str:
    """`method`: how and where it was measured."""
    return json.dumps({"method": dict(method), "rows": [row.as_json() for row in rows]}, indent=1) + "\n"
