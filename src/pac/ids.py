"""Where ids, tokens and jitter come from. Nothing else draws randomness, so a test can replay a run."""

import base64
import os
import random
from typing import Protocol

from pac.clock import Instant


class IdSource(Protocol):
    def uuid7(self, now: Instant) -> str:
        """A UUIDv7 (RFC 9562 §5.7): sorts by time, 74 random bits."""

    def room_id(self) -> str:
        """128 random bits as 32 hex digits: a room cannot be found by guessing (SECURITY 4.4)."""

    def token(self) -> str:
        """256 random bits as 43 URL-safe characters: session ids and live tokens (SECURITY 2.11)."""

    def invitation(self) -> str:
        """128 random bits as 22 URL-safe characters: the token of an invitation (SECURITY 4.8)."""

    def jitter(self, low: float, high: float) -> float:
        """A number drawn evenly from [low, high]."""


_UUIDS_DRAWN = 400


class SystemIds:
    def __init__(self) -> None:
        self._random = random.SystemRandom()
        self._noise = b""
        self._used = 0

    def uuid7(self, now: Instant) -> str:
        used = self._used
        if used >= len(self._noise):
            # Drawn for many at once: a system call each would cost more than all the rest of it.
            self._noise, used = os.urandom(10 * _UUIDS_DRAWN), 0
        self._used = used + 10
        return _uuid7(now, self._noise[used : used + 10])

    def room_id(self) -> str:
        return os.urandom(16).hex()

    def token(self) -> str:
        return _token(os.urandom(32))

    def invitation(self) -> str:
        return _token(os.urandom(16))

    def jitter(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


class SeededIds:
    """The same ids for the same seed: for tests and for replaying a failed run; never for production."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uuid7(self, now: Instant) -> str:
        return _uuid7(now, self._random.randbytes(10))

    def room_id(self) -> str:
        return self._random.randbytes(16).hex()

    def token(self) -> str:
        return _token(self._random.randbytes(32))

    def invitation(self) -> str:
        return _token(self._random.randbytes(16))

    def jitter(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


_VARIANT_10 = {digit: f"{8 | int(digit, 16) & 3:x}" for digit in "0123456789abcdef"}


def _uuid7(now: Instant, noise: bytes) -> str:
    """From 80 random bits. The text of it at once: by way of `uuid.UUID` it would cost three times as much, for
    every message."""
    time, rand = f"{now & ((1 << 48) - 1):012x}", noise.hex()
    return f"{time[:8]}-{time[8:]}-7{rand[1:4]}-{_VARIANT_10[rand[4]]}{rand[5:8]}-{rand[8:]}"


def _token(noise: bytes) -> str:
    return base64.urlsafe_b64encode(noise).rstrip(b"=").decode("ascii")
