"""The commands: parse, call bootstrap, turn the outcome into words and an exit code.

Exit codes: 0 done; 1 a fault was found (`pac check`) or the work failed; 2 a wrong setting or argument, told
before any port is opened; 3 the server stopped because its disk could no longer be trusted (SECURITY 7.2).
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from pac import __version__, telemetry
from pac.chat.command import chat
from pac.errors import CannotStart, InvalidFields, NameTaken, PacError, Unavailable
from pac.settings import Settings, read_settings

T = TypeVar("T")

EXIT_FAULT = 1
EXIT_USAGE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pac")
def main() -> None:
    """Plata Anywhere Chat: a self-hosted chat that loses nothing.

    \b
    pac serve                  everything in one process, at http://localhost:3120
    pac check                  try every setting and every part, and say what to do
    pac admin create ada       make an administrator

    Settings come from PAC_… variables, NAME_FILE for secrets, and .env; docs/SETTINGS.md lists them all.
    """


def _settings() -> Settings:
    settings, warnings = read_settings()
    telemetry.configure(json_lines=settings.log_json, level=settings.log_level)
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    return settings


def _run(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Run it on uvloop; what the operator can mend becomes a line on standard error and an exit code."""
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


def _serve(role: str) -> None:
    from pac import bootstrap
    from pac.addresses import Role

    code = _run(lambda settings: bootstrap.serve(settings, Role(role)))
    sys.exit(code)


@main.command()
def serve() -> None:
    """Serve pages, REST and sockets in one process, on both ports.

    \b
    Example: PAC_WEB_PORT=8080 pac serve
    """
    _serve("serve")


@main.command()
def web() -> None:
    """Serve pages and REST alone (PAC_WEB_PORT). Sockets are served by `pac message` beside it.

    Needs PAC_MESSAGE_FQDN or a common proxy, so that pages find the sockets.
    """
    _serve("web")


@main.command()
def message() -> None:
    """Serve sockets alone (PAC_MESSAGE_PORT), and write the message log."""
    _serve("message")


main.add_command(chat)


@main.command()
def check() -> None:
    """Try every setting and every part it points at: a line each, and what to do about a fault."""
    from pac import operations

    async def run(settings: Settings) -> bool:
        good = True
        async for line in operations.check(settings):
            good = good and line.good
            mark = click.style("ok  ", fg="green") if line.good else click.style("FAIL", fg="red")
            click.echo(f"{mark} {line.what}" + (f"\n     {line.remedy}" if line.remedy else ""))
        return good

    sys.exit(0 if _run(run) else EXIT_FAULT)


@main.command()
def migrate() -> None:
    """Bring the database to the form this version needs. Safe to run again; `pac serve` does it at start."""
    from pac import operations

    click.echo(_run(operations.migrate))


@main.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="Do nothing, without a fault, when there are members already.")
def seed_demo(if_empty: bool) -> None:
    """Fill an empty installation with demo data: members test1…test6 (password = name), rooms, messages.

    Never on an installation that people can reach: the passwords are known.
    """
    from pac import operations

    click.echo(_run(lambda settings: operations.seed_demo(settings, if_empty=if_empty)))


@main.group()
def admin() -> None:
    """Make and look after administrators and accounts, beside a running server or without one."""


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _admin(verb: str, login: str, *, password: str | None = None, nickname: str | None = None) -> None:
    from pac import operations

    try:
        click.echo(_run(lambda settings: operations.administer(settings, verb, login, password, nickname)))
    except InvalidFields as refusal:
        from pac.language import words_of_fault

        for fault in refusal.faults:
            click.echo(f"pac: {fault.field}: {words_of_fault(fault, 'en')}", err=True)
        sys.exit(EXIT_USAGE)
    except NameTaken as refusal:
        click.echo(f"pac: this {refusal.field} is taken: {login}. Choose another one.", err=True)
        sys.exit(EXIT_FAULT)
    except PacError:
        click.echo(f"pac: there is no member {login}.", err=True)
        sys.exit(EXIT_FAULT)


@admin.command()
@click.argument("login")
@click.option("--nickname", help="What others see; the login name if left out.")
def create(login: str, nickname: str | None) -> None:
    """Make a member LOGIN who is an administrator. The password comes from a prompt or standard input."""
    _admin("create", login, password=_password(), nickname=nickname or login)


@admin.command()
@click.argument("login")
def promote(login: str) -> None:
    """Make the existing member LOGIN an administrator."""
    _admin("promote", login)


@admin.command()
@click.argument("login")
def lock(login: str) -> None:
    """Lock LOGIN out: no sign-in, every session ended, every socket closed within two seconds."""
    _admin("lock", login)


@admin.command()
@click.argument("login")
def unlock(login: str) -> None:
    """Let LOGIN sign in again."""
    _admin("unlock", login)


@admin.command("reset-password")
@click.argument("login")
def reset_password(login: str) -> None:
    """Give LOGIN a new password, from a prompt or standard input, and end its sessions."""
    _admin("reset-password", login, password=_password())


if __name__ == "__main__":
    main()
