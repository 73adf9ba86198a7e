"""What is told of the figures: ratios to PAC, who falls over, drawings that can be read."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from pac.bench import drawing, report, workloads
from pac.bench.generator import Result
from pac.bench.histogram import Histogram
from pac.bench.rows import Row
from pac.cli import main


def row(server: str, rate: int = 500, cpu: float = 1.0, **raw: Any) -> Row:
    window = {"seconds": 10.0, "server_cpu": cpu, "own_cpu": 2.0, "sent": 5_000, "delivered": 1_000_000,
              "answered": 5_000, "bytes": 0, "frames": 0, "reads": 0}  # fmt: skip
    given = {
        "connections": 200, "completed": 200, "missing": 0, "unanswered": 0, "unsent": 0, "refused": 0,
        "faults": {"holes": 0}, "kinds": {}, "window": window,
    }  # fmt: skip
    times = Histogram.of([8_000_000] * 99 + [9_000_000])
    return Row(server, workloads.WIDE, rate, Result(given | raw, ack=times, delivery=times))


def test_every_server_stands_beside_pac_as_a_ratio() -> None:
    shown = report.table([row("pac", cpu=1.0), row("centrifuge", cpu=2.5)])
    pac, centrifuge = (line.split() for line in shown.splitlines() if line.strip().startswith("500/s"))
    assert "1.00" in pac
    assert "2.50" in centrifuge


def test_who_could_not_carry_the_rate_falls_over() -> None:
    shown = report.table([row("pac"), row("ws", missing=17)])
    assert "falls over" in shown.splitlines()[-1]
    assert (
        "falls over at 100,000 deliveries/s"
        in drawing.drawings([row("pac"), row("ws", missing=17)])["bench-wide.svg"]
    )


def test_a_fault_is_told_by_its_name() -> None:
    faulty = row("pac", faults={"holes": 2}, kinds={"close 4008": 1, "again http 503": 3})
    assert faulty.result.faults == {"holes": 2, "close 4008": 1}
    assert faulty.result.came_again == {"http 503": 3}
    assert "holes" in report.table([faulty])


def test_a_generator_at_its_end_is_told() -> None:
    late = Result(row("pac").result.raw, lateness=Histogram.of([2_000_000]))
    assert late.is_saturated
    assert not row("pac").result.is_saturated


def test_the_json_has_the_method_and_every_row() -> None:
    written = json.loads(report.as_json([row("pac"), row("floor")], {"cores": "2"}))
    assert written["method"] == {"cores": "2"}
    assert [one["server"] for one in written["rows"]] == ["pac", "floor"]
    assert written["rows"][0]["us_per_delivery"] == pytest.approx(1.0)
    assert written["rows"][0]["delivery"]["p99_ms"] == pytest.approx(8.0, rel=1e-3)


def test_a_drawing_is_svg_with_a_bar_for_each_server() -> None:
    drawn = drawing.drawings([row("pac", cpu=1.0), row("centrifuge", cpu=2.0)])["bench-wide.svg"]
    root = ElementTree.fromstring(drawn)
    bars = [element for element in root if element.tag.endswith("rect")]
    assert [float(bar.get("width", "0")) for bar in bars] == [drawing.BAR_WIDTH / 2, drawing.BAR_WIDTH]
    assert "prefers-color-scheme: dark" in drawn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workloads", "wide,deep"), "'deep'"),
        (("--peers", "nginx"), "nginx"),
        (("--rates", "fast"), "whole numbers"),
        (("--seconds", "0"), "--seconds"),
    ],
)
def test_a_wrong_argument_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["bench", *arguments], prog_name="pac")
    assert done.exit_code == 2
    assert said in done.output
