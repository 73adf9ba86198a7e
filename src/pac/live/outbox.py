"""What one socket still has to be sent, bounded in bytes. A full outbox is an answer, never a wait.

Bytes go straight to the transport while it takes them; when it says stop, they wait here. At half of the limit
ephemeral frames are shed. At the limit every log entry that waits is dropped and its subscription falls back to
reading the log (PROTOCOL promise 3): a slow reader costs no more memory than the limit and never sees a hole.
Answers (`ok`, `error`) are never dropped; if they alone fill the outbox the reader is cut off.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic, TypeVar

Source = TypeVar("Source")


class Verdict(Enum):
    QUEUED = auto()
    SHED_EPHEMERAL = auto()
    REPLAY_FROM_LOG = auto()
    SLOW = auto()


STUCK_AFTER_S = 30.0


class Outbox(Generic[Source]):
    """`write` hands bytes to the transport. `Source` is whatever can be told to read the log again."""

    __slots__ = ("_limit", "_open", "_waiting", "_waiting_bytes", "_write", "full_since")

    def __init__(self, write: Callable[[bytes], None], limit: int) -> None:
        self._write = write
        self._limit = limit
        self._open = True
        self._waiting: deque[tuple[bytes, Source | None, int]] | None = None
        """None until something waits: an empty deque is 760 bytes, and most sockets never need one."""
        self._waiting_bytes = 0
        self.full_since: float | None = None

    def write_to(self, write: Callable[[bytes], None]) -> None:
        """The transport is there: from here on bytes go to it, with nothing of ours in between."""
        self._write = write

    @property
    def is_open(self) -> bool:
        """Whether the transport takes bytes and nothing waits: the moment to read on in the log."""
        return self._open and not self._waiting

    @property
    def queued_bytes(self) -> int:
        return self._waiting_bytes

    def answer(self, frame: bytes) -> Verdict:
        """A frame that must not be lost while the socket lives."""
        if self.is_open:
            self._write(frame)
            return Verdict.QUEUED
        return self._wait(frame, None, 0)

    def ephemeral(self, frame: bytes) -> Verdict:
        """A frame that may be lost: typing, presence, top."""
        if self.is_open:
            self._write(frame)
            return Verdict.QUEUED
        if self._waiting_bytes + len(frame) > self._limit // 2:
            return Verdict.SHED_EPHEMERAL
        return self._wait(frame, None, 0)

    def entries(self, frames: bytes, source: Source, before: int) -> Verdict:
        """Framed log entries of one source, all with seq > before.

        REPLAY_FROM_LOG: the outbox is full and wants `drop_entries`; these frames were not taken.
        """
        if self._open and not self._waiting:
            self._write(frames)
            return Verdict.QUEUED
        if self._waiting_bytes + len(frames) > self._limit:
            return Verdict.REPLAY_FROM_LOG
        return self._wait(frames, source, before)

    def drop_entries(self, now: float) -> dict[Source, int]:
        """Discard every log entry that waits: for each source the seq after which it has to read again."""
        kept: deque[tuple[bytes, Source | None, int]] = deque()
        resume: dict[Source, int] = {}
        for frames, source, before in self._waiting or ():
            if source is None:
                kept.append((frames, None, 0))
            else:
                resume.setdefault(source, before)
                self._waiting_bytes -= len(frames)
        self._waiting = kept
        if self.full_since is None:
            self.full_since = now
        return resume

    def forget(self, source: Source) -> None:
        """Discard what waits for one source: it may not be sent any more."""
        if not self._waiting:
            return
        kept: deque[tuple[bytes, Source | None, int]] = deque()
        for frames, whose, before in self._waiting:
            if whose is source:
                self._waiting_bytes -= len(frames)
            else:
                kept.append((frames, whose, before))
        self._waiting = kept

    def pause(self) -> None:
        """The transport's own buffer is full."""
        self._open = False

    def resume(self) -> None:
        """The transport takes bytes again: give it what waits, until it says stop or nothing is left."""
        self._open = True
        while self._waiting and self._open:
            frames, _, _ = self._waiting.popleft()
            self._waiting_bytes -= len(frames)
            self._write(frames)
        if self.is_open:
            self.full_since = None

    def close(self) -> None:
        """The close frame is on its way: what waits is dropped and what still comes is ignored, for nothing may be
        sent behind it (RFC 6455 §5.5.1), least of all what its reader may not read any more."""
        self._write = _ignored
        self._waiting = None
        self._waiting_bytes = 0
        self._open = True
        self.full_since = None

    def is_stuck(self, now: float) -> bool:
        """Full for STUCK_AFTER_S without having drained once: close 4008."""
        return self.full_since is not None and now - self.full_since >= STUCK_AFTER_S

    def _wait(self, frames: bytes, source: Source | None, before: int) -> Verdict:
        if source is None and self._waiting_bytes + len(frames) > self._limit:
            return Verdict.SLOW
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((frames, source, before))
        self._waiting_bytes += len(frames)
        return Verdict.QUEUED


def _ignored(_: bytes) -> None:
    pass
