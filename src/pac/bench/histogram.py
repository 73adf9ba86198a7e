"""Latencies as the generator counted them: log-linear buckets of three significant digits, as Gil Tene's HdrHistogram
(https://hdrhistogram.org) has them. Histograms of several runs are added; percentiles are read off, never averaged."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

HALF_BITS = 10
_HALF = 1 << HALF_BITS


def bucket_bounds(value: int) -> tuple[int, int]:
    """The lowest and the highest nanoseconds that are counted with this value."""
    power = max(value.bit_length() - HALF_BITS - 1, 0)
    lowest = value >> power << power
    return lowest, lowest + (1 << power) - 1


@dataclass(frozen=True, slots=True)
class Histogram:
    """`buckets`: the lowest nanoseconds of each bucket that is not empty, ascending, and how many were in it."""

    buckets: tuple[tuple[int, int], ...] = ()
    maximum: int = 0
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", tuple(accumulate(count for _, count in self.buckets)))

    @staticmethod
    def of(values: Iterable[int]) -> "Histogram":
        counts: dict[int, int] = {}
        highest = 0
        for value in values:
            lowest, _ = bucket_bounds(value)
            counts[lowest] = counts.get(lowest, 0) + 1
            highest = max(highest, value)
        return Histogram(tuple(sorted(counts.items())), highest)

    @staticmethod
    def read(given: Any) -> "Histogram":
        """As the generator printed it."""
        return Histogram(tuple((lowest, count) for lowest, count in given["buckets"]), given["max"])

    @property
    def count(self) -> int:
        return self._ends[-1] if self._ends else 0

    def percentile_ns(self, percent: float) -> int:
        """The highest value that `percent` of all may have had, to three digits; 0 where nothing was counted."""
        if not self.buckets:
            return 0
        rank = max(1, -int(-percent * self.count // 100))
        lowest, _ = self.buckets[bisect_left(self._ends, rank)]
        return min(bucket_bounds(lowest)[1], self.maximum)

    def ms(self, percent: float) -> float:
        return self.percentile_ns(percent) / 1e6

    def __add__(self, other: "Histogram") -> "Histogram":
        counts = dict(self.buckets)
        for lowest, count in other.buckets:
            counts[lowest] = counts.get(lowest, 0) + count
        return Histogram(tuple(sorted(counts.items())), max(self.maximum, other.maximum))

    def summary(self) -> dict[str, float]:
        """For people and for the JSON: milliseconds."""
        percentiles = {f"p{percent:g}_ms": round(self.ms(percent), 3) for percent in (50, 90, 99, 99.9)}
        return {"count": self.count, **percentiles, "max_ms": round(self.maximum / 1e6, 3)}
