"""The figures as drawings for the docs: plain SVG, readable on light and on dark pages, with the words in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from pac.bench.report import NAMES, by_rate
from pac.bench.rows import Row
from pac.bench.workloads import Kind

WIDTH = 760
NAME_WIDTH = 220
BAR_WIDTH = 300
LINE = 22
MARGIN = 16

_STYLE = """\
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px } .group { font-weight: 600 } .small { font-size: 11px; fill: #59636e }
.pac { fill: #0969da } .peer { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .pac { fill: #4493f8 } .peer { fill: #656c76 }
}
</style>"""


@dataclass(frozen=True, slots=True)
class _Bar:
    """`length` 0: there is no figure, only words."""

    server: str
    length: float
    words: str


def drawings(rows: Sequence[Row]) -> dict[str, str]:
    """File name → SVG: the CPU of each delivery for every workload under load, the memory of idle connections."""
    drawn: dict[str, str] = {}
    for workload in dict.fromkeys(row.workload.name for row in rows):
        of_one = [row for row in rows if row.workload.name == workload]
        match of_one[0].workload.kind:
            case Kind.LOAD:
                drawn[f"bench-{workload}.svg"] = _cpu(of_one)
            case Kind.IDLE:
                drawn[f"bench-{workload}.svg"] = _memory(of_one)
            case _:
                pass  # a storm, slow readers and strangers are a sentence, not a drawing
    return drawn


def _cpu(rows: Sequence[Row]) -> str:
    groups: list[tuple[str, list[_Bar]]] = []
    for rate, at_rate in by_rate(rows):
        each = rows[0].workload.readers
        groups.append((
            f"{rate:,} messages/s, {rate * each:,} deliveries/s",
            [_Bar(row.server, 0.0 if row.falls_over else row.us_per_delivery, _said_of_load(row)) for row in at_rate],
        ))  # fmt: skip
    return _drawn(rows[0].workload.title, "CPU of the server for one delivery, µs; shorter is better", groups)


def _said_of_load(row: Row) -> str:
    if row.falls_over:
        return f"falls over at {row.per_second('delivered'):,.0f} deliveries/s"
    return f"{row.us_per_delivery:.2f} µs · p99 {row.result.delivery.ms(99):,.1f} ms · {row.core_share:.0%} of a core"


def _memory(rows: Sequence[Row]) -> str:
    bars = [
        _Bar(row.server, row.more["kib_per_connection"], f"{row.more['kib_per_connection']:.1f} KiB")
        for row in rows
    ]
    return _drawn(rows[0].workload.title, "Memory of one connection, KiB; shorter is better", [("", bars)])


def _drawn(title: str, unit: str, groups: Sequence[tuple[str, Sequence[_Bar]]]) -> str:
    longest = max((bar.length for _, bars in groups for bar in bars), default=0) or 1
    body = list(_lines(title, unit, groups, BAR_WIDTH / longest))
    lines = 3 + sum(len(bars) + (2 if head else 1) for head, bars in groups)
    height = 2 * MARGIN + lines * LINE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
    return "\n".join([f'{head} aria-label="{escape(title)}">', _STYLE, *body, "</svg>", ""])


def _lines(
    title: str, unit: str, groups: Sequence[tuple[str, Sequence[_Bar]]], scale: float
) -> Iterator[str]:
    y = MARGIN + LINE
    yield _text(MARGIN, y, title, "title")
    y += LINE
    yield _text(MARGIN, y, unit, "small")
    for head, bars in groups:
        y += LINE
        if head:
            y += LINE
            yield _text(MARGIN, y, head, "group")
        for bar in bars:
            y += LINE
            yield _text(MARGIN, y, _name(bar.server))
            if bar.length:
                kind = "pac" if bar.server == "pac" else "peer"
                width = max(1.0, bar.length * scale)
                yield (
                    f'<rect class="{kind}" x="{NAME_WIDTH}" y="{y - 12}" width="{width:.1f}" '
                    'height="15" rx="2"/>'
                )
            else:
                width = 0.0
            yield _text(NAME_WIDTH + width + 8, y, bar.words, "small")


def _name(server: str) -> str:
    return "PAC" if server == "pac" else NAMES.get(server, server)


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    given = f' class="{kind}"' if kind else ""
    return f'<text{given} x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'
