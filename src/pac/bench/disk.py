"""How long this disk takes to make something durable: beside it, a server's acknowledgements are judged."""

import os
from pathlib import Path

from pac.bench.histogram import Histogram
from pac.clock import Clock

WRITES = 100
BYTES = 4_096


def sync_times(folder: Path, clock: Clock) -> Histogram:
    """Of appending a page to a file and syncing it, as a database does at each commit (fdatasync(2))."""
    times: list[int] = []
    path = folder / "sync-times"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        for _ in range(WRITES):
            began = clock.monotonic()
            os.write(file, bytes(BYTES))
            os.fdatasync(file)
            times.append(int((clock.monotonic() - began) * 1e9))
    finally:
        os.close(file)
        path.unlink()
    return Histogram.of(times)
