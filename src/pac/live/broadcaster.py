"""Encode once, frame once, hand the same bytes to every live reader of a room that speaks the same dialect.

A quiet room is flushed in the same turn of the loop. A room that was flushed a moment ago waits until its pace has
passed, so that a busy one costs one write per socket and flush, however many messages it holds. The pace follows
what a flush costs: PACE_S for a room of hundreds, hardly more than a millisecond for one of ten.
Rooms without readers cost two dictionary look-ups.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from pac import telemetry
from pac.clock import Clock
from pac.live.dialect import Dialect
from pac.live.frames import Opcode, framed
from pac.live.outbox import Verdict
from pac.live.protocol import Top, encode
from pac.live.rings import Rings
from pac.live.subscriptions import Progress, RoomReaders, Subscription, Subscriptions
from pac.messages.model import Entry, Epoch, Seq
from pac.rooms.model import RoomId

PACE_S = 0.005
PACE_SMALL_S = 0.001
PACE_PER_READER_S = 20e-6
FLUSH_BYTES = 65_536
"""More is handed on in parts, so that a socket which takes nothing is asked before it is given the next."""
_FRAME_BYTES = 300  # of a message beside its body: ids, time, nickname
TOP_AFTER_S = 10.0
TOP_EVERY_S = 60.0


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


class _Room:
    """What waits to be flushed in one room, and when it was last."""

    __slots__ = ("entries", "flush_timer", "flushed_at", "top_due", "top_is_slow", "top_timer")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.flush_timer: Timer | None = None
        self.flushed_at = -1.0
        self.top_timer: Timer | None = None
        self.top_due = 0.0
        self.top_is_slow = False

    def cancel(self) -> None:
        for timer in (self.flush_timer, self.top_timer):
            if timer is not None:
                timer.cancel()


class _Encoded(dict[Dialect, bytes]):
    """The entries of one flush in each dialect that is spoken among its readers, encoded when first asked for."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = entries

    def __missing__(self, dialect: Dialect) -> bytes:
        encoded = self[dialect] = dialect.entries(self._entries)
        return encoded


class Broadcaster:
    """`fall_behind` is told which subscriptions have to read the log, and `slow` which sockets to cut off."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        rings: Rings,
        clock: Clock,
        call_later: CallLater,
        *,
        catch_up: Callable[[Subscription], None],
        overflowed: Callable[[Subscription], None],
    ) -> None:
        self._subscriptions = subscriptions
        self._rings = rings
        self._clock = clock
        self._call_later = call_later
        self._catch_up = catch_up
        self._overflowed = overflowed
        self._rooms: dict[RoomId, _Room] = {}

    def receive(self, room_id: RoomId, entries: Sequence[Entry]) -> None:
        """Durable entries of one room, in order. Those that were told before are skipped; a hole makes every
        live reader read the log (messages/broker.py)."""
        readers = self._subscriptions.readers(room_id)
        self._rings.hear(room_id, entries, is_read=readers is not None)
        if readers is None:
            return
        room = self._room(room_id)
        top = room.entries[-1].seq if room.entries else readers.head
        for entry in entries:
            if top is not None and entry.seq <= top:
                continue
            if top is not None and entry.seq != top + 1:
                self._hole(readers, room, entry.seq)
            room.entries.append(entry)
            top = entry.seq
        if room.entries and room.flush_timer is None:
            wait = room.flushed_at + _pace(len(readers.live)) - self._clock.monotonic()
            if wait <= 0:
                self._flush(readers, room)
            else:
                room.flush_timer = self._call_later(wait, lambda: self._flush_later(room_id))

    def know(self, readers: RoomReaders, epoch: Epoch, top: Seq) -> None:
        """Where the log of a room stands, read after its first reader was registered. Once something was
        flushed the head is known better."""
        readers.epoch = epoch
        self._rings.know(readers.room_id, top)
        if readers.head is None:
            readers.head = top
            self._watch_top(self._room(readers.room_id), readers.room_id)

    def attach(self, subscription: Subscription) -> bool:
        """A subscription whose cursor has come up to the head goes live. False: it has to read on."""
        readers = subscription.readers
        assert readers.head is not None  # `know` came first
        if subscription.cursor == readers.head:
            readers.others.discard(subscription)
            readers.ahead.discard(subscription)
            readers.live.add(subscription)
            subscription.progress = Progress.LIVE
            return True
        if subscription.cursor > readers.head:
            readers.ahead.add(subscription)
            return True
        return False

    def detach(self, subscription: Subscription, cursor: Seq) -> None:
        """A live subscription falls back to reading the log after `cursor`."""
        readers = subscription.readers
        if subscription.progress is Progress.LIVE:
            readers.live.discard(subscription)
            readers.others.add(subscription)
            subscription.progress = Progress.BEHIND
        subscription.cursor = cursor

    def forget_unread(self) -> None:
        """Drop what is kept for rooms that nobody reads any more."""
        for room_id in [room_id for room_id in self._rooms if self._subscriptions.readers(room_id) is None]:
            self._rooms.pop(room_id).cancel()

    def _flush_later(self, room_id: RoomId) -> None:
        room = self._rooms[room_id]
        room.flush_timer = None
        readers = self._subscriptions.readers(room_id)
        if readers is None:
            self._rooms.pop(room_id).cancel()
        elif room.entries:
            self._flush(readers, room)

    def _flush(self, readers: RoomReaders, room: _Room) -> None:
        entries, room.entries = room.entries, []
        before = Seq(entries[0].seq - 1)
        if readers.head is not None and before < readers.head:
            # The first reader read past these in the log before the broker told of them.
            entries = [entry for entry in entries if entry.seq > readers.head]
            if not entries:
                return
        room.flushed_at = self._clock.monotonic()
        readers.head = entries[-1].seq
        for part in _parts(entries):
            if readers.live:
                self._hand_out(readers, part)
        for subscription in list(readers.ahead):
            readers.ahead.discard(subscription)
            if not self.attach(subscription):
                self._catch_up(subscription)
        self._watch_top(room, readers.room_id)

    def _hand_out(self, readers: RoomReaders, entries: Sequence[Entry]) -> None:
        """The hot path: nothing here may cost more than the write it leads to."""
        before = Seq(entries[0].seq - 1)
        encoded = _Encoded(entries)
        dialect, frames = None, b""
        overflowed: list[Subscription] = []
        queued = Verdict.QUEUED
        for subscription in readers.live:
            connection = subscription.connection
            if connection.dialect is not dialect:
                dialect = connection.dialect
                frames = encoded[dialect]
            if connection.outbox.entries(frames, subscription, before) is not queued:
                overflowed.append(subscription)
        telemetry.deliveries.inc(len(entries) * (len(readers.live) - len(overflowed)))
        for subscription in overflowed:
            self.detach(subscription, before)
            self._overflowed(subscription)

    def _hole(self, readers: RoomReaders, room: _Room, seq: Seq) -> None:
        """Everything before `seq` is in the log and was not all told here: every live reader fetches it there."""
        waiting, room.entries = room.entries, []
        cursor = Seq(waiting[0].seq - 1) if waiting else readers.head
        assert cursor is not None  # a hole is seen against what was told before
        readers.head = Seq(seq - 1)
        for subscription in list(readers.live):
            self.detach(subscription, cursor)
            self._catch_up(subscription)

    def _room(self, room_id: RoomId) -> _Room:
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = _Room()
        return room

    def _watch_top(self, room: _Room, room_id: RoomId) -> None:
        """One timer a room, which looks again when it fires: a busy room would set it anew at every flush."""
        room.top_due = self._clock.monotonic() + TOP_AFTER_S
        if room.top_timer is None:
            room.top_timer = self._call_later(TOP_AFTER_S, lambda: self._tell_top(room_id))
        elif room.top_is_slow:
            room.top_timer.cancel()
            room.top_timer = self._call_later(TOP_AFTER_S, lambda: self._tell_top(room_id))
        room.top_is_slow = False

    def _tell_top(self, room_id: RoomId) -> None:
        """Where the log ends, so that a hole at the end is seen too (PROTOCOL §3, top)."""
        room = self._rooms[room_id]
        wait = room.top_due - self._clock.monotonic()
        if wait > 0:
            room.top_timer = self._call_later(wait, lambda: self._tell_top(room_id))
            return
        room.top_timer = None
        readers = self._subscriptions.readers(room_id)
        if readers is None:
            self._rooms.pop(room_id).cancel()
            return
        if readers.head is not None and readers.epoch is not None:
            frame = framed(Opcode.TEXT, encode(Top(room_id, readers.epoch, readers.head)))
            for subscription in readers.live:
                subscription.connection.push(frame)
        room.top_due = self._clock.monotonic() + TOP_EVERY_S
        room.top_is_slow = True
        room.top_timer = self._call_later(TOP_EVERY_S, lambda: self._tell_top(room_id))


def _pace(readers: int) -> float:
    """Seconds from one flush of a room to the next."""
    return min(PACE_S, PACE_SMALL_S + PACE_PER_READER_S * readers)


def _parts(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    """The entries in order, in parts of about FLUSH_BYTES; nearly always one."""
    parts: list[Sequence[Entry]] = []
    begun = size = 0
    for at, entry in enumerate(entries):
        size += _FRAME_BYTES + 3 * len(entry.body)
        if size > FLUSH_BYTES and at > begun:
            parts.append(entries[begun:at])
            begun, size = at, _FRAME_BYTES + 3 * len(entry.body)
    parts.append(entries[begun:] if begun else entries)
    return parts
