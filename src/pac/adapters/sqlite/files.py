"""The data folder's side of the log: a file nobody else reads, one writing process, a local disk.

WAL keeps its index in shared memory and trusts POSIX locks and fsync; over a network neither holds (SECURITY
7.3, https://sqlite.org/wal.html "All processes using a database must be on the same host").
"""

import errno
import fcntl
import os
from pathlib import Path

from pac.errors import CannotStart

_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs")


class FileLock:
    """Held from `take` to `release`; the kernel releases it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises CannotStart if another process has it, or the folder cannot be written."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise unwritable(self._path, fault) from fault
        try:
            # flock, not lockf: it belongs to the open file, so it also keeps out a second log of this process.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            os.close(descriptor)
            if fault.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise CannotStart(
                    f"Another process is using the message log in {self._path.parent}.",
                    "Stop it, or give this one another PAC_DATA_DIR.",
                ) from fault
            raise unwritable(self._path, fault) from fault
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def make_private(path: Path) -> None:
    """Create the file readable by nobody else; SQLite gives its WAL the same mode. Raises CannotStart."""
    try:
        # Before SQLite opens it: closing any descriptor of a file drops every POSIX lock the process has on it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        # SQLite syncs the folder for its journals, not for the database itself (os_unix.c, UNIXFILE_DIRSYNC).
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        return
    except OSError as fault:
        raise unwritable(path, fault) from fault


def unwritable(path: Path, fault: OSError) -> CannotStart:
    return CannotStart(
        f"The file {path} cannot be written: {fault.strerror}.",
        "Let the user who runs this process own the folder PAC_DATA_DIR, on a disk with space.",
    )


def require_local_disk(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> None:
    """Raises CannotStart on a network file system; without the kernel's list (not Linux) nothing is known."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    kind = _kind_of(folder.resolve(), lines)
    if kind in _NETWORK:
        raise CannotStart(
            f"The folder {folder} is on a network file system ({kind}), where a message log can be corrupted.",
            "Set PAC_DATA_DIR to a folder on a local disk.",
        )


def _kind_of(folder: Path, lines: list[str]) -> str:
    """The file system type of the mount that holds the folder: the last one of the longest path (proc(5))."""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(before.split(" ")[4].encode().decode("unicode_escape"))
        if (point == folder or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
