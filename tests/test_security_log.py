"""The log of security is sampled where somebody can fill it, and never stops what it tells of."""

import json
import logging
import os
import subprocess
import sys

import pytest
import structlog

from pac import security_log, telemetry
from tests.support.security_lines import Lines, lines

__all__ = ["lines"]


@pytest.mark.req("10.3")
def test_what_can_be_caused_at_will_is_sampled_and_counted(lines: Lines) -> None:
    def counted() -> float:
        return security_log.events.labels(telemetry.FRAME_REFUSED)._value.get()

    before = counted()
    for number in range(100_000):
        security_log.note(telemetry.FRAME_REFUSED, "refused", address=f"10.0.{number % 250}.0/24")
    assert 0 < len(lines) <= 1_000
    assert counted() - before == 100_000
    for _ in range(100):
        security_log.note("member.void", actor="ada")
    assert len(lines.of("member.void")) == 100, "what somebody answers for is never left out"


@pytest.mark.req("10.3")
def test_what_was_left_out_is_told_by_the_next_line(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(security_log._clock, "monotonic", lambda: now[0], raising=False)
    for _ in range(security_log.LINES_PER_MINUTE + 7):
        security_log.note(telemetry.SIGN_IN_FAILED, "refused", address="a")
    assert len(lines) == security_log.LINES_PER_MINUTE
    now[0] = 60.0
    security_log.note(telemetry.SIGN_IN_FAILED, "refused", address="a")
    assert lines[-1]["repeated"] == "7"


@pytest.mark.req("10.4")
def test_a_log_nobody_reads_stops_nothing() -> None:
    """Standard error is a full pipe, then a closed one: logging neither waits nor raises."""
    program = """
import sys, time
from pac import telemetry
telemetry.configure(json_lines=True)
begun = time.monotonic()
for number in range(50_000):
    telemetry.log.info("process.started", filler="x" * 100)
print("done", round(time.monotonic() - begun, 1), flush=True)
"""
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=writing, text=True
        )
        os.close(writing)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("done"), "it went on though nobody reads its log"
        os.close(reading)
        reading = -1
        assert process.wait(timeout=30) == 0
    finally:
        if reading >= 0:
            os.close(reading)


def test_lines_reach_standard_error_in_order_and_all_of_them(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        telemetry.configure(json_lines=True)
        logger = structlog.get_logger("pac")
        for number in range(500):
            logger.info("process.started", number=number)
    finally:
        for handler in logging.getLogger().handlers:
            handler.close()
        logging.getLogger().handlers.clear()
    numbers = [json.loads(line)["number"] for line in capfd.readouterr().err.splitlines()]
    assert numbers == list(range(500))
