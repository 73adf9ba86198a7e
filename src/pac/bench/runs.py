"""A workload carried out: a server, its people, a run at each rate."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pac.bench import pac_server
from pac.bench.generator import Result, run
from pac.bench.population import populate
from pac.bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Row:
    """One server under one workload at one rate."""

    server: str
    workload: str
    rate: int
    result: Result

    @property
    def us_per_delivery(self) -> float:
        window = self.result.raw["window"]
        return float(window["server_cpu"] / max(1, window["delivered"]) * 1e6)

    @property
    def core_share(self) -> float:
        window = self.result.raw["window"]
        return float(window["server_cpu"] / window["seconds"]) if window["seconds"] else 0.0

    def line(self) -> str:
        window = self.result.raw["window"]
        seconds = window["seconds"] or 1.0
        words = [
            f"{self.server} {self.workload} {self.rate:,}/s:",
            f"{window['delivered'] / seconds:,.0f} deliveries/s, {window['answered'] / seconds:,.0f} acks/s,",
            f"core {self.core_share:.0%}, {self.us_per_delivery:.2f} µs/delivery,",
            f"ack p50 {self.result.ack.ms(50):.2f} p99 {self.result.ack.ms(99):.2f} ms,",
            f"delivery p50 {self.result.delivery.ms(50):.2f} p99 {self.result.delivery.ms(99):.2f} ms,",
            f"generator {self.result.own_share:.0%}, late p99 {self.result.lateness.ms(99):.2f} ms",
        ]
        if self.result.is_saturated:
            words.append("(generator saturated)")
        if self.result.faults:
            words.append(f"FAULTS {self.result.faults}")
        return " ".join(words)

    def as_json(self) -> dict[str, Any]:
        result = self.result
        return {
            "server": self.server, "workload": self.workload, "rate": self.rate,
            "us_per_delivery": round(self.us_per_delivery, 3), "core_share": round(self.core_share, 3),
            "ack": result.ack.summary(), "delivery": result.delivery.summary(),
            "lateness": result.lateness.summary(), "generator_share": round(result.own_share, 3),
            "generator_saturated": result.is_saturated, "faults": result.faults, **result.raw,
        }  # fmt: skip


def measure(
    workload: Workload, rates: tuple[int, ...] | None, seconds: float, core: int, generator_core: int
) -> Iterator[Row]:
    """PAC under this workload, a row for each rate."""
    with pac_server.running(core) as server:
        population = populate(server, workload)
        server.pin()
        for number, rate in enumerate(rates or workload.rates):
            plan = replace(population.plan(server, f"r{number}"), rate=rate, window=seconds)
            yield Row("pac", workload.name, rate, run(plan, generator_core))
