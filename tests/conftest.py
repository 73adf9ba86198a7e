"""Fixtures every test may use, and the two counts that are kept over a whole run: nothing is deselected, and every
requirement owed (tests/requirements.toml) and every row of the protocol (tests/protocol_rows.toml) has a test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pac.ids import SeededIds
from tests.ledger import REQUIREMENTS, ROWS
from tests.support.clock import SteppedClock

LEDGERS = (REQUIREMENTS, ROWS)

_passed: set[str] = set()
_skipped: set[str] = set()
_deselected = 0


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def ids() -> SeededIds:
    return SeededIds(20261123)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for ledger in LEDGERS:
        ledger.enter(items)


def pytest_deselected(items: list[pytest.Item]) -> None:
    global _deselected
    _deselected += len(items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)
    if report.skipped:
        _skipped.add(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole run fails when a line has no test that passed; in CI also when a test was skipped or left out."""
    if _is_whole_run(session) and exitstatus == 0 and list(_faults()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    if not _is_whole_run(terminalreporter._session):  # type: ignore[attr-defined]
        return
    for ledger in LEDGERS:
        terminalreporter.write_line(str(ledger))
    for fault in _faults() if exitstatus == 0 else ():
        terminalreporter.write_line(fault, red=True)


def _faults() -> Iterator[str]:
    """What is wrong with a run in which nothing failed."""
    for ledger in LEDGERS:
        yield from ledger.untested()
        yield from ledger.unproven(_passed)
    if os.environ.get("CI") == "true":
        yield from (f"Skipped in CI: {test}" for test in sorted(_skipped))
        if _deselected:
            yield f"{_deselected} tests were deselected."


def _is_whole_run(session: pytest.Session) -> bool:
    arguments = [str(argument) for argument in session.config.args]
    only = (
        session.config.option.keyword or session.config.option.markexpr or session.config.option.collectonly
    )
    return not only and all(Path(argument).name == "tests" for argument in arguments)
