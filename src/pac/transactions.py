"""Where a change is committed, and who hears of it afterwards.

`reading()` and `writing()` are the only doors to the database, so a signature tells whether it writes. A
writing block commits once, when it is left without an exception; what was emitted in it is told after that
commit, or never. What must not be lost is a row (rooms.store.RoomStore.record), and the event only wakes its
reader.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from pac import telemetry


class Event:
    """A fact in the past tense, told after the commit of the change it names."""

    __slots__ = ()


class Transaction(Protocol):
    def emit(self, event: Event) -> None:
        """Tell this after the commit; on a rollback it is forgotten."""


T_co = TypeVar("T_co", covariant=True)


class Database(Protocol[T_co]):
    def reading(self) -> AbstractAsyncContextManager[T_co]:
        """A consistent view that cannot write. Raises StoreUnavailable."""

    def writing(self) -> AbstractAsyncContextManager[T_co]:
        """One transaction that locks out other writers, committed when the block ends, rolled back when it
        raises. Raises StoreUnavailable: the change is then either not there or, if the answer to the commit
        itself was lost, whole."""


E = TypeVar("E", bound=Event)


class Listeners:
    """Who hears of which event. Filled once by bootstrap; a listener that fails is logged and undoes nothing."""

    def __init__(self) -> None:
        self._by_type: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)

    def on(self, event: type[E], listener: Callable[[E], None]) -> None:
        """Listeners run in the order they were added, on the event loop, and never wait."""
        self._by_type[event].append(listener)

    def tell(self, event: Event) -> None:
        for listener in self._by_type[type(event)]:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - the edge of a listener: the change is committed and stays
                telemetry.log.exception(telemetry.LISTENER_FAILED, fact=type(event).__name__)
