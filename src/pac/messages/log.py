"""MessageLog: where a room's entries are, durable and in order. The contract, in prose.

**Numbers.** A room's entries are numbered 1, 2, 3, … in the order they were appended. `append` accepts a batch
only if, for each room in it, its entries follow the top directly and none of their cids is known. So whoever
appends must have read or written n-1 to use n: that is the fence which makes any number of writers, alive or
stale, unable to leave a hole, a double or a reuse.

**Durability.** When `append` returns, the whole batch survives kill -9 and loss of power. When it raises
SeqTaken, none of it was stored. When it raises LogUnavailable, nothing is known: it may be stored or not, and
the way to find out is `known`.

**Reading.** A read sees every batch whose append has returned, a prefix of the log, and never part of a batch.
Reads do not wait for the writer.

**Epoch.** Drawn when a log is made, and again when it is restored from a backup. Suppose a client holds 1…9 of
a room, the log is restored from a copy that ends at 6, and three other messages are written: top is 9 again,
yet 7, 8 and 9 are not what the client holds. The number alone would lie; the epoch does not.

**Deleting.** An entry is never taken out. A SYSTEM entry with the event DELETED empties the one it points at, in
the same append: whoever applies the entries in order has what whoever reads them afterwards has. The first one
to delete an entry is the one it says.

**Dedup.** (room, member, cid) is remembered with its seq and a digest of the body for the life of the room,
however long ago the entry was written.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pac.messages.model import CidKey, Entry, Known, LogPage, Position, Seq
from pac.rooms.model import RoomId


class MessageLog(Protocol):
    async def append(self, entries: Sequence[Entry]) -> None:
        """Store the batch whole, durable on return. Raises SeqTaken, CidTaken where only a cid is in the way, or
        LogUnavailable, see above."""

    async def known(self, keys: Collection[CidKey]) -> Mapping[CidKey, Known]:
        """What is stored under these cids; keys that are not are left out. Raises LogUnavailable."""

    async def positions(self, rooms: Collection[RoomId]) -> Mapping[RoomId, Position]:
        """Where each of these rooms stands; one without entries too. Raises LogUnavailable."""

    async def read_after(self, room_id: RoomId, after: Seq, limit: int) -> LogPage:
        """Entries with seq > after, ascending, at most `limit`. Raises LogUnavailable."""

    async def read_before(self, room_id: RoomId, before: Seq | None, limit: int) -> LogPage:
        """The last `limit` entries with seq < before (None: of all), ascending. Raises LogUnavailable."""

    async def last_activity(self, rooms: Collection[RoomId]) -> Mapping[RoomId, int]:
        """When the newest entry of each room was written; rooms without entries are left out."""

    async def unread(self, places: Collection[tuple[RoomId, Seq]]) -> Mapping[tuple[RoomId, Seq], int]:
        """How many TEXT and IMAGE entries follow each of these seqs, deleted ones included."""

    async def problems(self) -> Sequence[str]:
        """What a full check of the stored log finds wrong, in words; empty when it is whole. Slow: reads it all."""
