"""Buckets of three significant digits, and what is read off them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pac.bench.histogram import Histogram, bucket_bounds


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (0, (0, 0)),
        (1, (1, 1)),
        (1_023, (1_023, 1_023)),
        (2_047, (2_047, 2_047)),
        (2_048, (2_048, 2_049)),
        (2_049, (2_048, 2_049)),
        (4_095, (4_094, 4_095)),
        (4_096, (4_096, 4_099)),
        (1_000_000, (999_936, 1_000_447)),
        (10_007, (10_000, 10_007)),
    ],
)
def test_a_value_is_counted_in_its_bucket(value: int, bounds: tuple[int, int]) -> None:
    """As HdrHistogram with three significant digits has them: lowestEquivalentValue, highestEquivalentValue."""
    assert bucket_bounds(value) == bounds


@given(st.integers(0, 2**42 - 1))
def test_a_bucket_holds_its_value_to_three_digits(value: int) -> None:
    lowest, highest = bucket_bounds(value)
    assert lowest <= value <= highest
    assert highest - lowest <= value / 1_000
    assert bucket_bounds(lowest) == bucket_bounds(highest) == (lowest, highest)


def test_percentiles_are_those_of_the_values() -> None:
    histogram = Histogram.of(range(1, 1_001))
    assert [histogram.percentile_ns(percent) for percent in (0, 50, 90, 99, 99.9, 100)] == [
        1, 500, 900, 990, 999, 1_000,
    ]  # fmt: skip
    assert histogram.count == histogram.maximum == 1_000


@given(st.lists(st.integers(0, 10**11), min_size=1), st.lists(st.integers(0, 10**11)))
def test_histograms_are_added_by_their_counts(first: list[int], second: list[int]) -> None:
    assert Histogram.of(first) + Histogram.of(second) == Histogram.of(first + second)


def test_an_empty_histogram_says_nothing() -> None:
    assert Histogram().percentile_ns(99) == Histogram().count == 0
