"""One sitting of `pac bench`: the workloads one after the other, PAC and its peers in turn at each rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pac import __version__
from pac.bench import generator, process
from pac.bench.rows import Row
from pac.bench.runs import Bench, measure, measure_peer
from pac.bench.workloads import Kind, Workload
from pac.clock import Clock, SystemClock

PEERS_KNOW = {Kind.LOAD, Kind.IDLE}
"""Kinds of workload that a server without sessions and history can be put under."""


@dataclass(frozen=True, slots=True)
class Session:
    workloads: Sequence[Workload]
    peers: Sequence[str] = ()
    peers_from: Path = Path("bench/peers")
    rates: tuple[int, ...] = ()
    seconds: float = 10.0
    core: int | None = None
    clock: Clock = field(default_factory=SystemClock)

    @property
    def cores(self) -> tuple[int | None, int | None]:
        """(the servers', the generator's). On a machine of one core both share it."""
        available = process.cores()
        servers = available[0] if self.core is None else self.core
        return servers, next((core for core in reversed(available) if core != servers), servers)

    @property
    def method(self) -> dict[str, str]:
        """How it was measured, and where: what a figure means nothing without."""
        servers, generators = self.cores
        return process.machine() | {
            "pac": __version__,
            "servers on core": str(servers),
            "generator on core": str(generators),
            "measured seconds a run": f"{self.seconds:g}",
            "message": "64 bytes of text unless the workload says otherwise",
            "loop": "open; latency from when a message was due; evenly spaced",
            "cpu": "/proc/PID/stat, user and system, all threads, of the measured seconds alone",
        }

    def run(self, say: Callable[[str], None]) -> list[Row]:
        """Every row, told as it is measured. Raises CannotMeasure."""
        generator.compiled()
        for name, value in self.method.items():
            say(f"{name}: {value}")
        servers, generators = self.cores
        bench = Bench(self.clock, self.seconds, core=servers, generator_core=generators, rates=self.rates)
        rows: list[Row] = []
        for workload in self.workloads:
            for row in measure(workload, bench):
                rows.append(row)
                say(row.line())
                for name in self.peers if workload.kind in PEERS_KNOW else ():
                    beside = measure_peer(self.peers_from, name, workload, bench, row.rate)
                    rows.append(beside)
                    say(beside.line())
        return rows
