"""Argon2id, off the event loop, a bounded number at a time (SECURITY 2.1; RFC 9106).

A hash takes 64 MiB and tens of milliseconds of a core. So there are as many workers as cores and a queue of
QUEUE; who comes when it is full is told to try later, and nobody's chat waits.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from pac import telemetry
from pac.accounts.rules import PASSWORD_BYTES, password_text
from pac.errors import CannotStart, Overloaded

QUEUE = 64
MEMORY_KIB, TIME, LANES = 65_536, 3, 4
MEMORY_FLOOR_KIB, TIME_FLOOR = 19_456, 2

_HASH_BYTES = 32
_SALT_BYTES = 16

T = TypeVar("T")


class Passwords:
    """Raises CannotStart when the parameters are below the floor."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, time_cost: int = TIME, lanes: int = LANES) -> None:
        if memory_kib < MEMORY_FLOOR_KIB or time_cost < TIME_FLOOR or lanes < 1:
            raise CannotStart(
                "The password hashing parameters are too weak.",
                f"Use at least {MEMORY_FLOOR_KIB} KiB, {TIME_FLOOR} passes and 1 lane.",
            )
        self._hasher = PasswordHasher(
            time_cost=time_cost,
            memory_cost=memory_kib,
            parallelism=lanes,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        # Of the right form, so that comparing with it costs one hash; of no password that anybody knows.
        self._stand_in = f"$argon2id$v=19$m={memory_kib},t={time_cost},p={lanes}${'A' * 22}${'A' * 43}"
        workers = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="pac-password")
        self._places = threading.BoundedSemaphore(workers + QUEUE)

    async def hash(self, password: str) -> str:
        """The encoded hash of a password that passed its rules. Raises Overloaded."""
        return await self._run(lambda: self._hasher.hash(password_text(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. Where there is no usable hash the answer is no, after the same work, so
        that nothing is learned from how long it took (SECURITY 2.4, 2.5). Raises Overloaded."""
        if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES:
            password = ""  # as wrong as any other, and no longer to hash
        usable = stored if stored and _is_usable(stored) else None
        return await self._run(lambda: self._verify(usable, password_text(password)))

    def needs_rehash(self, stored: str) -> bool:
        """Made with other parameters than today's: hash again at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, usable: str | None, password: str) -> bool:
        try:
            self._hasher.verify(usable or self._stand_in, password.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
        return usable is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Overloaded("passwords", retry_after_ms=2_000)
        telemetry.passwords_hashed.inc()
        job = self._threads.submit(work)
        # By the thread, not by the one who waits: who went away meanwhile does not make the pool smaller.
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)


def _is_usable(stored: str) -> bool:
    """An Argon2id hash that can be computed; anything else is as good as none."""
    try:
        return extract_parameters(stored).type is Type.ID
    except InvalidHashError:
        return False
