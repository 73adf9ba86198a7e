"""How often somebody may try to get in: by account, by address, and for how long (SECURITY 2.6, 2.7).

Three counts. Per account and address prefix: five failures in 15 minutes, then a delay that doubles up to 15
minutes. Per account over all addresses: a hundred failures a day, after which only a browser that signed in to
it before may try, so that a stranger with many addresses can neither guess on nor lock the owner out. Per
address: failures and sign-ups, with a /64 as one IPv6 address and a /48 as ten.

An attempt is counted before its password is looked at, and taken back when it was right, so that fifty at once
are fifty. All of it is kept in this process, in bounded memory.
"""

import hashlib
import hmac
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network

from pac.clock import Clock
from pac.errors import RateLimited
from pac.limits.rules import Limits

WINDOW_S = 15 * 60.0
FREE_FAILURES = 5
DELAY_MAX_S = 15 * 60.0
DAY_S = 24 * 3_600.0
DAY_FAILURES = 100
SIGN_UP_WINDOW_S = 3_600.0
WIDE_FACTOR = 10
KEYS_MAX = 100_000


def address_prefix(address: str) -> str:
    """What counts as one address: IPv4 /32, IPv6 /64, and an IPv4 address however it is written."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def wide_prefix(address: str) -> str | None:
    """The /48 of an IPv6 address; None for any other."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 48), strict=False))
    return None


class Failures:
    """When each key failed, newest last; the keys that were longest untouched go when there are too many."""

    def __init__(self, window_s: float, keep: int) -> None:
        self._window_s = window_s
        self._keep = keep
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

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

    def clear(self, key: str) -> None:
        self._times.pop(key, None)

    def wait_for_room(self, key: str, now: float, most: int) -> float:
        """Seconds until fewer than `most` are recent; 0 when they are."""
        times = self.recent(key, now)
        return 0.0 if len(times) < most else times[-most] + self._window_s - now


class Attempt:
    """A sign-in that was let through to the password, counted as failed until it succeeds."""

    __slots__ = ("account", "at", "keys")

    def __init__(self, account: str, keys: list[tuple[Failures, str]], at: float) -> None:
        self.account = account
        self.keys = keys
        self.at = at


class SignInThrottle:
    """`device_secret` keys the cookie of browsers that know an account; it outlives a restart."""

    def __init__(self, clock: Clock, limits: Limits, device_secret: bytes) -> None:
        self._clock = clock
        self._limits = limits
        self._device_secret = device_secret
        failures = max(limits.signin_failures * WIDE_FACTOR, DAY_FAILURES)
        self._by_pair = Failures(WINDOW_S + DELAY_MAX_S, 64)
        self._by_account = Failures(DAY_S, DAY_FAILURES)
        self._by_address = Failures(WINDOW_S, failures)
        self._sign_ups = Failures(SIGN_UP_WINDOW_S, limits.signup_per_hour * WIDE_FACTOR)

    def begin(self, account: str, address: str, device: str | None) -> Attempt:
        """Count an attempt at this account (its name's key, whether it exists or not). Raises RateLimited; the
        attempt is then not counted, and no password is looked at."""
        now = self._clock.monotonic()
        prefix = address_prefix(address)
        pair = f"{account}\0{prefix}"
        waits = [self._pair_wait(pair, now)]
        keys = [(self._by_pair, pair), (self._by_address, prefix)]
        waits.append(self._by_address.wait_for_room(prefix, now, self._limits.signin_failures))
        wide = wide_prefix(address)
        if wide is not None:
            keys.append((self._by_address, wide))
            most = self._limits.signin_failures * WIDE_FACTOR
            waits.append(self._by_address.wait_for_room(wide, now, most))
        if not self.knows_device(account, device):
            keys.append((self._by_account, account))
            waits.append(self._by_account.wait_for_room(account, now, DAY_FAILURES))
        _refuse(max(waits))
        for failures, key in keys:
            failures.add(key, now)
        return Attempt(account, keys, now)

    def succeeded(self, attempt: Attempt) -> None:
        """It was the password: the attempt did not fail, and the pair starts anew."""
        for failures, key in attempt.keys:
            failures.take_back(key, attempt.at)
        pair_failures, pair = attempt.keys[0]
        pair_failures.clear(pair)

    def begin_sign_up(self, address: str) -> None:
        """Count a sign-up. Raises RateLimited."""
        now = self._clock.monotonic()
        keys = [(address_prefix(address), self._limits.signup_per_hour)]
        wide = wide_prefix(address)
        if wide is not None:
            keys.append((wide, self._limits.signup_per_hour * WIDE_FACTOR))
        _refuse(max(self._sign_ups.wait_for_room(key, now, most) for key, most in keys))
        for key, _ in keys:
            self._sign_ups.add(key, now)

    def device_cookie(self, account: str) -> str:
        """What a browser that signed in to this account keeps."""
        return hmac.new(self._device_secret, account.encode(), hashlib.sha256).hexdigest()

    def knows_device(self, account: str, device: str | None) -> bool:
        return device is not None and hmac.compare_digest(
            device.encode(), self.device_cookie(account).encode()
        )

    def _pair_wait(self, pair: str, now: float) -> float:
        """Five are free; the sixth waits a second after the fifth, then two, four, … up to 15 minutes."""
        times = self._by_pair.recent(pair, now)
        if len(times) < FREE_FAILURES:
            return 0.0
        delay = min(DELAY_MAX_S, 2.0 ** min(len(times) - FREE_FAILURES, 20))
        return times[-1] + delay - now


def _refuse(wait_s: float) -> None:
    if wait_s > 0:
        raise RateLimited(max(1, round(wait_s * 1_000 + 0.5)))
