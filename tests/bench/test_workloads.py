"""Every workload, small, against a real server: what the generator says is what the history checker says."""

from dataclasses import replace
from pathlib import Path

import pytest

from pac.bench import workloads
from pac.bench.pac_server import PacServer
from pac.bench.population import Population
from pac.bench.rows import Row
from pac.bench.runs import Bench, measure
from pac.bench.workloads import Kind, Workload
from pac.clock import SystemClock
from tests.bench.recorded import events, final_log
from tests.history.checker import check, report
from tests.history.model import LogRow, Receive

SECONDS = 0.6
WARM_S = 0.2


def carried_out(workload: Workload, folder: Path) -> Row:
    """A small run of it, seen by the history checker as well."""
    rows: list[LogRow] = []

    def witness(server: PacServer, population: Population) -> None:
        rows.extend(final_log(server, population))

    path = folder / "history"
    [row] = measure(workload, Bench(SystemClock(), SECONDS, WARM_S, history=path, witness=witness))
    assert row.result.faults == row.result.refusals == {}
    history = list(events(path))
    violations = check(history, rows)
    assert not violations, report(violations)
    seen = sum(isinstance(event, Receive) and event.type == "TEXT" for event in history)
    runs = 2 if workload.kind is Kind.STRANGERS else 1
    assert seen == runs * row.result.raw["delivered"]
    return row


SMALL: dict[str, Workload] = {
    "wide": replace(workloads.WIDE, readers=12, rates=(100,)),
    "small": replace(workloads.SMALL, rooms=4, readers=3, rates=(100,)),
    "log": replace(workloads.LOG, rooms=3, rates=(200,)),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_load_is_delivered_whole(name: str, tmp_path: Path) -> None:
    workload = SMALL[name]
    row = carried_out(workload, tmp_path)
    assert (
        row.result.raw["sent"]
        == row.result.raw["answered"]
        == pytest.approx((SECONDS + WARM_S) * workload.rates[0], abs=2)
    )
    assert row.result.raw["delivered"] == row.result.raw["sent"] * workload.readers
    assert row.result.ack.count == pytest.approx(SECONDS * workload.rates[0], abs=2)
    assert row.window["server_cpu"] > 0


def test_a_quiet_room_is_told_beside_what_the_disk_takes(tmp_path: Path) -> None:
    row = carried_out(replace(workloads.QUIET, readers=3, rates=(50,)), tmp_path)
    assert row.more["sync_p50_ms"] > 0
    assert row.result.ack.ms(50) > 0


def test_idle_connections_are_weighed(tmp_path: Path) -> None:
    row = carried_out(replace(workloads.IDLE, rooms=4, readers=6), tmp_path)
    assert row.result.raw["completed"] == 24
    assert 0 < row.more["kib_per_connection"] < 1_000


@pytest.mark.parametrize(
    "workload",
    [
        replace(workloads.STORM, readers=60),
        replace(workloads.STORM_ROOMS, rooms=2, readers=4),
        replace(workloads.STORM_RESTART, rooms=2, readers=4),
    ],
    ids=lambda workload: workload.name,
)
def test_who_comes_back_in_a_storm_has_all_that_was_missed(workload: Workload, tmp_path: Path) -> None:
    row = carried_out(workload, tmp_path)
    comers = workload.rooms * (workload.readers - 1)
    assert row.result.raw["delivered"] == workload.missed * (comers + workload.rooms)
    assert row.more["handshakes_s"] > 0
    assert row.more["resumed_s"] > 0
    assert row.result.ready_in.count == comers


def test_readers_that_stop_reading_come_out_whole(tmp_path: Path) -> None:
    row = carried_out(replace(workloads.SLOW, readers=6, slow=3, rates=(300,)), tmp_path)
    assert row.result.raw["delivered"] == row.result.raw["sent"] * 6
    assert row.result.late_delivery.ms(100) > row.result.delivery.ms(100)


def test_strangers_are_turned_away_and_those_inside_read_on(tmp_path: Path) -> None:
    row = carried_out(replace(workloads.STRANGERS, rooms=2, readers=4, rates=(50,), at_once=100), tmp_path)
    assert row.more["turned_away_close_4501"] > 0
    assert row.more["p99_alone_ms"] > 0
