"""What a server holds while it runs, read once a second from outside: memory, open files, tasks; and how that grows.

Memory jumps where a password is hashed (64 MiB for a moment) and falls back, so each stretch of the run counts by its
least reading; growth is the slope of the line of least squares through those, once the server is warm.
"""

import asyncio
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ServerProcess

STRETCHES = 20
TASKS_EVERY = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """`at`: seconds since the watch began."""

    at: float
    rss_bytes: int
    files: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Growth:
    """`over_s`: from the middle of the first stretch to the middle of the last. `least`, `most`: of the stretches."""

    per_s: float
    over_s: float
    least: float
    most: float

    @property
    def total(self) -> float:
        """What the line gained from its beginning to its end."""
        return self.per_s * self.over_s


class Watch:
    """Collects readings until cancelled."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._tasks = 0
        self.readings: list[Reading] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            if len(self.readings) % TASKS_EVERY == 0:
                self._tasks = int(await self._server.metric("pac_tasks"))
            self.readings.append(
                Reading(loop.time() - began, self._server.rss_bytes(), open_files(self._server), self._tasks)
            )
            await asyncio.sleep(1.0)

    def warm(self, after_s: float) -> list[Reading]:
        return [reading for reading in self.readings if reading.at >= after_s]


def open_files(server: ServerProcess) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def growth(points: Iterable[tuple[float, float]]) -> Growth:
    """Of (seconds, value), ascending in seconds: the slope through the least value of each of STRETCHES stretches."""
    given = list(points)
    size = len(given) / STRETCHES
    assert size >= 1, f"{len(given)} readings are too few to tell growth"
    stretches = [given[round(number * size) : round((number + 1) * size)] for number in range(STRETCHES)]
    middles = [statistics.fmean(at for at, _ in stretch) for stretch in stretches]
    leasts = [min(value for _, value in stretch) for stretch in stretches]
    slope = statistics.linear_regression(middles, leasts).slope
    return Growth(slope, middles[-1] - middles[0], min(leasts), max(leasts))
