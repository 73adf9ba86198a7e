"""Disks that record, fail and wait: SQLite file systems (apsw.VFS) over the real one.

Only the files go through them that durability rests on: the database, its WAL and its journal. The WAL's index
is shared memory and does not outlive a crash.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

import apsw


@dataclass(frozen=True, slots=True)
class Wrote:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    file: str


@dataclass(frozen=True, slots=True)
class Deleted:
    file: str
    synced: bool


@dataclass(frozen=True, slots=True)
class Acked:
    """Not the disk's: the log has answered that the room stands at `top`."""

    room: str
    top: int


DiskEvent = Wrote | Truncated | Synced | Deleted | Acked


class Disk(apsw.VFS):
    """Passes everything on. `record` grows in the order things happened, over all threads."""

    def __init__(self, name: str) -> None:
        self.vfs = name
        self.record: list[DiskEvent] = []
        self.on_write: Callable[[str], None] = lambda file: None
        self.on_sync: Callable[[str], None] = lambda file: None
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "DiskFile":
        return DiskFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        self.record.append(Deleted(PurePath(filename).name, syncdir))


class DiskFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._disk = disk
        self._file = PurePath(path).name

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.on_write(self._file)
        super().xWrite(data, offset)
        self._disk.record.append(Wrote(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._disk.record.append(Truncated(self._file, newsize))

    def xSync(self, flags: int) -> None:
        self._disk.on_sync(self._file)
        super().xSync(flags)
        self._disk.record.append(Synced(self._file))


@contextmanager
def disk(name: str) -> Iterator[Disk]:
    made = Disk(name)
    try:
        yield made
    finally:
        made.unregister()


class Gate:
    """Holds whoever passes until it is opened; `reached` tells that somebody is held."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def __call__(self, _: str) -> None:
        self.reached.set()
        assert self._open.wait(60), "nobody opened the gate"
