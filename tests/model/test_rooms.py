"""Rooms and logs do what a model of them does, that was written from the page of rights and shares no code with them.

PAC_MODEL_EXAMPLES=5000 PAC_MODEL_SHRINK=1 python -m pytest tests/model -s
"""

import ast
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import GRANTED, RoomsMachine, counts

EXAMPLES = int(os.environ.get("PAC_MODEL_EXAMPLES", "150"))
STEPS = 50
ONLY_GRANTED = {"time passes", "carry facts", "restart"}
"""Nobody can be refused these; `note ends of bans` finds some or none."""


@pytest.mark.req("8.3")
@pytest.mark.timeout(120 + EXAMPLES)
def test_rooms_do_what_their_model_does(migrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RoomsMachine.migrated = migrated
    counts.clear()
    # The short story of a failure takes minutes to find; CI tells the long one at once.
    shrinks = [Phase.shrink] if os.environ.get("PAC_MODEL_SHRINK") else []
    run_state_machine_as_test(
        RoomsMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            # The same stories in every run, until the rules or Hypothesis change; more of them when asked for more.
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate, *shrinks],
            suppress_health_check=list(HealthCheck),
        ),
    )
    with capsys.disabled():
        print(f"\n{EXAMPLES} examples of {STEPS} steps: {sum(counts.values())} outcomes compared")
        for line in _table():
            print(line)
    assert not _one_sided(), "rules that never ran both ways"


def _rules() -> list[str]:
    return sorted({rule for rule, _ in counts})


def _table() -> list[str]:
    lines = []
    for rule in _rules():
        by_outcome = sorted(
            ((number, outcome) for (one, outcome), number in counts.items() if one == rule), reverse=True
        )
        lines.append(f"  {rule:18} " + "  ".join(f"{outcome} {number}" for number, outcome in by_outcome))
    return lines


def _one_sided() -> list[str]:
    found = []
    for rule in _rules():
        outcomes = {outcome for one, outcome in counts if one == rule}
        granted = bool(outcomes & set(GRANTED))
        refused = bool(outcomes - set(GRANTED))
        if not granted or (not refused and rule not in ONLY_GRANTED):
            found.append(rule)
    return found


@pytest.mark.parametrize("name", ["rooms.py", "table.py"])
def test_the_model_shares_no_code_with_the_product(name: str) -> None:
    tree = ast.parse((Path(__file__).parent / name).read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= {"dataclasses", "pathlib", "typing", "tests.model.table"}
