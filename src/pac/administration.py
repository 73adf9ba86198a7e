"""`pac admin …`: administrators and accounts, by whoever has the machine (SECURITY 2.9: no default administrator)."""

import sys

import click

from pac.errors import InvalidFields, NameTaken, PacError
from pac.outcome import EXIT_FAULT, EXIT_USAGE, run_with_settings


@click.group()
def admin() -> None:
    """Make and look after administrators and accounts, beside a running server or without one.

    LOGIN is a login name. A password is asked for, or read from the first line of standard input.

    \b
    Examples:
      pac admin create ada
      pac admin reset-password ada < /run/secrets/ada
      pac admin lock mallory

    \b
    Exit codes:
      0  done
      1  no such member, or the name is taken
      2  a wrong setting or argument; nothing was changed

    \b
    Files:
      PAC_DATA_DIR/pac.db   the accounts (./data/pac.db)
      .env                  settings, beside the environment
    """


@admin.command()
@click.argument("login")
@click.option("--nickname", help="What others see; the login name if left out.")
def create(login: str, nickname: str | None) -> None:
    """Make a member LOGIN who is an administrator. The password comes from a prompt or standard input.

    \b
    Examples:
      pac admin create ada
      pac admin create ada --nickname "Ada Lovelace" < /run/secrets/ada

    \b
    Exit codes:
      0  made
      1  the name is taken
      2  a wrong setting, name or password; nothing was made
    """
    _administer("create", login, password=_password(), nickname=nickname or login)


@admin.command()
@click.argument("login")
def promote(login: str) -> None:
    """Make the existing member LOGIN an administrator.

    \b
    Examples:
      pac admin promote ada

    \b
    Exit codes:
      0  done
      1  there is no such member
      2  a wrong setting
    """
    _administer("promote", login)


@admin.command()
@click.argument("login")
def lock(login: str) -> None:
    """Lock LOGIN out: no sign-in, every session ended, every socket closed within two seconds.

    \b
    Examples:
      pac admin lock mallory

    \b
    Exit codes:
      0  done
      1  there is no such member
      2  a wrong setting
    """
    _administer("lock", login)


@admin.command()
@click.argument("login")
def unlock(login: str) -> None:
    """Let LOGIN sign in again.

    \b
    Examples:
      pac admin unlock mallory

    \b
    Exit codes:
      0  done
      1  there is no such member
      2  a wrong setting
    """
    _administer("unlock", login)


@admin.command()
@click.argument("login")
@click.confirmation_option("--yes", prompt="This cannot be undone. Delete the account?", help="Do not ask.")
def delete(login: str) -> None:
    """Delete the account LOGIN for good: no sign-in, every socket closed, its password and e-mail forgotten.

    What it wrote stays, under its name, and no other account gets that name. A room it owned goes to the oldest
    operator, else to the oldest member, and ends when there is neither.

    \b
    Examples:
      pac admin delete mallory
      pac admin delete mallory --yes

    \b
    Exit codes:
      0  done
      1  there is no such member, or you said no
      2  a wrong setting
    """
    _administer("delete", login)


@admin.command("reset-password")
@click.argument("login")
def reset_password(login: str) -> None:
    """Give LOGIN a new password, from a prompt or standard input, and end its sessions.

    \b
    Examples:
      pac admin reset-password ada
      pac admin reset-password ada < /run/secrets/ada

    \b
    Exit codes:
      0  done
      1  there is no such member
      2  a wrong setting or password; nothing was changed
    """
    _administer("reset-password", login, password=_password())


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _administer(verb: str, login: str, *, password: str | None = None, nickname: str | None = None) -> None:
    from pac import operations

    try:
        click.echo(
            run_with_settings(
                lambda settings: operations.administer(settings, verb, login, password, nickname)
            )
        )
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
