"""Where ids, tokens and jitter come from. Nothing else draws randomness, so a test can replay a run."""

import base64
import os
import random
import uuid
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


class SystemIds:
    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def uuid7(self, now: Instant) -> str:
        return str(_uuid7(now, os.urandom(10)))

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
        return str(_uuid7(now, self._random.randbytes(10)))

    def room_id(self) -> str:
        return self._random.randbytes(16).hex()

    def token(self) -> str:
        return _token(self._random.randbytes(32))

    def invitation(self) -> str:
        return _token(self._random.randbytes(16))

    def jitter(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


def _uuid7(now: Instant, noise: bytes) -> uuid.UUID:
    value = (now & ((1 << 48) - 1)) << 80 | int.from_bytes(noise, "big")
    value = value & ~(0xF << 76) | 7 << 76  # version 7
    value = value & ~(0x3 << 62) | 2 << 62  # variant 10
    return uuid.UUID(int=value)


def _token(noise: bytes) -> str:
    return base64.urlsafe_b64encode(noise).rstrip(b"=").decode("ascii")
