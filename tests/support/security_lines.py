"""Catches what the log of security is told."""

from typing import Any

import pytest

from pac import security_log, telemetry


class Lines(list[dict[str, Any]]):
    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self if line["event"] == event]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    found = Lines()

    class Catching:
        def info(self, event: str, **fields: Any) -> None:
            found.append({"event": event, **fields})

        warning = error = exception = debug = info

    monkeypatch.setattr(telemetry, "log", Catching())
    monkeypatch.setattr(security_log, "_samples", security_log._Samples())
    return found
