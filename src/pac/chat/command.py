"""`pac chat` on the command line: where to, who, and the password from somewhere that is no argument."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pac.chat.lines import Lines
    from pac.language import Language

DEFAULT_URL = "http://localhost:3120"


@click.command()
@click.argument("url", default=DEFAULT_URL)
@click.option("-u", "--user", metavar="NAME", help="Login name; asked for at a terminal.")
@click.option("-r", "--room", metavar="ID_OR_NAME", help="Open this room at once.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the password from the first line of this file.",
)
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language; that of LC_ALL or LANG if left out.")
@click.option(
    "--socket", "socket_url", metavar="URL", help="Where live messages are, as ws://host:3121/message."
)
def chat(
    url: str,
    user: str | None,
    room: str | None,
    password_file: Path | None,
    lang: str | None,
    socket_url: str | None,
) -> None:
    """Talk at the terminal, on the server at URL (http://localhost:3120).

    Any PAC server will do: nothing but its public protocol is used. What you write is shown as pending until the
    server has stored it, and goes out again after a broken connection, once. /help lists the commands; Page Up
    shows earlier messages, Alt+Enter begins a new line.

    The password is asked for, or read from --password-file. Where standard input or output is no terminal, lines
    are read and written plainly: the first line is the password (without --password-file), every other one a
    message or a /command; the conversation goes to standard output as `[time] nick: text`, everything else to
    standard error.

    \b
    Examples:
      pac chat
      pac chat https://chat.example.org --user ada --room Plaza
      echo "Backup done" | pac chat -u bot -r ops --password-file /run/secrets/bot
      (cat password; echo "/rooms") | pac chat -u ada

    \b
    Exit codes:
      0  done; everything written was stored
      1  not signed in or connected, or something was not sent
      2  a wrong argument

    \b
    Files and environment:
      --password-file FILE   the password in its first line; nobody else should be able to read it
      LC_ALL, LANG           Korean where they begin with ko, else English
      NO_PROXY, HTTPS_PROXY  as usual; never used for this machine itself
    Nothing is written: no history, no token, no password.
    """
    from pac.chat.account import Server

    try:
        server = Server.at(url, socket_url)
    except ValueError:
        raise click.BadParameter(f"{url} is no address such as {DEFAULT_URL}", param_hint="URL") from None
    if socket_url is not None and not socket_url.startswith(("ws://", "wss://")):
        raise click.BadParameter("an address such as ws://localhost:3121/message", param_hint="--socket")
    if server.is_open_to_listeners:
        click.echo(
            "Warning: the password and all messages cross the network unencrypted. Use https://", err=True
        )

    from pac.chat.lines import Lines
    from pac.chat.visit import Visitor, visit

    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    lines = None if at_terminal else Lines(sys.stdin.fileno())
    if user is None:
        if not sys.stdin.isatty():
            raise click.UsageError("Missing option '--user': there is no terminal to ask at.")
        user = str(click.prompt("Login name", err=True))
    password = _password(password_file, lines)
    visitor = Visitor(server, user, password, room, _language(lang))
    try:
        sys.exit(asyncio.run(visit(visitor, lines)))
    except KeyboardInterrupt:
        sys.exit(130)


def _password(file: Path | None, lines: "Lines | None") -> str:
    if file is not None:
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    if lines is not None and not sys.stdin.isatty():
        return lines.next() or ""
    return str(click.prompt("Password", hide_input=True, err=True))


def _language(given: str | None) -> "Language":
    """What --lang says, else what the locale says: Korean for ko…, English for everything else."""
    named = given or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ko" if named.lower().startswith("ko") else "en"
