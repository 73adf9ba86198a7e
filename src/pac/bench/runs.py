"""Workloads carried out: a server, its people, a run at each rate; each kind of workload in its own way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pac.bench import disk, generator, pac_server
from pac.bench.generator import Plan, Result
from pac.bench.pac_server import PacServer
from pac.bench.peers import running_peer
from pac.bench.population import Population, Seat, peer_plan, populate
from pac.bench.rows import Row
from pac.bench.strangers import strangers_plan
from pac.bench.workloads import Kind, Workload
from pac.clock import Clock

SLOW_BUFFER = 65_536
"""Bytes the kernel keeps for a slow reader: so little that its slowness reaches the server."""
REPLAYS_WITHIN_S = 30.0
STORM_WITHIN_S = 120.0
SETTLES_S = 2.0

Witness = Callable[[PacServer, Population], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """How to measure. `core` is the server's, `generator_core` the generator's. With `history` every frame of every
    connection is written there, and `witness` is called before the server ends: for the tests."""

    clock: Clock
    seconds: float = 10.0
    warm_s: float = 1.0
    core: int | None = None
    generator_core: int | None = None
    rates: tuple[int, ...] = ()
    history: Path | None = None
    witness: Witness | None = None

    def run(self, plan: Plan) -> Result:
        return generator.run(plan, self.generator_core)

    def noted(self, flags: str) -> str:
        return f"{flags}h" if self.history else flags


def measure(workload: Workload, bench: Bench) -> Iterator[Row]:
    """PAC under this workload, a row for each rate. Raises CannotMeasure."""
    with pac_server.running(bench.core, **workload.settings) as server:
        population = populate(server, workload)
        server.pin()
        for number, rate in enumerate(bench.rates or workload.rates):
            yield _KINDS[workload.kind](workload, bench, server, population, rate, f"r{number}")
        if bench.witness is not None:
            bench.witness(server, population)


def measure_peer(folder: Path, name: str, workload: Workload, bench: Bench, rate: int) -> Row:
    """A peer under the same load at one rate. Raises CannotMeasure."""
    with running_peer(folder, name, bench.core) as peer:
        plan = peer_plan(peer.dialect, peer.port, peer.pid, workload)
        if workload.kind is Kind.IDLE:
            result = bench.run(replace(plan, hold=SETTLES_S))
            return Row(name, workload, 0, result, _memory(result))
        return Row(
            name, workload, rate, bench.run(replace(plan, rate=rate, warm=bench.warm_s, window=bench.seconds))
        )


def _loaded(
    workload: Workload, bench: Bench, server: PacServer, population: Population, run: str, rate: int,
    flags: Callable[[Seat], str] = lambda seat: "" if seat.place else "s",
) -> Plan:  # fmt: skip
    plan = population.plan(server, run, lambda seat: bench.noted(flags(seat)))
    return replace(
        plan, rate=rate, warm=bench.warm_s, window=bench.seconds, body=workload.body, history=bench.history
    )


def _load(
    workload: Workload, bench: Bench, server: PacServer, population: Population, rate: int, run: str
) -> Row:
    result = bench.run(_loaded(workload, bench, server, population, run, rate))
    more = {}
    if workload.name == "quiet":
        more = {"sync_p50_ms": disk.sync_times(server.folder, bench.clock).ms(50)}
    return Row("pac", workload, rate, result, more)


def _idle(
    workload: Workload, bench: Bench, server: PacServer, population: Population, rate: int, run: str
) -> Row:
    """Nobody says anything. The server is started again first, so that signing up is not in its memory."""
    server.restart()
    plan = population.plan(server, run, lambda _: bench.noted(""))
    result = bench.run(replace(plan, hold=max(SETTLES_S, bench.seconds), history=bench.history))
    return Row("pac", workload, 0, result, _memory(result))


def _memory(result: Result) -> dict[str, float]:
    resident, window = result.raw["resident"], result.raw["window"]
    return {
        "kib_per_connection": (resident["ready"] - resident["before"]) / 1_024 / max(1, result.raw["completed"]),
        "resident_mib": resident["ready"] / 1_048_576,
        "idle_core_percent": 100 * window["server_cpu"] / (window["seconds"] or 1),
        "connect_s": result.raw["connect_s"],
    }  # fmt: skip


def _storm(
    workload: Workload, bench: Bench, server: PacServer, population: Population, rate: int, run: str
) -> Row:
    """Everybody comes at once: first as far as 101 and no further, then to be given what they missed."""
    comers = [seat for seat in population.seats if seat.place]
    at_once = workload.at_once or len(comers)
    bare = replace(
        population.plan(server, run, lambda seat: "wb" if seat.place else ""),
        wave=at_once, patience=STORM_WITHIN_S,
    )  # fmt: skip
    handshakes = bench.run(bare)
    plan = population.plan(server, run, lambda seat: bench.noted("w" if seat.place else "s"))
    plan = replace(
        plan, rate=rate, count=workload.missed * workload.rooms, warm=0, wave=at_once, body=workload.body,
        patience=STORM_WITHIN_S, history=bench.history,
    )  # fmt: skip

    def before_the_wave() -> int:
        if workload.restarts:
            server.restart()
            server.pin()
        return server.pid

    result = generator.run(plan, bench.generator_core, before_the_wave)
    wave, alone = result.raw["wave"], handshakes.raw["wave"]
    return Row("pac", workload, rate, result, {
        "handshakes_s": alone["seconds"],
        "resumed_s": wave["seconds"],
        "ratio": wave["seconds"] / (alone["seconds"] or 1),
        "handshakes_cpu_s": alone["server_cpu"],
        "resumed_cpu_s": wave["server_cpu"],
        "client_p50_ms": result.ready_in.ms(50),
        "client_p99_ms": result.ready_in.ms(99),
        "turned_away": float(sum(result.came_again.values())),
    })  # fmt: skip


def _slow(
    workload: Workload, bench: Bench, server: PacServer, population: Population, rate: int, run: str
) -> Row:
    """Some stop reading for most of the window; in the end they have everything, as those who read on."""
    plan = _loaded(
        workload, bench, server, population, run, rate,
        lambda seat: "z" if seat.place >= workload.readers - workload.slow else "" if seat.place else "s",
    )  # fmt: skip
    pause = bench.seconds * 0.1, bench.seconds * 0.8
    result = bench.run(
        replace(plan, pause=pause, drain=REPLAYS_WITHIN_S, receive_buffer=SLOW_BUFFER, patience=60)
    )
    resident = result.raw["resident"]
    return Row("pac", workload, rate, result, {
        "slow_readers_caught_up_in_s": max(0.0, result.late_delivery.ms(100) / 1_000 - pause[1]),
        "mib_more_while_they_slept": (resident["paused"] - resident["ready"]) / 1_048_576,
        "came_again": float(sum(result.came_again.values())),
    })  # fmt: skip


def _strangers(
    workload: Workload, bench: Bench, server: PacServer, population: Population, rate: int, run: str
) -> Row:
    """Those inside, first alone, then while strangers storm the door: what it costs them."""
    alone = bench.run(_loaded(workload, bench, server, population, f"{run}a", rate))
    plan = _loaded(workload, bench, server, population, f"{run}b", rate)
    outside = strangers_plan(server.port, workload.at_once, bench.seconds)
    inside = generator.start(plan, bench.generator_core)
    try:
        storm = generator.start(outside, bench.generator_core)
        try:
            turned = generator.finish(storm, outside)
        finally:
            generator.end(storm)
        result = generator.finish(inside, plan)
    finally:
        generator.end(inside)
    refused = {f"turned_away_{why.replace(' ', '_')}": float(n) for why, n in turned.raw["kinds"].items()}
    return Row("pac", workload, rate, result, {
        "p99_alone_ms": alone.delivery.ms(99),
        "p99_ratio": result.delivery.ms(99) / (alone.delivery.ms(99) or 1),
        "core_alone": alone.raw["window"]["server_cpu"] / (alone.raw["window"]["seconds"] or 1),
        **refused,
    })  # fmt: skip


_KINDS: dict[Kind, Callable[[Workload, Bench, PacServer, Population, int, str], Row]] = {
    Kind.LOAD: _load,
    Kind.IDLE: _idle,
    Kind.STORM: _storm,
    Kind.SLOW: _slow,
    Kind.STRANGERS: _strangers,
}
