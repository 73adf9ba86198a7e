"""GCRA as arithmetic: what one step answers, in seconds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pac.limits.limiter import gcra
from pac.limits.rules import Limits, Rate

SEND = Rate("send", 5, 20)


def test_a_caller_never_seen_has_the_whole_burst() -> None:
    arrival, passed = 0.0, 0
    while True:
        passes, value = gcra(arrival, 100.0, SEND, 1)
        if not passes:
            break
        arrival, passed = value, passed + 1
    assert passed == SEND.burst


def test_a_refusal_tells_the_seconds_until_it_passes() -> None:
    assert gcra(104.0, 100.0, SEND, 1) == (False, 0.20000000000000284)
    assert gcra(103.8, 100.0, SEND, 1)[0]


@pytest.mark.row(
    "limit rooms", "limit connections", "limit ungreeted", "limit refusals", "limit queue", "guests limits"
)
@pytest.mark.row(
    "limit send", "limit ops", "limit subscribe", "limit frame", "limit body", "limit replay", "typing"
)
def test_the_defaults_are_the_protocols() -> None:
    limits = Limits()
    assert (limits.send.per_s, limits.send.burst) == (5, 20)
    assert (limits.ops.per_s, limits.ops.burst) == (50, 200)
    assert (limits.subscribe.per_s, limits.subscribe.burst) == (50, 600)
    assert (limits.typing.per_s, limits.typing.burst) == (1 / 3, 1)
    assert (limits.guest_send.per_s, limits.guest_send.burst) == (5, 20)
    assert (limits.rooms_per_connection, limits.connections_per_member) == (512, 10)
    assert (limits.ungreeted_per_address, limits.guest_sockets_per_address) == (50, 10)
    assert (limits.frame_bytes, limits.queue_bytes) == (64 * 1_024, 1_024 * 1_024)
    assert (limits.body_chars, limits.replay, limits.refusals_per_min) == (4_000, 1_000, 100)


@settings(deadline=None)
@given(
    st.floats(0.1, 1_000),
    st.integers(1, 100),
    st.lists(st.tuples(st.floats(0, 10), st.integers(1, 3)), max_size=100),
)
def test_over_any_time_no_more_passes_than_the_burst_and_what_the_rate_gives(
    per_s: float, burst: int, calls: list[tuple[float, int]]
) -> None:
    rate = Rate("any", per_s, burst)
    now = begun = 1_000.0
    arrival, spent = 0.0, 0
    for pause, cost in calls:
        now += pause
        passes, value = gcra(arrival, now, rate, cost)
        if passes:
            arrival, spent = value, spent + cost
    assert spent <= burst + (now - begun) * per_s + 1e-3
