"""The generator finds what is planted, sends when it is time, and is compiled once."""

import asyncio
import os
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import pytest

from pac.bench import dialects, generator
from pac.bench.generator import CannotMeasure, Client, Plan, Result
from pac.bench.histogram import bucket_bounds
from tests.bench.stand_in import Mischief, standing_in

READERS = 3
MESSAGES = 40
AT = 10
"""The message that the mischief is done to."""


def whole(said: list[str]) -> list[str]:
    return said


def dropped(said: list[str]) -> list[str]:
    return said[:AT] + said[AT + 1 :]


def dropped_at_the_end(said: list[str]) -> list[str]:
    return said[: MESSAGES - 1]


def doubled(said: list[str]) -> list[str]:
    return said[: AT + 1] + said[AT : AT + 1] + said[AT + 1 :]


def swapped(said: list[str]) -> list[str]:
    if len(said) <= AT + 1:
        return said[:AT]
    return [*said[:AT], said[AT + 1], said[AT], *said[AT + 2 :]]


def altered(said: list[str]) -> list[str]:
    return [*said[:AT], *(one.replace("...", "..,") for one in said[AT : AT + 1]), *said[AT + 1 :]]


def of_nobody(said: list[str]) -> list[str]:
    """Of a sender that is not there, instead of the one who sent it."""
    return [*said[:AT], *(_from_elsewhere(one) for one in said[AT : AT + 1]), *said[AT + 1 :]]


def _from_elsewhere(text: str) -> str:
    at = text.index("~") + 17
    return f"{text[:at]}00ff{text[at + 4 :]}"


async def loaded(
    mischief: Mischief, *, pac: bool = False, flag: str = "", refuses: Collection[int] = (), **given: object
) -> Result:
    async with standing_in(mischief, speaks_pac=pac, refuses=refuses) as port:
        rooms = [dialects.pac_room("r", "run") if pac else dialects.plain_room(0)]
        flags = [f"s{flag}", *[flag] * (READERS - 1)]
        clients = [dialects.pac_client(0, "r", "token", flag) if pac else Client(0, flag) for flag in flags]
        spoken = dialects.PAC if pac else dialects.PLAIN
        plan = Plan(
            spoken.name, port, rooms, clients, headers=spoken.headers, ready=spoken.ready,
            **{"rate": 400, "count": MESSAGES, "warm": 0, "drain": 0.5} | given,  # type: ignore[arg-type]
        )  # fmt: skip
        return await asyncio.to_thread(generator.run, plan)


@pytest.mark.parametrize("pac", [False, True], ids=["plain", "pac"])
async def test_nothing_is_found_where_nothing_is_wrong(pac: bool) -> None:
    result = await loaded(whole, pac=pac)
    assert result.faults == {}
    assert result.raw["delivered"] == READERS * MESSAGES
    assert result.raw["answered"] == (MESSAGES if pac else 0)
    assert result.delivery.count == READERS * MESSAGES
    assert result.ack.count == (MESSAGES if pac else 0)
    assert all(bucket_bounds(lowest)[0] == lowest for lowest, _ in result.delivery.buckets)


@pytest.mark.parametrize(
    ("mischief", "found"),
    [
        (dropped, {"holes": 1, "missing": 1}),
        (dropped_at_the_end, {"missing": 1}),
        (doubled, {"repeats": 1}),
        (swapped, {"reorders": 1}),
        (altered, {"altered": 1, "holes": 1, "missing": 1}),
        (of_nobody, {"foreign": 1, "holes": 1, "missing": 1}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_one_planted_fault_at_one_reader_is_found(mischief: Mischief, found: dict[str, int]) -> None:
    result = await loaded(mischief)
    assert {name: result.faults.get(name) for name in found} == found
    assert set(result.faults) <= set(found) | {"missing"}


@pytest.mark.parametrize(
    ("mischief", "found"),
    [(dropped, {"holes": 1, "missing": 1, "seq_holes": 1}), (doubled, {"repeats": 1, "seq_repeats": 1})],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_the_seqs_of_pac_are_checked_as_well(mischief: Mischief, found: dict[str, int]) -> None:
    result = await loaded(mischief, pac=True)
    assert {name: result.faults.get(name) for name in found} == found


async def test_a_send_that_was_refused_is_told_and_is_no_hole() -> None:
    result = await loaded(whole, pac=True, refuses={5, 6, MESSAGES})
    assert result.faults == {}
    assert result.refusals == {"unavailable": 3 + 1}
    assert result.raw["refused"] == 3
    assert result.raw["delivered"] == READERS * (MESSAGES - 3)


async def test_a_subscribe_that_was_refused_for_now_is_asked_again() -> None:
    result = await loaded(whole, pac=True)
    assert result.refusals == {"unavailable": 1}
    assert result.raw["completed"] == READERS


async def test_a_hole_beside_a_refusal_is_one() -> None:
    result = await loaded(dropped, pac=True, refuses={5, 6, MESSAGES})
    assert result.faults == {"holes": 1, "missing": 1, "seq_holes": 1}


async def test_sends_are_due_by_the_schedule_and_the_wait_for_a_server_that_stalls_counts() -> None:
    """An open loop: a server that gives nothing out for half of the run has that half in its latencies."""
    held_back = MESSAGES // 2

    def stalls(said: list[str]) -> list[str]:
        return said if len(said) >= held_back else []

    result = await loaded(stalls, rate=100)
    assert result.faults == {}
    victims_first = result.delivery.ms(100)
    assert victims_first == pytest.approx(held_back * 10, abs=60)
    assert result.lateness.ms(50) < 10


async def test_a_poisson_schedule_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    async def gaps(name: str, seed: int) -> list[int]:
        history = tmp_path / name
        await loaded(whole, flag="h", poisson=seed, rate=1_000, history=history)
        sent = [line.split("\t") for line in history.read_text(encoding="utf-8").splitlines()]
        due = [int(text[1:17], 16) for _, direction, _, text in sent if direction == ">"]
        return [later - earlier for earlier, later in pairwise(due)]

    first, second, other = await gaps("first", 7), await gaps("second", 7), await gaps("other", 8)
    assert len(first) == MESSAGES - 1
    assert first == second != other
    assert len(set(first)) > MESSAGES // 2
    assert sum(first) / len(first) == pytest.approx(1e6, rel=0.6)


async def test_a_server_that_is_not_there_is_told() -> None:
    plan = Plan("plain", 1, [dialects.plain_room(0)], [Client(0, "s")], rate=10, count=1, patience=2)
    result = await asyncio.to_thread(generator.run, plan)
    assert result.faults == {"Connection refused": 1, "not_ready": 1}


def test_a_plan_that_is_not_understood_is_told() -> None:
    plan = Plan("plain", 1, [], [])
    with pytest.raises(CannotMeasure, match="ended with 2"):
        generator.run(plan)


def test_the_generator_is_compiled_once(tmp_path: Path) -> None:
    program = generator.compiled(tmp_path)
    stamp = program.stat().st_mtime_ns
    assert generator.compiled(tmp_path) == program
    assert program.stat().st_mtime_ns == stamp
    assert os.access(program, os.X_OK)


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotMeasure, match="apt-get install gcc"):
        generator.compiled(tmp_path)
