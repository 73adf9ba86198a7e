"""Opening messages.db: the one connection that writes and checkpoints, and those that read.

Every property that durability rests on is set, read back and checked when it is opened (SECURITY 7.3).
"""

from pathlib import Path

import apsw

from pac.adapters.sqlite.rows import TABLES
from pac.errors import CannotStart

LIBRARY_MIN = (3, 51, 3)
"""Older ones can corrupt a WAL database when two connections write and checkpoint at once (SECURITY 7.3)."""

SCHEMA = 1
_OURS = 0x50414C4D  # "PALM": tells a message log from another program's database
_BUSY_MS = 1_000
_FULL = 2
_WRITER_CACHE_KIB = 32_000
_READER_CACHE_KIB = 8_000
_WAL_KEPT_BYTES = 64 * 1024 * 1024


def require_library(version: str = apsw.sqlite_lib_version()) -> None:
    """Raises CannotStart for a SQLite with the WAL-reset bug."""
    if tuple(int(part) for part in version.split(".")) < LIBRARY_MIN:
        wanted = ".".join(str(part) for part in LIBRARY_MIN)
        raise CannotStart(
            f"SQLite {version} can corrupt the message log (its WAL-reset bug); {wanted} is the first without.",
            "Install the `apsw` package from PyPI, which brings its own SQLite.",
        )


def open_writer(path: Path, epoch: str, vfs: str | None) -> apsw.Connection:
    """A connection that is ready to append. `epoch` is used if the log is new. Raises CannotStart."""
    try:
        connection = apsw.Connection(
            str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, vfs=vfs
        )
    except apsw.Error as fault:
        raise _unusable(path, fault) from fault
    try:
        connection.set_busy_timeout(_BUSY_MS)
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # SQLite's own checkpoints hide a failed fsync; ours are made by the writer thread (SECURITY 7.2).
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        _require_durable(connection)
        _migrate(connection, path, epoch)
        # After a failed fsync the kernel shows pages that the disk does not have. Whatever of the last life is in
        # the WAL is written anew into the database and synced, before anything is acknowledged on top of it.
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as fault:
        connection.close(True)
        raise _unusable(path, fault) from fault
    except CannotStart:
        connection.close(True)
        raise
    return connection


def open_reader(path: Path, vfs: str | None) -> apsw.Connection:
    """A connection that cannot write, nor checkpoint, nor make the writer wait. Raises CannotStart."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
    except apsw.Error as fault:
        raise _unusable(path, fault) from fault
    try:
        connection.set_busy_timeout(_BUSY_MS)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        _require_schema(connection, path, new_is_fine=False)
    except apsw.Error as fault:
        connection.close(True)
        raise _unusable(path, fault) from fault
    except CannotStart:
        connection.close(True)
        raise
    return connection


def epoch_of(connection: apsw.Connection, path: Path) -> str:
    """Raises CannotStart when the file cannot be read that far."""
    try:
        return str(_value(connection, "SELECT value FROM meta WHERE name = 'epoch'"))
    except apsw.Error as fault:
        raise _unusable(path, fault) from fault


def _require_durable(connection: apsw.Connection) -> None:
    mode = _value(connection, "PRAGMA journal_mode")
    synchronous = _value(connection, "PRAGMA synchronous")
    mapped = _value(connection, "PRAGMA mmap_size")
    if mode != "wal" or synchronous != _FULL or mapped:
        raise CannotStart(
            f"The message log cannot be made durable here: journal_mode={mode}, synchronous={synchronous}, "
            f"mmap_size={mapped or 0}.",
            "Set PAC_DATA_DIR to a folder on a local disk with POSIX locks and shared memory.",
        )


def _migrate(connection: apsw.Connection, path: Path, epoch: str) -> None:
    if _require_schema(connection, path, new_is_fine=True) == SCHEMA:
        return
    with connection:
        connection.execute(TABLES)
        connection.execute("INSERT INTO meta VALUES ('epoch', ?)", (epoch,))
        connection.execute(f"PRAGMA application_id = {_OURS}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _require_schema(connection: apsw.Connection, path: Path, *, new_is_fine: bool) -> int:
    """The schema's version, 0 for a file without one."""
    version = int(_value(connection, "PRAGMA user_version"))
    application = _value(connection, "PRAGMA application_id")
    tables = _value(connection, "SELECT count(*) FROM sqlite_schema")
    if version > SCHEMA:
        raise CannotStart(
            f"The message log {path} was written by a newer version (schema {version}, this one knows {SCHEMA}).",
            "Install that version again, or restore the backup made before the upgrade.",
        )
    if tables and application != _OURS:
        raise CannotStart(
            f"The file {path} is the database of another program.",
            "Move it away, or set PAC_DATA_DIR to another folder.",
        )
    if not version and not new_is_fine:
        raise CannotStart(f"The file {path} holds no message log yet.", "Start `pac serve` once.")
    return version


def _value(connection: apsw.Connection, statement: str) -> int | str:
    value = connection.execute(statement).get
    return value if isinstance(value, int | str) else 0


def _unusable(path: Path, fault: apsw.Error) -> CannotStart:
    match fault:
        case apsw.NotADBError() | apsw.CorruptError():
            return CannotStart(
                f"The message log {path} is damaged ({fault}).",
                "Restore messages.db from the last backup; keep the damaged file and its -wal beside it.",
            )
        case apsw.BusyError() | apsw.LockedError():
            return CannotStart(
                f"Another program holds the message log {path}.", "Close whatever has messages.db open."
            )
        case _:
            return CannotStart(
                f"The message log {path} cannot be opened ({fault}).",
                "Let the user who runs this process own the folder PAC_DATA_DIR, on a disk with space.",
            )
