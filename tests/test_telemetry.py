"""Log lines: one JSON object each, nothing forged, nothing secret."""

import json
import logging

import pytest

from pac import telemetry


def close_log() -> None:
    """What was logged is written when this returns."""
    for handler in logging.getLogger().handlers:
        handler.close()


@pytest.fixture
def restored() -> object:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield None
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.req("5.10")
@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a\x1b[31mb", "a\u2028b", 'a"b', "가나다", "\x00", "a\x85b"]
)
def test_no_text_can_forge_a_line(text: str, capsys: pytest.CaptureFixture[str], restored: object) -> None:
    telemetry.configure(json_lines=True)
    telemetry.log.bind().info("test.event", name=text)
    close_log()
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert written.isascii()
    assert not any(ord(character) < 32 for character in written.rstrip("\n"))
    assert json.loads(written)["name"] == text


@pytest.mark.parametrize(
    "name", ["password", "token", "session_id", "cookie", "authorization", "body", "email", "new_password"]
)
def test_fields_that_carry_secrets_are_dropped_whoever_logs_them(
    name: str, capsys: pytest.CaptureFixture[str], restored: object
) -> None:
    telemetry.configure(json_lines=True, level="DEBUG")
    telemetry.log.bind().warning("test.event", **{name: "canary-value"})
    logging.getLogger("some.library").warning("plain words")
    close_log()
    written = capsys.readouterr().err
    assert "plain words" in written
    assert "canary-value" not in written


def test_libraries_that_log_values_are_kept_quiet_at_every_level(restored: object) -> None:
    telemetry.configure(json_lines=True, level="DEBUG")
    for name in ("aiosqlite", "sqlalchemy.engine", "picows"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
