"""Threads that own a connection each, and the way there and back.

A job is put on a queue, its answer comes back by one `call_soon_threadsafe`: no executor and no future of
another kind in between. A job whose caller has given up is skipped if it has not begun.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import apsw

T = TypeVar("T")
Work = Callable[[apsw.Connection], T]


class Job(Generic[T]):
    __slots__ = ("_loop", "abandoned", "answer", "work")

    def __init__(self, work: Work[T]) -> None:
        self._loop = asyncio.get_running_loop()
        self.work = work
        self.answer: asyncio.Future[T] = self._loop.create_future()
        self.abandoned = False

    def done(self, result: T) -> None:
        """Called by the thread."""
        self._tell(lambda: self.answer.set_result(result))

    def failed(self, fault: BaseException) -> None:
        """Called by the thread."""
        self._tell(lambda: self.answer.set_exception(fault))

    def _tell(self, settle: Callable[[], None]) -> None:
        def settle_if_awaited() -> None:
            if not self.answer.done():
                settle()

        try:
            self._loop.call_soon_threadsafe(settle_if_awaited)
        except RuntimeError:  # the loop was closed with the job in flight: nobody is left to be told
            self.abandoned = True


class Jobs:
    """A queue that one or more threads serve. `depth` bounds what waits; the caller asks `is_full` first."""

    def __init__(self, depth: int) -> None:
        self._queue: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._depth = depth

    @property
    def is_full(self) -> bool:
        return self._queue.qsize() >= self._depth

    def put(self, job: Job[T]) -> None:
        self._queue.put(job)  # type: ignore[arg-type]  # a queue of jobs of any answer

    def next(self) -> Job[object] | None:
        """The next job that somebody waits for; None when the thread is to end."""
        while (job := self._queue.get()) is not None:
            if not job.abandoned:
                return job
        return None

    def end(self) -> None:
        """One thread ends after what was put before."""
        self._queue.put(None)


async def finished(threads: list[threading.Thread]) -> None:
    """Returns when the threads have ended. They end on their own; this only waits, off the event loop."""
    for thread in threads:
        await asyncio.to_thread(thread.join)
