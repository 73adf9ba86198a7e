"""One batch into messages.db, whole or not at all, and only where it follows what is there."""

from collections.abc import Sequence

import apsw

from pac.adapters.sqlite.rows import (
    EMPTY_TARGETS,
    INSERT_CIDS,
    INSERT_ENTRIES,
    SELECT_ENDS,
    SEQ_MAX,
    End,
    batch_documents,
    encoded,
    ends_by_room,
)
from pac.errors import CidTaken, SeqTaken
from pac.messages.model import Entry
from pac.rooms.model import RoomId

_ROOMS_MAX = 1 << 31
_ENDS_KEPT = 50_000
"""Rooms; 200 bytes each."""
_TAKEN = (
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
    apsw.SQLITE_CONSTRAINT_ROWID,
    apsw.SQLITE_CONSTRAINT_UNIQUE,
)


class Appender:
    """Appends to one connection, the only one that writes. So it knows where the rooms end that it has written to,
    and need not ask: only what it wrote itself can have moved them. After anything but a commit it asks again.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._ends: dict[RoomId, End] = {}

    def append(self, entries: Sequence[Entry]) -> None:
        """Durable on return: with synchronous=FULL the commit syncs the WAL. Raises SeqTaken, CidTaken, or
        apsw.Error, with nothing stored."""
        connection = self._connection
        _leave_transaction(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            new, cids, emptied = batch_documents(entries, self._fenced(entries))
            connection.execute(INSERT_ENTRIES, (new,))
            connection.execute(INSERT_CIDS, (cids,))
            if emptied:
                connection.execute(EMPTY_TARGETS, (emptied,))
            connection.execute("COMMIT")
        except apsw.ConstraintError as fault:
            self._undo()
            if getattr(fault, "extendedresult", 0) in _TAKEN:
                raise CidTaken("a cid of the batch is in the log") from fault
            raise
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        self._ends.clear()
        _leave_transaction(self._connection)

    def _fenced(self, entries: Sequence[Entry]) -> dict[RoomId, End]:
        """Where rooms end, those of the batch among them, new ones included. Raises SeqTaken unless each room's
        entries follow its top directly (messages/log.py, Numbers)."""
        ends = self._learned(entries)
        tops: dict[RoomId, int] = {}
        for entry in entries:
            room_id = entry.room_id
            follows = (tops.get(room_id) or ends[room_id].top) + 1
            if entry.seq != follows:
                raise SeqTaken(f"room {room_id}: {entry.seq} does not follow {follows - 1}")
            tops[room_id] = follows
        assert max(tops.values()) <= SEQ_MAX, "a room is full: place has no more bits"
        return ends

    def _learned(self, entries: Sequence[Entry]) -> dict[RoomId, End]:
        ends = self._ends
        unknown = tuple({entry.room_id: None for entry in entries if entry.room_id not in ends})
        if not unknown:
            return ends
        if len(ends) > _ENDS_KEPT:
            ends.clear()
            return self._learned(entries)
        read = self._connection.execute(SELECT_ENDS, (encoded(unknown),)).get
        ends.update(ends_by_room(str(read), unknown))
        for room_id in unknown:
            if room_id not in ends:
                self._connection.execute("INSERT INTO rooms (room) VALUES (?)", (room_id,))
                number = self._connection.last_insert_rowid()
                assert number < _ROOMS_MAX, "no number is left for a room"
                ends[room_id] = End(number, 0, 0)
        return ends


def _leave_transaction(connection: apsw.Connection) -> None:
    """SQLite ends a transaction itself after some errors (a full disk) and not after others."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
