"""Write docs/conformance/README.md from the results beside it: every figure of the page is one of theirs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "conformance"
PAGE = FOLDER / "README.md"
WIDTH = 118
VERDICTS = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")

Result = dict[str, Any]


def paragraph(*sentences: str) -> list[str]:
    return [*wrap(" ".join(sentences), WIDTH, break_long_words=False, break_on_hyphens=False), ""]


def table(head: list[Any], *rows: list[Any]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) + " |"
    yield ""


def autobahn(of: Result) -> Iterator[str]:
    yield from paragraph(
        f"`make autobahn`, {of['date']}: {of['suite']}, {of['cases']} cases against the gateway's own frame layer",
        "with an echo behind it (`tests/conformance/echo.py`); limits are raised there only.",
        "NON-STRICT are cases of 6.4: text that stops being UTF-8 in the middle of a message is refused when the",
        "message is whole. Groups 12 and 13 are compression, which there is none of.",
        "CI runs our own port of groups 1–7 and 10 (`tests/conformance/cases.py`) by the same criterion.",
    )
    rows = [
        [group, *(counts.get(verdict, "–") for verdict in VERDICTS)] for group, counts in of["groups"].items()
    ]
    yield from table(["group", *VERDICTS], *rows)


def fuzz(of: Result) -> Iterator[str]:
    least, most = of["grown_mib"]
    yield from paragraph(
        f"`make fuzz`, {of['date']}: {of['frames']:,} frames of {of['seeds']:,} seeds ({of['first_seed']} and on),",
        f"before and after `hello`, on {of['sockets']:,} sockets in one process, {of['frames_per_s']:,} frames/s.",
        f"The slowest read held the loop for {of['slowest_read_ms']} ms; memory changed by {least} to {most} MiB a",
        "seed. No exception, nothing foreign in a reply, no error in the log. Over TCP, with some frames broken as",
        f"bytes: {of['tcp_frames']:,} a seed, {of['tcp_seeds']} seeds.",
    )
    yield from table(["closed with", *of["closes"]], ["sockets", *of["closes"].values()])
    yield from paragraph(f"Lines and branches that {of['coverage_seeds']} seeds reach, by coverage.py:")
    yield from table(
        ["module", "reached"], *([f"`{name}`", f"{part} %"] for name, part in of["coverage"].items())
    )


def soak(of: Result) -> Iterator[str]:
    yield from paragraph(
        f"`make soak`, {of['date']}: {of['seconds']:,} s of people who talk, come and go, of strangers who pass by and",
        "of abusers of every kind the service knows (`tests/faults/soak.py`).",
        f"{of['messages_acked']:,} messages, the slowest acknowledged after {of['worst_ack_ms']} ms, with",
        f"{of['server_cpu_s']} s of processor time. The history checker found nothing; nothing was logged above INFO.",
    )
    yield from table(
        ["once warm", "least", "most"],
        ["memory, MiB", *of["rss_mib"]],
        ["open files", *of["files"]],
        ["tasks", *of["tasks"]],
    )
    yield from paragraph(f"Memory by the line of least squares: {of['rss_mib_per_hour']:+} MiB an hour.")
    if "note" in of:
        yield from paragraph(of["note"])
    yield from paragraph(
        "What happened: " + ", ".join(f"{kind} {count:,}" for kind, count in of["happened"].items()) + "."
    )


PARTS: dict[str, tuple[str, Callable[[Result], Iterator[str]]]] = {
    "autobahn.json": ("Autobahn", autobahn),
    "fuzz.json": ("Fuzzing", fuzz),
    "soak.json": ("Soak", soak),
}


def page() -> str:
    lines = [
        "# Conformance and abuse, as measured",
        "",
        "Made by `make autobahn`, `make fuzz` and `make soak` from the JSON files beside it; do not edit.",
        "",
    ]
    for file, (heading, written) in PARTS.items():
        result = FOLDER / file
        if result.exists():
            lines += [f"## {heading}", "", *written(json.loads(result.read_text(encoding="utf-8")))]
    return "\n".join(lines).rstrip() + "\n"


def write_page() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_page()
