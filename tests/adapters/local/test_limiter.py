"""LocalLimiter keeps the contract, agrees with a model that counts by hand, and stays bounded."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pac.adapters.local.limiter import LocalLimiter
from pac.limits.rules import Rate
from tests.contracts.limiter import SEND, LimiterContract
from tests.support.clock import SteppedClock


class TestLocalLimiter(LimiterContract):
    @pytest.fixture
    def limiter(self, clock: SteppedClock) -> LocalLimiter:
        return LocalLimiter(clock)


class BucketByHand:
    """A bucket of `burst` tokens that fills by `per_s`, in exact fractions: the same meter told the other way."""

    def __init__(self, rate: Rate) -> None:
        self._per_ms = Fraction(rate.per_s) / 1_000
        self._burst = Fraction(rate.burst)
        self._tokens = self._burst

    def pass_time(self, ms: int) -> None:
        self._tokens = min(self._burst, self._tokens + ms * self._per_ms)

    def spend(self, cost: int) -> int:
        if self._tokens >= cost:
            self._tokens -= cost
            return 0
        missing = (cost - self._tokens) / self._per_ms
        return -(-missing.numerator // missing.denominator)

    def give_back(self, cost: int) -> None:
        self._tokens = min(self._burst, self._tokens + cost)


rates = st.builds(
    Rate,
    st.just("any"),
    st.sampled_from([0.5, 1, 2, 4, 5, 10, 50, 200]),
    st.integers(min_value=5, max_value=40),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 3_000)),
        st.tuples(st.just("spend"), st.integers(1, 5)),
        st.tuples(st.just("give back"), st.integers(1, 2)),
    ),
    max_size=80,
)


@settings(deadline=None)
@given(rates, steps)
def test_it_answers_as_a_bucket_counted_by_hand(rate: Rate, steps: list[tuple[str, int]]) -> None:
    clock = SteppedClock()
    limiter = LocalLimiter(clock)
    bucket = BucketByHand(rate)
    for what, amount in steps:
        match what:
            case "wait":
                clock.advance(ms=amount)
                bucket.pass_time(amount)
            case "spend":
                assert limiter.spend(rate, "jisu", amount) == bucket.spend(amount)
            case _:
                limiter.give_back(rate, "jisu", amount)
                bucket.give_back(amount)


@settings(deadline=None)
@given(rates, steps, st.integers(1, 5))
def test_waiting_exactly_as_long_as_told_passes(rate: Rate, steps: list[tuple[str, int]], cost: int) -> None:
    clock = SteppedClock()
    limiter = LocalLimiter(clock)
    for what, amount in steps:
        if what == "wait":
            clock.advance(ms=amount)
        else:
            limiter.spend(rate, "jisu", amount)
    wait = limiter.spend(rate, "jisu", cost)
    if wait:
        clock.advance(ms=wait - 1)
        assert limiter.spend(rate, "jisu", cost) == 1
        clock.advance(ms=1)
        assert limiter.spend(rate, "jisu", cost) == 0


def test_keys_whose_time_has_passed_are_forgotten_as_others_call(clock: SteppedClock) -> None:
    limiter = LocalLimiter(clock)
    for member in range(1_000):
        limiter.spend(SEND, str(member))
    clock.advance(seconds=1)
    for member in range(1_000, 2_010):
        limiter.spend(SEND, str(member))
        clock.advance(ms=200)
    assert len(limiter) <= 2


def test_a_slow_limit_does_not_hide_quick_ones_from_the_sweep(clock: SteppedClock) -> None:
    limiter = LocalLimiter(clock)
    hourly = Rate("signup", 10 / 3_600, 10)
    for address in range(100):
        limiter.spend(hourly, str(address))
    for member in range(5_000):
        limiter.spend(SEND, str(member))
        clock.advance(ms=1)
    assert len(limiter) < 100 + 500


def test_however_many_keys_are_invented_memory_is_bounded(clock: SteppedClock) -> None:
    limiter = LocalLimiter(clock, keys_max=100)
    for member in range(10_000):
        limiter.spend(SEND, str(member))
    assert len(limiter) == 100
