"""What every Limiter promises (pac/limits/limiter.py). An adapter's test module gives the fixture `limiter`,
made with the stepped `clock`.
"""

from pac.limits.limiter import Limiter
from pac.limits.rules import Rate
from tests.support.clock import SteppedClock

SEND = Rate("send", 5, 20)


class LimiterContract:
    def test_a_burst_passes_and_the_next_is_told_when(self, limiter: Limiter, clock: SteppedClock) -> None:
        assert [limiter.spend(SEND, "jisu") for _ in range(20)] == [0] * 20
        assert limiter.spend(SEND, "jisu") == 200

    def test_waiting_as_told_passes_once_and_a_millisecond_less_does_not(
        self, limiter: Limiter, clock: SteppedClock
    ) -> None:
        for _ in range(20):
            limiter.spend(SEND, "jisu")
        clock.advance(ms=37)
        wait = limiter.spend(SEND, "jisu")
        assert wait == 163
        clock.advance(ms=wait - 1)
        assert limiter.spend(SEND, "jisu") == 1
        clock.advance(ms=1)
        assert limiter.spend(SEND, "jisu") == 0
        assert limiter.spend(SEND, "jisu") == 200

    def test_a_refusal_costs_nothing(self, limiter: Limiter, clock: SteppedClock) -> None:
        for _ in range(100):
            limiter.spend(SEND, "jisu")
        clock.advance(ms=200)
        assert limiter.spend(SEND, "jisu") == 0

    def test_members_and_limits_are_counted_apart(self, limiter: Limiter) -> None:
        for _ in range(20):
            limiter.spend(SEND, "jisu")
        assert limiter.spend(SEND, "minho") == 0
        assert limiter.spend(Rate("ops", 50, 200), "jisu") == 0

    def test_what_is_given_back_was_never_spent(self, limiter: Limiter) -> None:
        for _ in range(20):
            limiter.spend(SEND, "jisu")
        limiter.give_back(SEND, "jisu")
        assert limiter.spend(SEND, "jisu") == 0
        assert limiter.spend(SEND, "jisu") == 200

    def test_giving_back_never_makes_the_burst_larger(self, limiter: Limiter) -> None:
        limiter.give_back(SEND, "jisu", 50)
        limiter.spend(SEND, "jisu")
        limiter.give_back(SEND, "jisu", 50)
        assert sum(limiter.spend(SEND, "jisu") == 0 for _ in range(40)) == 20

    def test_a_pause_gives_the_burst_again_and_no_more(self, limiter: Limiter, clock: SteppedClock) -> None:
        for _ in range(20):
            limiter.spend(SEND, "jisu")
        clock.advance(seconds=3_600)
        assert sum(limiter.spend(SEND, "jisu") == 0 for _ in range(40)) == 20

    def test_a_cost_is_taken_whole_or_not_at_all(self, limiter: Limiter, clock: SteppedClock) -> None:
        assert limiter.spend(SEND, "jisu", 15) == 0
        assert limiter.spend(SEND, "jisu", 10) == 1_000
        assert limiter.spend(SEND, "jisu", 5) == 0
