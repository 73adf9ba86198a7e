"""Limiter for one process: one number a key, forgotten when it no longer says anything."""

import math
from collections import OrderedDict

from pac.clock import Clock
from pac.limits.limiter import gcra
from pac.limits.rules import Rate

KEYS_MAX = 500_000
_SWEPT_PER_NEW_KEY = 2
_EARLY_MS = 1e-6
"""What gcra forgives, in milliseconds: so much less than a whole one is not rounded up to the next."""


class LocalLimiter:
    """At `keys_max` keys the one longest unasked for starts anew: memory is bounded, whoever invents keys."""

    def __init__(self, clock: Clock, keys_max: int = KEYS_MAX) -> None:
        self._clock = clock
        self._keys_max = keys_max
        self._arrivals: OrderedDict[tuple[str, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._arrivals)

    def spend(self, rate: Rate, key: str, cost: int = 1) -> int:
        now = self._clock.monotonic()
        place = (rate.name, key)
        arrival = self._arrivals.get(place)
        passes, value = gcra(now if arrival is None else arrival, now, rate, cost)
        if not passes:
            return max(1, math.ceil(value * 1_000 - _EARLY_MS))
        if arrival is None:
            self._sweep(now)
        self._arrivals[place] = value
        self._arrivals.move_to_end(place)
        if len(self._arrivals) > self._keys_max:
            self._arrivals.popitem(last=False)
        return 0

    def give_back(self, rate: Rate, key: str, cost: int = 1) -> None:
        place = (rate.name, key)
        if place in self._arrivals:
            self._arrivals[place] -= cost / rate.per_s

    def _sweep(self, now: float) -> None:
        """A key whose arrival has passed is as one never seen. Two looks a new key keep up with them."""
        for _ in range(min(_SWEPT_PER_NEW_KEY, len(self._arrivals))):
            place, arrival = next(iter(self._arrivals.items()))
            if arrival <= now:
                del self._arrivals[place]
            else:
                self._arrivals.move_to_end(place)
