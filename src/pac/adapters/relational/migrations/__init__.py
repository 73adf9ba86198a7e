"""Bring a database to the form this version needs: Alembic, driven from here, with its scripts in the package.

Every step runs in one transaction with the note that it was done, so a migration that was killed halfway runs
again from where it began. A database that a newer version wrote is refused, never touched (SECURITY 6.6).
Everything here blocks: call it in a thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, event, exc
from sqlalchemy.pool import NullPool

from pac.adapters.relational.sqlite_file import make_private
from pac.errors import CannotStart

_FOLDER = Path(__file__).parent


def migrate(url: URL, to: str | None = None) -> tuple[str | None, str]:
    """(revision before, revision now). Makes the file if there is none. Raises CannotStart for an operator.

    `to` stops at an earlier form, for trying what follows it.
    """
    make_private(_file(url))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    newest = to or newest_revision()
    with _transaction(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        _refuse_newer(before, url)
        if before != newest:
            config.attributes["connection"] = connection
            command.upgrade(config, newest)
    return before, newest


def newest_revision() -> str:
    """The form this version needs."""
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert head is not None  # there is at least one script
    return head


def revision_of(url: URL) -> str | None:
    """The form the database has, None if it has none or is not there. Changes nothing. Raises CannotStart."""
    if not _file(url).exists():
        return None
    with _transaction(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _transaction(url: URL) -> Iterator[Connection]:
    """One writing transaction over everything that is done in it, DDL included. Raises CannotStart."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # else the driver commits before each DDL statement
        # foreign_keys stays off: a table is changed by making it anew (https://sqlite.org/lang_altertable.html §7).
        connection.execute("PRAGMA synchronous = FULL").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Two that start at once: the second waits here, and finds the work done.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            yield connection
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        file = _file(url)
        raise CannotStart(
            f"The database {file.name} in {file.parent} cannot be used: {getattr(error, 'orig', error)}.",
            "See that the folder is writable, its disk not full, and the file a database that no other program "
            "holds.",
        ) from error
    finally:
        engine.dispose()


def _refuse_newer(revision: str | None, url: URL) -> None:
    if revision is None:
        return
    try:
        ScriptDirectory(str(_FOLDER)).get_revision(revision)
    except CommandError as error:
        raise CannotStart(
            f"The database in {_file(url).parent} was written by a newer version of PAC "
            f"(its form is {revision}; this version knows {newest_revision()}).",
            "Start that version, or restore a backup made with this one. Nothing was changed.",
        ) from error


def _file(url: URL) -> Path:
    return Path(url.database or "")
