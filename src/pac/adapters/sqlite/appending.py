"""One batch into messages.db, whole or not at all, and only where it follows what is there."""

from collections.abc import Mapping, Sequence

import apsw

from pac.adapters.sqlite.rows import (
    INSERT_CIDS,
    INSERT_ENTRIES,
    SELECT_POSITIONS,
    SEQ_MAX,
    batch_documents,
    encoded,
    numbers_and_ends,
)
from pac.errors import SeqTaken
from pac.messages.model import Entry
from pac.rooms.model import RoomId

_ROOMS_MAX = 1 << 31
_TAKEN = (
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
    apsw.SQLITE_CONSTRAINT_ROWID,
    apsw.SQLITE_CONSTRAINT_UNIQUE,
)


def append_batch(connection: apsw.Connection, entries: Sequence[Entry]) -> None:
    """Durable on return: with synchronous=FULL the commit syncs the WAL. Raises SeqTaken, or apsw.Error."""
    _leave_transaction(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        numbers = _fenced(connection, entries)
        documents = batch_documents(entries, numbers)
        connection.execute(INSERT_ENTRIES, (documents[0],))
        connection.execute(INSERT_CIDS, (documents[1],))
        connection.execute("COMMIT")
    except apsw.ConstraintError as fault:
        _leave_transaction(connection)
        if getattr(fault, "extendedresult", 0) in _TAKEN:
            raise SeqTaken("a cid of the batch is in the log") from fault
        raise
    except BaseException:
        _leave_transaction(connection)
        raise


def _fenced(connection: apsw.Connection, entries: Sequence[Entry]) -> Mapping[RoomId, int]:
    """The numbers of the batch's rooms, new ones included. Raises SeqTaken unless each room's entries follow
    its top directly (messages/log.py, Numbers).
    """
    rooms = tuple({entry.room_id: None for entry in entries})
    found = numbers_and_ends(str(connection.execute(SELECT_POSITIONS, (encoded(rooms),)).get), rooms)
    numbers = {room_id: number for room_id, (number, _, _) in found.items()}
    tops = {room_id: top or 0 for room_id, (_, _, top) in found.items()}
    for entry in entries:
        follows = tops.get(entry.room_id, 0) + 1
        if entry.seq != follows:
            raise SeqTaken(f"room {entry.room_id}: {entry.seq} does not follow {follows - 1}")
        tops[entry.room_id] = follows
    assert max(tops.values()) <= SEQ_MAX, "a room is full: place has no more bits"
    for room_id in rooms:
        if room_id not in numbers:
            connection.execute("INSERT INTO rooms (room) VALUES (?)", (room_id,))
            numbers[room_id] = connection.last_insert_rowid()
    assert max(numbers.values()) < _ROOMS_MAX, "no number is left for a room"
    return numbers


def _leave_transaction(connection: apsw.Connection) -> None:
    """SQLite ends a transaction itself after some errors (a full disk) and not after others."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
