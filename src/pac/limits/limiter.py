"""Spend from a limit, or be told exactly when it works again: GCRA, the leaky bucket as a meter.

For each key one number is kept, the theoretical arrival time: when a perfectly even caller would call next
(ITU-T I.371, and https://brandur.org/rate-limiting). A call passes when it is not more than `burst` intervals
ahead of that.
"""

from typing import Protocol

from pac.limits.rules import Rate


class Limiter(Protocol):
    def spend(self, rate: Rate, key: str, cost: int = 1) -> int:
        """0, and the cost is taken; or the milliseconds until it would pass, and nothing is taken.

        Answers at once from what this node knows. An answer of 1 or more is exact: waiting that long and
        calling once passes, if nobody else spends from the same key.
        """

    def give_back(self, rate: Rate, key: str, cost: int = 1) -> None:
        """Undo a spend: the call turned out to cost nothing (a resend of something already stored)."""


def gcra(arrival: float, now: float, rate: Rate, cost: int) -> tuple[bool, float]:
    """One step of GCRA: (passes, new theoretical arrival time); or (refused, seconds to wait).

    `arrival` and `now` in seconds of one monotonic clock; a cost above the burst never passes.
    """
    interval = 1.0 / rate.per_s
    arrival = max(arrival, now)
    ahead = arrival + cost * interval - now
    room = rate.burst * interval
    if ahead > room + 1e-9:
        return False, ahead - room
    return True, arrival + cost * interval
