"""Fixtures every test may use, and the two counts that are kept over a whole run: nothing is deselected, and
every requirement owed has a test (tests/requirements.toml)."""

import os
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from pac.ids import SeededIds
from tests.support.clock import SteppedClock

OWED = tomllib.loads((Path(__file__).parent / "requirements.toml").read_text(encoding="utf-8"))["owed"]

_tests_of: defaultdict[str, set[str]] = defaultdict(set)
_passed: set[str] = set()
_skipped: set[str] = set()
_collected = 0
_deselected = 0


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def ids() -> SeededIds:
    return SeededIds(20261123)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("req"):
            for line in marker.args:
                if line not in OWED:
                    raise pytest.UsageError(
                        f"{item.nodeid} names requirement {line}, which is not in requirements.toml"
                    )
                _tests_of[line].add(item.nodeid)


def pytest_deselected(items: list[pytest.Item]) -> None:
    global _deselected
    _deselected += len(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    global _collected
    _collected = len(session.items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)
    if report.skipped:
        _skipped.add(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole run in CI fails when a line has no test that passed, or when a test was skipped or left out."""
    if not _is_whole_run(session) or exitstatus != 0:
        return
    if _faults(in_ci=os.environ.get("CI") == "true"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _is_whole_run(terminalreporter._session):  # type: ignore[attr-defined]
        return
    covered = sum(1 for line in OWED if _tests_of[line])
    terminalreporter.write_line(f"Requirements: {covered} of {len(OWED)} owed lines have a test.")
    for fault in _faults(in_ci=os.environ.get("CI") == "true"):
        terminalreporter.write_line(fault, red=True)


def _faults(*, in_ci: bool) -> list[str]:
    faults = [f"Requirement {line} ({OWED[line]}) has no test." for line in OWED if not _tests_of[line]]
    if in_ci:
        faults += [f"Skipped in CI: {test}" for test in sorted(_skipped)]
        faults += [
            f"Requirement {line}: none of its tests passed."
            for line, tests in _tests_of.items()
            if tests and not tests & _passed
        ]
        if _deselected:
            faults.append(f"{_deselected} tests were deselected.")
    return faults


def _is_whole_run(session: pytest.Session) -> bool:
    arguments = [str(argument) for argument in session.config.args]
    only = (
        session.config.option.keyword or session.config.option.markexpr or session.config.option.collectonly
    )
    return not only and all(Path(argument).name == "tests" for argument in arguments)
