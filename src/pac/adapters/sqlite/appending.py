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
_TAKEN = (
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
    apsw.SQLITE_CONSTRAINT_ROWID,
    apsw.SQLITE_CONSTRAINT_UNIQUE,
)


def append_batch(connection: apsw.Connection, entries: Sequence[Entry]) -> None:
    """Durable on return: with synchronous=FULL the commit syncs the WAL. Raises SeqTaken, CidTaken, or apsw.Error."""
    _leave_transaction(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        new, cids, emptied = batch_documents(entries, _fenced(connection, entries))
        connection.execute(INSERT_ENTRIES, (new,))
        connection.execute(INSERT_CIDS, (cids,))
        if emptied:
            connection.execute(EMPTY_TARGETS, (emptied,))
        connection.execute("COMMIT")
    except apsw.ConstraintError as fault:
        _leave_transaction(connection)
        if getattr(fault, "extendedresult", 0) in _TAKEN:
            raise CidTaken("a cid of the batch is in the log") from fault
        raise
    except BaseException:
        _leave_transaction(connection)
        raise


def _fenced(connection: apsw.Connection, entries: Sequence[Entry]) -> dict[RoomId, End]:
    """Where the batch's rooms end, new ones included. Raises SeqTaken unless each room's entries follow its top
    directly (messages/log.py, Numbers).
    """
    rooms = tuple({entry.room_id: None for entry in entries})
    ends = ends_by_room(str(connection.execute(SELECT_ENDS, (encoded(rooms),)).get), rooms)
    tops = {room_id: end.top for room_id, end in ends.items()}
    for entry in entries:
        follows = tops.get(entry.room_id, 0) + 1
        if entry.seq != follows:
            raise SeqTaken(f"room {entry.room_id}: {entry.seq} does not follow {follows - 1}")
        tops[entry.room_id] = follows
    assert max(tops.values()) <= SEQ_MAX, "a room is full: place has no more bits"
    for room_id in rooms:
        if room_id not in ends:
            connection.execute("INSERT INTO rooms (room) VALUES (?)", (room_id,))
            ends[room_id] = End(connection.last_insert_rowid(), 0, 0)
    assert max(end.number for end in ends.values()) < _ROOMS_MAX, "no number is left for a room"
    return ends


def _leave_transaction(connection: apsw.Connection) -> None:
    """SQLite ends a transaction itself after some errors (a full disk) and not after others."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
