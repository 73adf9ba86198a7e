"""How a command ends: what the operator can mend is a line on standard error and an exit code, never a traceback."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from pac import telemetry
from pac.errors import CannotStart, Unavailable
from pac.settings import Settings, read_settings

T = TypeVar("T")

EXIT_FAULT = 1
EXIT_USAGE = 2


def run_with_settings(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Run it on uvloop. Ends the process where nothing can be returned."""
    import uvloop

    try:
        settings = _settings()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work(settings))
    except CannotStart as fault:
        click.echo(f"pac: {fault}", err=True)
        sys.exit(EXIT_USAGE)
    except Unavailable as fault:
        click.echo(f"pac: a store did not answer ({fault}). Try again; `pac check` tells more.", err=True)
        sys.exit(EXIT_FAULT)


def _settings() -> Settings:
    settings, warnings = read_settings()
    telemetry.configure(json_lines=settings.log_json, level=settings.log_level)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    return settings
