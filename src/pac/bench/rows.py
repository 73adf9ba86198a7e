"""One line of the table: a server under a workload at a rate, and what follows from what the generator counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pac.bench.generator import Result
from pac.bench.workloads import Kind, Workload


@dataclass(frozen=True, slots=True)
class Row:
    """`more`: figures that only this kind of workload has, by name, the unit at its end."""

    server: str
    workload: Workload
    rate: int
    result: Result
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def window(self) -> Mapping[str, float]:
        window: Mapping[str, float] = self.result.raw["window"]
        return window

    @property
    def us_per_delivery(self) -> float:
        """Microseconds of the server's CPU, all its threads, for one message at one reader."""
        return self.window["server_cpu"] / max(1, self.window["delivered"]) * 1e6

    @property
    def core_share(self) -> float:
        return self.window["server_cpu"] / (self.window["seconds"] or 1)

    def per_second(self, what: str) -> float:
        return self.window[what] / (self.window["seconds"] or 1)

    @property
    def falls_over(self) -> bool:
        """Whether it could not carry the rate: it refused some, or they were not there when the drain was over."""
        return any(self.result.raw[name] for name in ("missing", "unsent", "refused"))

    def line(self) -> str:
        """For the terminal, as it is measured."""
        result = self.result
        at = f" {self.rate:,}/s" if self.rate and self.workload.kind is not Kind.STORM else ""
        words = [f"{self.server} {self.workload.name}{at}:"]
        if self.workload.kind in (Kind.LOAD, Kind.SLOW, Kind.STRANGERS):
            words.append(f"{self.per_second('delivered'):,.0f} deliveries/s,")
            if result.ack.count:
                words.append(f"{self.per_second('answered'):,.0f} acks/s,")
            words.append(f"{self.core_share:.0%} of a core, {self.us_per_delivery:.2f} µs a delivery;")
            if result.ack.count:
                words.append(f"ack p50 {result.ack.ms(50):.2f} p99 {result.ack.ms(99):.2f} ms,")
            words.append(f"delivery p50 {result.delivery.ms(50):.2f} p99 {result.delivery.ms(99):.2f} ms;")
            words.append(f"generator {result.own_share:.0%}, late p99 {result.lateness.ms(99):.2f} ms")
        if self.more:
            words.append(", ".join(f"{name} {value:,.2f}" for name, value in self.more.items()))
        if result.is_saturated:
            words.append("(generator saturated)" if result.own_share > 0.9 else "(generator saturated: late)")
        if result.came_again:
            words.append(f"came again after {result.came_again}")
        if result.refusals:
            words.append(f"refused {result.refusals}")
        if result.faults:
            words.append(f"FAULTS {dict(result.faults)}")
        return " ".join(words)

    def as_json(self) -> dict[str, Any]:
        result = self.result
        return {
            "server": self.server,
            "workload": self.workload.name,
            "title": self.workload.title,
            "rate": self.rate,
            "us_per_delivery": round(self.us_per_delivery, 3),
            "core_share": round(self.core_share, 3),
            "deliveries_per_s": round(self.per_second("delivered")),
            "acks_per_s": round(self.per_second("answered")),
            **{name: round(value, 4) for name, value in self.more.items()},
            "ack": result.ack.summary(),
            "delivery": result.delivery.summary(),
            "late_delivery": result.late_delivery.summary(),
            "ready_in": result.ready_in.summary(),
            "lateness": result.lateness.summary(),
            "generator_share": round(result.own_share, 3),
            "generator_saturated": result.is_saturated,
            "falls_over": self.falls_over,
            "faults": result.faults,
            "refusals": result.refusals,
            "came_again": result.came_again,
            "generator": result.raw,
        }
