"""The file the embedded profile keeps accounts, rooms and sessions in, and how every connection to it is set up."""

import os
import sqlite3
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.engine import URL

from pac.errors import CannotStart

FILE = "pac.db"


def sqlite_url(folder: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(folder / FILE))


def make_private(file: Path) -> None:
    """Make the file and its folder, if they are not there, and see that they are their owner's alone.

    SQLite gives its journal the mode of the file (SECURITY 6.4). Raises CannotStart.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file.parent.stat().st_mode & 0o077:
            file.parent.chmod(0o700)
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            # Not opened: closing any descriptor of a file drops every POSIX lock the process has on it.
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
    except OSError as fault:
        raise CannotStart(
            f"The file {file} cannot be written: {fault.strerror}.",
            "Let the user who runs this process own the folder PAC_DATA_DIR, on a disk with space.",
        ) from fault


class WritingConnection(sqlite3.Connection):
    """Set up as it is opened, in the driver's thread, so that no half-made connection is ever handed out."""

    pragmas: ClassVar[tuple[str, ...]] = ("synchronous = FULL", "foreign_keys = ON", "mmap_size = 0")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        try:
            (mode,) = self.execute("PRAGMA journal_mode = DELETE").fetchone()
            if mode != "delete":
                raise sqlite3.OperationalError(f"the journal mode is {mode}")
            for pragma in self.pragmas:
                self.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            self.close()
            raise

    def cursor(self, factory: Any = sqlite3.Cursor) -> Any:
        """Where SQLAlchemy reads rows. (`Connection.execute` does not come by here, and reads none.)"""
        cursor = super().cursor(factory)
        self._cursors.add(cursor)
        return cursor

    def rollback(self) -> None:
        """Undo, and give up every lock: a statement that was cut off between its rows would keep one."""
        for cursor in list(self._cursors):
            cursor.close()
        super().rollback()

    def close(self) -> None:
        """Undo first: SQLite keeps a closed connection and its locks for as long as a cursor refers to it
        (https://sqlite.org/c3ref/close.html, "zombie"), and Python may keep the cursor for long."""
        with suppress(sqlite3.ProgrammingError):  # closed before
            self.rollback()
        super().close()


class ReadingConnection(WritingConnection):
    """One that SQLite itself keeps from writing."""

    pragmas = (*WritingConnection.pragmas, "query_only = ON")
