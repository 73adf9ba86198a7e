"""Bring a database to the form this version needs: Alembic, driven from here, with its scripts in the package.

Every step runs in one transaction with the note that it was done, so a migration that was killed halfway runs
again from where it began. A database that a newer version wrote is refused, never touched (SECURITY 6.6).
"""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, event, exc
from sqlalchemy.pool import NullPool

from pac.errors import CannotStart

_FOLDER = Path(__file__).parent


def migrate(url: URL) -> tuple[str | None, str]:
    """(revision before, revision now). Raises CannotStart in words for an operator. Blocks: call it in a thread."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    newest = newest_revision()
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _explicit_transactions(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # pysqlite would commit before DDL otherwise

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            _refuse_newer(before, url)
            if before != newest:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except (exc.DBAPIError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", error))
        file = Path(url.database or "")
        raise CannotStart(
            f"The database {file.name} in {file.parent} cannot be used: {reason}.",
            "Is the folder writable, its disk not full, and the file a database? Another `pac` that holds it?",
        ) from error
    finally:
        engine.dispose()
    return before, newest


def newest_revision() -> str:
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert head is not None  # there is at least one script
    return head


def _refuse_newer(revision: str | None, url: URL) -> None:
    if revision is None:
        return
    try:
        ScriptDirectory(str(_FOLDER)).get_revision(revision)
    except CommandError as error:
        raise CannotStart(
            f"The database in {Path(url.database or '').parent} was written by a newer version of PAC "
            f"(its form is {revision}; this version knows {newest_revision()}).",
            "Start that version, or restore a backup made with this one. Nothing was changed.",
        ) from error
