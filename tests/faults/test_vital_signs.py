"""A leak is seen through the noise, and noise is no leak."""

import random

import pytest

from tests.faults.vital_signs import STRETCHES, growth

MIB = 2**20


def readings(seconds: int, leak_per_s: float) -> list[tuple[float, float]]:
    """A hundred MiB, now and then 64 more for a moment, pages that come and go; and a leak."""
    chance = random.Random(7)
    return [
        (
            float(second),
            100 * MIB
            + second * leak_per_s
            + (64 * MIB if chance.random() < 0.1 else 0)
            + chance.random() * MIB / 4,
        )
        for second in range(seconds)
    ]


@pytest.mark.parametrize("seconds", [80, 3_000])
@pytest.mark.parametrize("leak_mib", [0.0, 4.0, 40.0])
def test_growth_is_the_leak_whatever_comes_and_goes(seconds: int, leak_mib: float) -> None:
    found = growth(readings(seconds, leak_mib * MIB / seconds))
    assert found.over_s == pytest.approx(seconds * (1 - 1 / STRETCHES), rel=0.1)
    assert found.total / MIB == pytest.approx(leak_mib * found.over_s / seconds, abs=0.3)


def test_too_few_readings_tell_nothing() -> None:
    with pytest.raises(AssertionError, match="too few"):
        growth(readings(STRETCHES - 1, 0))
