"""The commands: parse, call bootstrap, turn the outcome into words and an exit code.

Exit codes: 0 done; 1 a fault was found (`pac check`) or the work failed; 2 a wrong setting or argument, told
before any port is opened; 3 the server stopped because its disk could no longer be trusted (SECURITY 7.2).
"""

import sys

import click

from pac import __version__
from pac.administration import admin
from pac.bench.command import bench
from pac.chat.command import chat
from pac.outcome import EXIT_FAULT, run_with_settings
from pac.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pac")
def main() -> None:
    """Plata Anywhere Chat: a self-hosted chat that loses nothing.

    \b
    Examples:
      pac serve                  everything in one process, at http://localhost:3120
      pac check                  try every setting and every part, and say what to do
      pac admin create ada       make an administrator
      pac chat                   talk at the terminal
      pac bench                  measure what this machine carries
      pac COMMAND --help         all about one of the commands

    \b
    Exit codes:
      0  done
      1  a fault was found, or the work failed
      2  a wrong setting or argument, told before anything is done
      3  the server stopped because its disk can no longer be trusted

    \b
    Files:
      .env      settings, beside the PAC_… variables of the environment
      ./data    accounts, rooms and messages; PAC_DATA_DIR puts it elsewhere

    Settings come from PAC_… variables, NAME_FILE for secrets, and .env; docs/SETTINGS.md lists them all.
    """


main.add_command(admin)
main.add_command(bench)
main.add_command(chat)


def _serve(role: str) -> None:
    from pac import bootstrap
    from pac.addresses import Role

    sys.exit(run_with_settings(lambda settings: bootstrap.serve(settings, Role(role))))


@main.command()
def serve() -> None:
    """Serve pages, REST and sockets in one process, on both ports.

    SIGTERM and Ctrl+C drain: clients are told when to come back, what was accepted is stored.

    \b
    Examples:
      pac serve
      PAC_WEB_PORT=8080 pac serve
      PAC_PUBLIC_URL=https://chat.example.org pac serve     behind a proxy that speaks HTTPS

    \b
    Exit codes:
      0  stopped as asked
      2  a wrong setting, or a port in use; nothing was opened
      3  the disk can no longer be trusted; what was acknowledged is there

    \b
    Files:
      PAC_DATA_DIR   accounts, rooms and messages (./data); made where it is missing
      .env           settings, beside the environment
    """
    _serve("serve")


@main.command()
def web() -> None:
    """Serve pages and REST alone (PAC_WEB_PORT). Sockets are served by `pac message` beside it.

    Needs PAC_MESSAGE_FQDN or a common proxy, so that pages find the sockets.

    \b
    Examples:
      PAC_MESSAGE_FQDN=live.example.org pac web

    \b
    Exit codes:
      0  stopped as asked
      2  a wrong setting, or the port is in use
      3  the disk can no longer be trusted
    """
    _serve("web")


@main.command()
def message() -> None:
    """Serve sockets alone (PAC_MESSAGE_PORT), and write the message log.

    \b
    Examples:
      PAC_MESSAGE_PORT=3121 pac message

    \b
    Exit codes:
      0  stopped as asked
      2  a wrong setting, or the port is in use
      3  the disk can no longer be trusted
    """
    _serve("message")


@main.command()
def check() -> None:
    """Try every setting and every part it points at: a line each, and what to do about a fault.

    \b
    Examples:
      pac check
      PAC_DATA_DIR=/srv/pac pac check

    \b
    Exit codes:
      0  all is well
      1  at least one line says FAIL
      2  a wrong setting
    """
    from pac import operations

    async def run(settings: Settings) -> bool:
        good = True
        async for line in operations.check(settings):
            good = good and line.good
            mark = click.style("ok  ", fg="green") if line.good else click.style("FAIL", fg="red")
            click.echo(f"{mark} {line.what}" + (f"\n     {line.remedy}" if line.remedy else ""))
        return good

    sys.exit(0 if run_with_settings(run) else EXIT_FAULT)


@main.command()
def migrate() -> None:
    """Bring the database to the form this version needs. Safe to run again; `pac serve` does it at start.

    \b
    Examples:
      pac migrate

    \b
    Exit codes:
      0  done, or there was nothing to do
      2  a wrong setting, or a database of a newer version; nothing was changed

    \b
    Files:
      PAC_DATA_DIR/pac.db   accounts and rooms (./data/pac.db)
    """
    from pac import operations

    click.echo(run_with_settings(operations.migrate))


@main.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="Do nothing, without a fault, when there are members already.")
def seed_demo(if_empty: bool) -> None:
    """Fill an empty installation with demo data: members test1…test6 (password = name), rooms, messages.

    Never on an installation that people can reach: the passwords are known.

    \b
    Examples:
      pac seed-demo
      PAC_DATA_DIR=/tmp/demo pac seed-demo --if-empty

    \b
    Exit codes:
      0  done
      2  a wrong setting, or there are members already; nothing was changed
    """
    from pac import operations

    click.echo(run_with_settings(lambda settings: operations.seed_demo(settings, if_empty=if_empty)))


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that makes SHELL complete the commands and options of pac with the Tab key.

    \b
    Examples:
      eval "$(pac completion bash)"                                  now; or this line in ~/.bashrc
      eval "$(pac completion zsh)"                                   or this line in ~/.zshrc, after compinit
      pac completion fish > ~/.config/fish/completions/pac.fish      from the next fish on

    \b
    Exit codes:
      0  printed
      2  a shell that is not known
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None  # click.Choice has let no other through
    click.echo(script(main, {}, "pac", "_PAC_COMPLETE").source())


if __name__ == "__main__":
    main()
