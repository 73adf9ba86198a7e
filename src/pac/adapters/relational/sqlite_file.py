"""The file the embedded profile keeps accounts, rooms and sessions in, and how every connection to it is set up."""

import os
import sqlite3
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
        try:
            (mode,) = self.execute("PRAGMA journal_mode = DELETE").fetchone()
            if mode != "delete":
                raise sqlite3.OperationalError(f"the journal mode is {mode}")
            for pragma in self.pragmas:
                self.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            self.close()
            raise


class ReadingConnection(WritingConnection):
    """One that SQLite itself keeps from writing."""

    pragmas = (*WritingConnection.pragmas, "query_only = ON")
