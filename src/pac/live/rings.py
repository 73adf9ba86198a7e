"""The newest entries of the rooms that are read here, so that a crowd which comes back is not a crowd at the log.

A ring holds a stretch of a room's log without a hole: what the broadcaster was told, and in front of that what one
reader had to fetch from the log for all who wait with it. It is kept while the room has readers and KEPT_S longer.
It never says anything that the log does not say: a deletion empties its target here as it does there, and where
the log is known to go on, a ring that does not is not asked. All of it is bounded, in entries and in bytes.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from pac import telemetry
from pac.clock import Clock
from pac.live.dialect import Dialect
from pac.live.subscriptions import RoomReaders
from pac.messages.log import MessageLog
from pac.messages.model import Entry, Seq, emptied
from pac.questions import Questions
from pac.rooms.model import RoomId

PAGE = 256
"""Entries of one read of the log; who waits with a cursor in its first half shares it."""
ROOM_ENTRIES = 512
TRIMMED_AT_ONCE = 64
"""So many entries too many are let go together."""
ROOM_BYTES = 1_048_576
ALL_BYTES = 33_554_432
KEPT_S = 60.0
SWEEP_S = 5.0
RANGES = 4
READS_AT_ONCE = 16

_ENTRY_BYTES = 800  # of an entry beside its body: the objects that hold it, and its frame
_CHAR_BYTES = 6  # of a body as text and as a frame, at most four and in most scripts two or three

Place = tuple[RoomId, Seq]


class Ring:
    """Entries of one room that follow each other, each framed at most once for each dialect.

    `known`: the log is known to reach so far.
    """

    __slots__ = ("_entries", "_framed", "_ranges", "counted", "first", "idle_since", "known", "size", "top")

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries: dict[Seq, Entry] = {}
        self._framed: dict[Dialect, dict[Seq, bytes]] = {}
        self._ranges: dict[tuple[Dialect, Seq, Seq], bytes] = {}
        self.first = self.top = self.known = Seq(0)
        self.size = self.counted = 0
        self.idle_since: float | None = None
        self.hear(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def covers(self, after: Seq) -> bool:
        """Whether something follows `after` here, and it is what follows in the log."""
        return self.first - 1 <= after < self.top and self.known <= self.top

    def after(self, after: Seq) -> Iterator[Entry]:
        """What follows `after`, which it covers."""
        return (self._entries[Seq(seq)] for seq in range(after + 1, self.top + 1))

    def frames(self, dialect: Dialect, after: Seq, last: Seq) -> bytes:
        """The entries after `after` up to `last`, framed: the same bytes for everybody who asks for the same."""
        place = dialect, after, last
        found = self._ranges.get(place)
        if found is None:
            framed = self._framed.setdefault(dialect, {})
            found = b"".join(self._frame(framed, dialect, Seq(seq)) for seq in range(after + 1, last + 1))
            if len(self._ranges) >= RANGES:
                self.size -= len(self._ranges.pop(next(iter(self._ranges))))
            self._ranges[place] = found
            self.size += len(found)
        return found

    def hear(self, entries: Sequence[Entry]) -> None:
        """What was appended, in order. What is known is skipped; behind a hole it begins anew."""
        kept, top = self._entries, self.top
        for entry in entries:  # the hot path: every message of a room that is read comes by here
            seq = entry.seq
            if seq <= top:
                continue
            if seq != top + 1:
                self.clear()
            if not kept:
                self.first = seq
            kept[seq] = entry
            self.size += _ENTRY_BYTES + _CHAR_BYTES * len(entry.body)
            self.top = top = seq
            if entry.target is not None:
                self._empty(entry)

    def fill(self, page: Sequence[Entry]) -> None:
        """A page of the log that was read while this ring was told of what was appended since."""
        if not page or page[-1].seq < self.first - 1:
            return  # older than what is here, with a hole between
        if page[0].seq > self.top + 1:
            self.clear()
        if not self._entries:
            self.hear(page)
            return
        self._forget_ranges()  # what is in the log may be emptied since, by a deletion that was not heard here
        for entry in page:
            self._put(entry)
        self.first = min(self.first, page[0].seq)
        self.top = max(self.top, page[-1].seq)
        # What the page tells of empties what is in front of it; and what was deleted after it was read follows it,
        # and was heard, for otherwise there would be a hole.
        for seq in range(page[0].seq, self.top + 1):
            if self._entries[Seq(seq)].target is not None:
                self._empty(self._entries[Seq(seq)])

    def trim(self, entries: int, size: int) -> None:
        """Let the oldest go until it is no more than this, or one entry. The ranges go first."""
        if self.size > size:
            self._forget_ranges()
        surplus = len(self._entries) - entries
        while surplus > 0 or (self.size > size and len(self._entries) > 1):
            self._drop(self.first)
            self.first = Seq(self.first + 1)
            surplus -= 1

    def clear(self) -> None:
        self._entries.clear()
        self._framed.clear()
        self._ranges.clear()
        self.first = self.top = Seq(0)
        self.size = 0

    def _put(self, entry: Entry) -> None:
        if entry.seq in self._entries:
            self._drop(entry.seq)
        self._entries[entry.seq] = entry
        self.size += _size(entry)

    def _drop(self, seq: Seq) -> None:
        self.size -= _size(self._entries.pop(seq))
        for framed in self._framed.values():
            framed.pop(seq, None)

    def _empty(self, deletion: Entry) -> None:
        target = self._entries.get(deletion.target or Seq(0))
        if target is not None and target.deleted is None:
            self._put(emptied(target, deletion.member_id))
            self._forget_ranges()

    def _frame(self, framed: dict[Seq, bytes], dialect: Dialect, seq: Seq) -> bytes:
        frame = framed.get(seq)
        if frame is None:
            frame = framed[seq] = dialect.entries((self._entries[seq],))
        return frame

    def _forget_ranges(self) -> None:
        self.size -= sum(map(len, self._ranges.values()))
        self._ranges.clear()


class Rings:
    """The rings of one node. `readers`: who reads a room here, if anybody does."""

    def __init__(
        self,
        log: MessageLog,
        clock: Clock,
        readers: Callable[[RoomId], RoomReaders | None],
        *,
        room_entries: int = ROOM_ENTRIES,
        room_bytes: int = ROOM_BYTES,
        all_bytes: int = ALL_BYTES,
    ) -> None:
        self._log = log
        self._clock = clock
        self._readers = readers
        self._room_entries = room_entries
        self._room_bytes = room_bytes
        self._all_bytes = all_bytes
        self._rings: dict[RoomId, Ring] = {}
        self._bytes = 0
        self._served = telemetry.replays.labels("ring")
        self._pages: Questions[Place, Ring] = Questions(self._read, clock, name="pages")

    def __len__(self) -> int:
        return len(self._rings)

    @property
    def size(self) -> int:
        """Bytes, as they are counted."""
        return self._bytes

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pages.run(), name="pac-ask-pages")
            tasks.create_task(self._sweep(), name="pac-rings-sweep")

    def hear(self, room_id: RoomId, entries: Sequence[Entry], *, is_read: bool) -> None:
        """What was appended to a room. One that nobody reads, and nobody has read lately, has no ring."""
        ring = self._rings.get(room_id)
        if ring is None:
            if not is_read:
                return
            ring = self._rings[room_id] = Ring()
        ring.hear(entries)
        self._count(ring)
        if (
            len(ring) > self._room_entries + TRIMMED_AT_ONCE
            or ring.size > self._room_bytes
            or self._bytes > self._all_bytes
        ):
            self._bound(ring)

    def know(self, room_id: RoomId, top: Seq) -> None:
        """The log of a room reaches at least to `top`."""
        ring = self._rings.get(room_id)
        if ring is not None and top > ring.known:
            ring.known = top

    def covering(self, room_id: RoomId, cursor: Seq) -> Ring | None:
        """The room's ring, where it has what follows `cursor`."""
        ring = self._rings.get(room_id)
        if ring is None or not ring.covers(cursor):
            return None
        self._served.inc()
        return ring

    async def after(self, room_id: RoomId, cursor: Seq) -> Ring | None:
        """A ring that covers `cursor`: the room's, or a page of the log for those who are farther behind. None
        when nothing follows it. Raises Unavailable."""
        ring = self.covering(room_id, cursor)
        if ring is not None:
            return ring
        telemetry.replays.labels("log").inc()
        return (await self._pages.ask((room_id, cursor))).get((room_id, cursor))

    def forget_idle(self) -> None:
        """Drop the rings of rooms that nobody has read for KEPT_S."""
        now = self._clock.monotonic()
        for room_id, ring in list(self._rings.items()):
            self._count(ring)
            if self._readers(room_id) is not None:
                ring.idle_since = None
            elif ring.idle_since is None:
                ring.idle_since = now
            elif now - ring.idle_since >= KEPT_S:
                self._bytes -= self._rings.pop(room_id).counted
        telemetry.ring_bytes.set(self._bytes)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.forget_idle()

    async def _read(self, places: Collection[Place]) -> Mapping[Place, Ring]:
        """Every place from its room's ring, once that was filled by as few pages as reach all of them."""
        found: dict[Place, Ring] = {}
        missing: dict[RoomId, list[Seq]] = {}
        for room_id, cursor in places:
            # Made before the log is read: whatever is appended meanwhile is heard, deletions above all.
            ring = self._rings.setdefault(room_id, Ring())
            if ring.covers(cursor):
                found[room_id, cursor] = ring
            else:
                missing.setdefault(room_id, []).append(cursor)
        shared = [
            (self._rings[room_id], room_id, cursors)
            for room_id, those in missing.items()
            for cursors in _shared(those)
        ]
        for at in range(0, len(shared), READS_AT_ONCE):
            try:
                async with asyncio.TaskGroup() as tasks:
                    reads = [
                        tasks.create_task(self._page(ring, room_id, cursors))
                        for ring, room_id, cursors in shared[at : at + READS_AT_ONCE]
                    ]
            except ExceptionGroup as faults:
                raise faults.exceptions[0] from faults
            for read in reads:
                found.update(read.result())
        return found

    async def _page(self, ring: Ring, room_id: RoomId, cursors: Sequence[Seq]) -> dict[Place, Ring]:
        """One read for all of these cursors."""
        page = (await self._log.read_after(room_id, cursors[0], PAGE)).entries
        if self._rings.get(room_id) is ring:
            # Else it was dropped meanwhile, and what was appended since then has not been heard.
            ring.fill(page)
            self._bound(ring)
        alone = Ring(page)
        found = {}
        for cursor in cursors:
            source = ring if ring.covers(cursor) else alone
            if cursor < source.top:
                found[room_id, cursor] = source
        return found

    def _bound(self, ring: Ring) -> None:
        ring.trim(self._room_entries, self._room_bytes)
        self._count(ring)
        while self._bytes > self._all_bytes and self._rings:
            # The one that was made first goes: where it is still read it begins anew with the next entry.
            self._bytes -= self._rings.pop(next(iter(self._rings))).counted

    def _count(self, ring: Ring) -> None:
        self._bytes += ring.size - ring.counted
        ring.counted = ring.size


def _shared(cursors: Sequence[Seq]) -> list[list[Seq]]:
    """The cursors, ascending, in groups that one page serves: whoever is not too far from the first gets enough."""
    groups: list[list[Seq]] = []
    for cursor in sorted(cursors):
        if groups and cursor <= groups[-1][0] + PAGE // 2:
            groups[-1].append(cursor)
        else:
            groups.append([cursor])
    return groups


def _size(entry: Entry) -> int:
    return _ENTRY_BYTES + _CHAR_BYTES * len(entry.body)
