"""How often somebody may try to get in: by account, by address, and for how long (SECURITY 2.6, 2.7).

Three counts. Per account and address (or known browser): five failures in 15 minutes, then a delay that doubles
up to 15 minutes. Per account over all addresses: a hundred failures a day, after which only a browser that signed
in to it before may try, so that a stranger with many addresses can neither guess on nor lock the owner out. Per
address: failures and sign-ups, with a /64 as one IPv6 address and a /48 as ten.

An attempt is counted before its password is looked at, and taken back when it was right, so that fifty at once
are fifty. All of it is kept in this process, in bounded memory.
"""

import hashlib
import hmac
import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network

from pac.clock import Clock
from pac.errors import RateLimited
from pac.http.address import parsed_address
from pac.limits.rules import Limits

WINDOW_S = 15 * 60.0
FREE_FAILURES = 5
DELAY_MAX_S = 15 * 60.0
DAY_S = 24 * 3_600.0
DAY_FAILURES = 100
SIGN_UP_WINDOW_S = 3_600.0
WIDE_FACTOR = 10
KEYS_MAX = 100_000


def counted_as(address: str) -> str:
    """What counts as one address: IPv4 /32, IPv6 /64, and an IPv4 address however it is written."""
    parsed = parsed_address(address)
    if parsed is None:
        return "unknown"
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def counted_wide_as(address: str) -> str | None:
    """The /48 of an IPv6 address; None for any other."""
    parsed = parsed_address(address)
    return str(ip_network((parsed, 48), strict=False)) if isinstance(parsed, IPv6Address) else None


class Failures:
    """When each key failed, newest last; the keys that were longest untouched go when there are too many."""

    def __init__(self, window_s: float, keep: int) -> None:
        self._window_s = window_s
        self._keep = keep
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def recent(self, key: str, now: float) -> deque[float]:
        times = self._times.get(key)
        if times is None:
            return deque()
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if not times:
            del self._times[key]
        return times

    def add(self, key: str, now: float) -> None:
        times = self._times.setdefault(key, deque(maxlen=self._keep))
        times.append(now)
        self._times.move_to_end(key)
        while len(self._times) > KEYS_MAX:
            self._times.popitem(last=False)

    def take_back(self, key: str, at: float) -> None:
        times = self._times.get(key)
        if times is not None and at in times:
            times.remove(at)
            if not times:
                del self._times[key]

    def wait_for_room(self, key: str, now: float, most: int) -> float:
        """Seconds until fewer than `most` are recent; 0 when they are."""
        times = self.recent(key, now)
        return 0.0 if len(times) < most else times[-most] + self._window_s - now


@dataclass(slots=True)
class _Series:
    """Failures one after another, and when the last of them was."""

    count: int
    last: float

    @property
    def delay(self) -> float:
        """Five are free; the sixth waits a second after the fifth, then two, four, … up to 15 minutes."""
        return (
            min(DELAY_MAX_S, 2.0 ** min(self.count - FREE_FAILURES, 20)) if self.count >= FREE_FAILURES else 0
        )

    def is_over(self, now: float) -> bool:
        return now >= self.last + self.delay + WINDOW_S


class Delays:
    """How long who failed has to wait before the next try; a series is forgotten 15 minutes after it could go on."""

    def __init__(self) -> None:
        self._series: OrderedDict[str, _Series] = OrderedDict()

    def __len__(self) -> int:
        return len(self._series)

    def wait(self, key: str, now: float) -> float:
        series = self._series.get(key)
        if series is None:
            return 0.0
        if series.is_over(now):
            del self._series[key]
            return 0.0
        return max(0.0, series.last + series.delay - now)

    def add(self, key: str, now: float) -> None:
        series = self._series.setdefault(key, _Series(0, now))
        series.count += 1
        series.last = now
        self._series.move_to_end(key)
        while len(self._series) > KEYS_MAX:
            self._series.popitem(last=False)

    def take_back(self, key: str) -> None:
        series = self._series.get(key)
        if series is not None:
            series.count -= 1
            if series.count <= 0:
                del self._series[key]

    def clear(self, key: str) -> None:
        self._series.pop(key, None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that was let through to the password, counted as failed until it succeeds."""

    series: str
    counted: tuple[tuple[Failures, str], ...]
    at: float


class SignInThrottle:
    """`device_secret` keys the cookie of browsers that know an account; it outlives a restart."""

    def __init__(self, clock: Clock, limits: Limits, device_secret: bytes) -> None:
        self._clock = clock
        self._limits = limits
        self._device_secret = device_secret
        self._delays = Delays()
        self._by_account = Failures(DAY_S, DAY_FAILURES)
        self._by_address = Failures(WINDOW_S, limits.signin_failures * WIDE_FACTOR)
        self._sign_ups = Failures(SIGN_UP_WINDOW_S, limits.signup_per_hour * WIDE_FACTOR)

    def begin(self, account: str, address: str, device: str | None) -> Attempt:
        """Count an attempt at this account (its name's key, whether it exists or not). Raises RateLimited; the
        attempt is then not counted, and no password is looked at."""
        now = self._clock.monotonic()
        known = self.knows_device(account, device)
        # A browser the account knows has a series of its own: whoever shares its address cannot delay it.
        series = f"{account}\0{'known' if known else counted_as(address)}"
        bounds = self._bounds(self._by_address, address, self._limits.signin_failures)
        if not known:
            bounds.append((self._by_account, account, DAY_FAILURES))
        waits = [failures.wait_for_room(key, now, most) for failures, key, most in bounds]
        _refuse(max(self._delays.wait(series, now), *waits))
        self._delays.add(series, now)
        for failures, key, _ in bounds:
            failures.add(key, now)
        return Attempt(series, tuple((failures, key) for failures, key, _ in bounds), now)

    def succeeded(self, attempt: Attempt) -> None:
        """It was the password: the attempt did not fail, and its series is over."""
        self._take_back(attempt)
        self._delays.clear(attempt.series)

    def withdrawn(self, attempt: Attempt) -> None:
        """Nobody looked at the password, because something of ours failed: it was no attempt."""
        self._take_back(attempt)
        self._delays.take_back(attempt.series)

    def begin_sign_up(self, address: str) -> None:
        """Count a sign-up. Raises RateLimited."""
        now = self._clock.monotonic()
        bounds = self._bounds(self._sign_ups, address, self._limits.signup_per_hour)
        _refuse(max(failures.wait_for_room(key, now, most) for failures, key, most in bounds))
        for failures, key, _ in bounds:
            failures.add(key, now)

    def device_cookie(self, account: str) -> str:
        """What a browser that signed in to this account keeps."""
        return hmac.new(self._device_secret, account.encode(), hashlib.sha256).hexdigest()

    def knows_device(self, account: str, device: str | None) -> bool:
        return device is not None and hmac.compare_digest(
            device.encode(), self.device_cookie(account).encode()
        )

    def _bounds(self, failures: Failures, address: str, most: int) -> list[tuple[Failures, str, int]]:
        """(count, key, how many) for an address, and for the /48 it is in."""
        bounds = [(failures, counted_as(address), most)]
        wide = counted_wide_as(address)
        return bounds if wide is None else [*bounds, (failures, wide, most * WIDE_FACTOR)]

    def _take_back(self, attempt: Attempt) -> None:
        for failures, key in attempt.counted:
            failures.take_back(key, attempt.at)


def _refuse(wait_s: float) -> None:
    if wait_s > 0:
        raise RateLimited(max(1, math.ceil(wait_s * 1_000)))
