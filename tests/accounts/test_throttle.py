"""Who may try how often: strangers with many addresses, and the owner who is not locked out by them."""

import pytest

from pac.accounts.throttle import (
    DAY_FAILURES,
    DELAY_MAX_S,
    FREE_FAILURES,
    KEYS_MAX,
    Delays,
    Failures,
    SignInThrottle,
    counted_as,
    counted_wide_as,
)
from pac.errors import RateLimited
from pac.limits.rules import Limits
from tests.support.clock import SteppedClock

SECRET = b"a secret of thirty-two bytes, ok"


@pytest.fixture
def throttle(clock: SteppedClock) -> SignInThrottle:
    return SignInThrottle(clock, Limits(), SECRET)


def tries(throttle: SignInThrottle, account: str, address: str, many: int, device: str | None = None) -> int:
    """How many of `many` wrong passwords were looked at."""
    looked_at = 0
    for _ in range(many):
        try:
            throttle.begin(account, address, device)
            looked_at += 1
        except RateLimited:
            pass
    return looked_at


def wait_of(throttle: SignInThrottle, account: str, address: str, device: str | None = None) -> int:
    with pytest.raises(RateLimited) as refusal:
        throttle.begin(account, address, device)
    return refusal.value.retry_after_ms


@pytest.mark.req("2.6", "2.7")
def test_of_fifty_at_once_five_are_looked_at(throttle: SignInThrottle) -> None:
    assert tries(throttle, "ada", "192.0.2.1", 50) == FREE_FAILURES


@pytest.mark.req("2.6")
def test_after_five_the_delay_doubles_up_to_a_quarter_of_an_hour(
    throttle: SignInThrottle, clock: SteppedClock
) -> None:
    tries(throttle, "ada", "192.0.2.1", FREE_FAILURES)
    waits = []
    for _ in range(12):
        waits.append(wait_of(throttle, "ada", "192.0.2.1"))
        clock.advance(ms=waits[-1])
        throttle.begin("ada", "192.0.2.1", None)
    assert waits == [min(1_000 * 2**step, int(DELAY_MAX_S * 1_000)) for step in range(12)]


@pytest.mark.req("2.6")
def test_the_wait_that_is_told_is_exact(throttle: SignInThrottle, clock: SteppedClock) -> None:
    tries(throttle, "ada", "192.0.2.1", 5)
    wait = wait_of(throttle, "ada", "192.0.2.1")
    clock.advance(ms=wait - 1)
    assert wait_of(throttle, "ada", "192.0.2.1") == 1
    clock.advance(ms=1)
    throttle.begin("ada", "192.0.2.1", None)


@pytest.mark.req("2.6")
def test_a_quarter_of_an_hour_later_five_are_free_again(
    throttle: SignInThrottle, clock: SteppedClock
) -> None:
    tries(throttle, "ada", "192.0.2.1", 5)
    clock.advance(seconds=15 * 60 + 1)
    assert tries(throttle, "ada", "192.0.2.1", 50) == 5


@pytest.mark.req("2.6")
def test_the_right_password_ends_the_series_and_leaves_no_trace(throttle: SignInThrottle) -> None:
    for _ in range(200):
        throttle.succeeded(throttle.begin("ada", "192.0.2.1", None))
    tries(throttle, "ada", "192.0.2.1", 4)
    throttle.succeeded(throttle.begin("ada", "192.0.2.1", None))
    assert tries(throttle, "ada", "192.0.2.1", 50) == 5


@pytest.mark.req("2.6")
def test_an_attempt_nobody_looked_at_is_none(throttle: SignInThrottle) -> None:
    for _ in range(200):
        throttle.withdrawn(throttle.begin("ada", "192.0.2.1", None))
    assert tries(throttle, "ada", "192.0.2.1", 50) == 5


@pytest.mark.req("2.6")
def test_two_hundred_addresses_get_a_hundred_looks_and_the_owner_still_gets_in(
    throttle: SignInThrottle, clock: SteppedClock
) -> None:
    device = throttle.device_cookie("ada")
    looked_at = 0
    for _ in range(20):
        for number in range(200):
            looked_at += tries(throttle, "ada", f"198.51.100.{number}", 1)
        clock.advance(seconds=1_800)
    assert looked_at == DAY_FAILURES
    assert wait_of(throttle, "ada", "203.0.113.9") > 0
    throttle.succeeded(throttle.begin("ada", "203.0.113.9", device))
    throttle.succeeded(throttle.begin("ada", "198.51.100.1", device))  # though strangers share its address


@pytest.mark.req("2.6")
def test_a_day_after_the_hundredth_the_account_is_open_to_all_again(
    throttle: SignInThrottle, clock: SteppedClock
) -> None:
    for number in range(DAY_FAILURES):
        throttle.begin("ada", f"198.51.100.{number}", None)
    clock.advance(ms=wait_of(throttle, "ada", "203.0.113.9"))
    throttle.begin("ada", "203.0.113.9", None)


@pytest.mark.req("2.6")
def test_a_known_browser_is_throttled_too(throttle: SignInThrottle) -> None:
    assert tries(throttle, "ada", "192.0.2.1", 50, throttle.device_cookie("ada")) == 5


@pytest.mark.req("2.6")
@pytest.mark.parametrize("device", ["", "x", "0" * 64, "é" * 64])
def test_a_made_up_device_is_a_stranger(throttle: SignInThrottle, device: str) -> None:
    assert not throttle.knows_device("ada", device)
    assert not throttle.knows_device("ada", throttle.device_cookie("ben"))
    assert not throttle.knows_device("ada", None)


@pytest.mark.req("2.6")
def test_a_device_is_known_after_a_restart_and_not_under_another_secret(clock: SteppedClock) -> None:
    device = SignInThrottle(clock, Limits(), SECRET).device_cookie("ada")
    assert SignInThrottle(clock, Limits(), SECRET).knows_device("ada", device)
    assert not SignInThrottle(clock, Limits(), b"another").knows_device("ada", device)


@pytest.mark.req("2.7")
def test_one_address_gets_twenty_failures_in_a_quarter_of_an_hour(
    throttle: SignInThrottle, clock: SteppedClock
) -> None:
    assert sum(tries(throttle, f"member{number}", "192.0.2.1", 1) for number in range(100)) == 20
    assert tries(throttle, "somebody", "192.0.2.2", 1) == 1
    clock.advance(seconds=15 * 60)
    assert tries(throttle, "somebody.else", "192.0.2.1", 1) == 1


@pytest.mark.req("2.7")
def test_a_thousand_addresses_of_one_64_count_as_one(throttle: SignInThrottle) -> None:
    looked_at = sum(
        tries(throttle, f"member{number}", f"2001:db8:0:1::{number:x}", 1) for number in range(1_000)
    )
    assert looked_at == 20


@pytest.mark.req("2.7")
def test_a_48_counts_as_ten_addresses(throttle: SignInThrottle) -> None:
    looked_at = sum(
        tries(throttle, f"member{number}", f"2001:db8:0:{number:x}::1", 1) for number in range(1_000)
    )
    assert looked_at == 200


@pytest.mark.req("2.7")
@pytest.mark.parametrize(
    ("address", "counted", "wide"),
    [
        ("1.2.3.4", "1.2.3.4", None),
        ("::ffff:1.2.3.4", "1.2.3.4", None),
        ("::FFFF:102:304", "1.2.3.4", None),
        ("2001:DB8::1", "2001:db8::/64", "2001:db8::/48"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64", "2001:db8::/48"),
        ("", "unknown", None),
        ("not an address", "unknown", None),
    ],
)
def test_an_address_is_counted_as_its_network(address: str, counted: str, wide: str | None) -> None:
    assert counted_as(address) == counted
    assert counted_wide_as(address) == wide


@pytest.mark.req("2.7")
def test_ten_sign_ups_an_hour_per_address(throttle: SignInThrottle, clock: SteppedClock) -> None:
    for _ in range(10):
        throttle.begin_sign_up("192.0.2.1")
    with pytest.raises(RateLimited) as refusal:
        throttle.begin_sign_up("::ffff:192.0.2.1")
    assert refusal.value.retry_after_ms == 3_600_000
    throttle.begin_sign_up("192.0.2.2")
    clock.advance(ms=refusal.value.retry_after_ms)
    throttle.begin_sign_up("192.0.2.1")


@pytest.mark.req("2.7")
def test_the_numbers_are_settings(clock: SteppedClock) -> None:
    throttle = SignInThrottle(clock, Limits(signin_failures=2, signup_per_hour=1), SECRET)
    assert sum(tries(throttle, f"member{number}", "192.0.2.1", 1) for number in range(10)) == 2
    throttle.begin_sign_up("192.0.2.1")
    with pytest.raises(RateLimited):
        throttle.begin_sign_up("192.0.2.1")


@pytest.mark.req("2.6")
def test_memory_is_bounded_whoever_invents_names() -> None:
    failures, delays = Failures(60, 5), Delays()
    for number in range(KEYS_MAX + 10):
        failures.add(f"name{number}", 0)
        delays.add(f"name{number}", 0)
    assert len(failures) == KEYS_MAX
    assert len(delays) == KEYS_MAX
