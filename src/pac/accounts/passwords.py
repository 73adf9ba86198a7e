"""Argon2id, off the event loop, a bounded number at a time (SECURITY 2.1; RFC 9106).

A hash takes 64 MiB and tens of milliseconds of a core. So there are as many workers as cores and a queue of
QUEUE; who comes when it is full is told to try later, and nobody's chat waits.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pac import telemetry
from pac.accounts.rules import PASSWORD_BYTES, password_text
from pac.errors import CannotStart, Overloaded

QUEUE = 64
MEMORY_KIB, TIME, LANES = 65_536, 3, 4
MEMORY_FLOOR_KIB, TIME_FLOOR = 19_456, 2

_HASH_BYTES = 32
_SALT_BYTES = 16


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
        workers = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="pac-password")
        self._room = workers + QUEUE
        self._under_way = 0
        self._stand_in: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash of a password that passed its rules. Raises Overloaded."""
        return str(await self._run(lambda: self._hasher.hash(password_text(password))))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. Where there is no usable hash the answer is no, after the same work, so
        that nothing is learned from how long it took (SECURITY 2.4, 2.5). Raises Overloaded."""
        if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES:
            password = ""  # as wrong as any other, and no longer to hash
        if self._stand_in is None:
            self._stand_in = await self.hash("stand-in")
        usable = stored if stored and stored.startswith("$argon2") else None
        return bool(await self._run(lambda: self._verify(usable, password_text(password))))

    def needs_rehash(self, stored: str) -> bool:
        """Made with other parameters than today's: hash again at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, usable: str | None, password: str) -> bool:
        assert self._stand_in is not None  # made in `verify`
        try:
            self._hasher.verify(usable or self._stand_in, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
        return usable is not None

    async def _run(self, work: Callable[[], object]) -> object:
        if self._under_way >= self._room:
            raise Overloaded("passwords", retry_after_ms=2_000)
        self._under_way += 1
        telemetry.passwords_hashed.inc()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
