"""How entries lie in messages.db, and the statements that read and write them.

A batch is one JSON document that SQLite takes apart, and a page is one that it puts together, so each is one
step of one statement. APSW gives up the interpreter lock around every step and has to get it back from an
event loop that is busy: with a step per row, a thousand rows waited for that a thousand times (8 times slower
in the measurement; alone, both are as fast).

`place` is the room's number << 32 | seq: the rowid itself, so a room is one stretch of the tree, in order, and
its end is where inserts go. The dedup key is (cid, member, room), not (room, member, cid): cids that begin with
a time, as those of our own clients do, then grow the tree at its end, and a thousand of them dirty 20 pages
instead of 900 (3 ms against 30 in a room of 500,000). A cid drawn at random is as right, and costs more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.messages.model import Cid, CidKey, DeletedBy, Entry, Known, MessageType, Seq, digest
from pac.rooms.events import Fact
from pac.rooms.model import RoomId

SEQ_BITS = 32
SEQ_MAX = (1 << SEQ_BITS) - 1

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE rooms (number INTEGER PRIMARY KEY, room TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE entries (place INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
CREATE TABLE cids (
  room INTEGER NOT NULL, cid TEXT NOT NULL, member TEXT NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (cid, member, room)
) STRICT, WITHOUT ROWID;
"""

INSERT_ENTRIES = "INSERT INTO entries SELECT key, value FROM json_each(?)"
INSERT_CIDS = """
INSERT INTO cids SELECT value->>0, value->>1, value->>2, value->>3, value->>4, unhex(value->>5) FROM json_each(?)
"""
SELECT_KNOWN = """
SELECT json_group_array(json_array(asked.key, cids.seq, cids.at, hex(cids.digest)))
FROM json_each(?) AS asked
CROSS JOIN rooms ON rooms.room = asked.value->>0
CROSS JOIN cids ON cids.room = rooms.number AND cids.cid = asked.value->>1 AND cids.member = asked.value->>2
"""
# One row of [which room of the question, its number, its oldest seq, its newest] each.
SELECT_POSITIONS = """
SELECT json_group_array(json_array(asked.key, number,
  (SELECT place & 0xFFFFFFFF FROM entries WHERE place > number << 32
    AND place < (number + 1) << 32 ORDER BY place LIMIT 1),
  (SELECT place & 0xFFFFFFFF FROM entries WHERE place > number << 32
    AND place < (number + 1) << 32 ORDER BY place DESC LIMIT 1)))
FROM json_each(?) AS asked CROSS JOIN rooms ON rooms.room = asked.value
"""
# The same with what the newest entry says of how many texts the room has: for the writer, who counts on from it.
SELECT_ENDS = """
SELECT json_group_array(json_array(asked.key, number, newest.place & 0xFFFFFFFF, newest.entry->>'texts'))
FROM json_each(?) AS asked CROSS JOIN rooms ON rooms.room = asked.value
LEFT JOIN entries AS newest ON newest.place = (SELECT place FROM entries WHERE place > number << 32
  AND place < (number + 1) << 32 ORDER BY place DESC LIMIT 1)
"""
SELECT_UNREAD = """
SELECT json_group_array(json_array(asked.key,
  ifnull((SELECT entry->>'texts' FROM entries WHERE place > number << 32
    AND place < (number + 1) << 32 ORDER BY place DESC LIMIT 1), 0)
  - ifnull((SELECT entry->>'texts' FROM entries WHERE place > number << 32
    AND place <= (number << 32) + (asked.value->>1) ORDER BY place DESC LIMIT 1), 0)))
FROM json_each(?) AS asked CROSS JOIN rooms ON rooms.room = asked.value->>0
"""
# Only the first to delete an entry changes it; the body is all that goes.
EMPTY_TARGETS = """
UPDATE entries SET entry = json_set(entry, '$.body', '', '$.deleted',
  iif(entry->>'member' = asked.value->>1, 'author', 'moderator'))
FROM json_each(?) AS asked
WHERE entries.place = asked.value->>0 AND entry->>'deleted' IS NULL
"""
SELECT_ACTIVITY = """
SELECT json_group_array(json_array(asked.key,
  (SELECT entry->>'at' FROM entries WHERE place > number << 32
    AND place < (number + 1) << 32 ORDER BY place DESC LIMIT 1)))
FROM json_each(?) AS asked CROSS JOIN rooms ON rooms.room = asked.value
"""
SELECT_AFTER = """
SELECT '[' || ifnull(group_concat(entry, ',' ORDER BY place), '') || ']' FROM (
  SELECT place, entry FROM entries, (SELECT number FROM rooms WHERE room = :room)
  WHERE place > (number << 32) + :bound AND place < (number + 1) << 32
  ORDER BY place LIMIT :limit)
"""
SELECT_BEFORE = """
SELECT '[' || ifnull(group_concat(entry, ',' ORDER BY place), '') || ']' FROM (
  SELECT place, entry FROM entries, (SELECT number FROM rooms WHERE room = :room)
  WHERE place > number << 32 AND place < (number << 32) + :bound
  ORDER BY place DESC LIMIT :limit)
"""
# Holes, and entries that dedup does not know: neither can be written by us (pac check looks for what others did).
SELECT_PROBLEMS = """
SELECT 'room ' || room || ': ' || count(*) || ' entries from ' || min(place & 0xFFFFFFFF)
  || ' to ' || max(place & 0xFFFFFFFF)
FROM entries JOIN rooms ON number = place >> 32
GROUP BY number HAVING count(*) != max(place) - min(place) + 1
UNION ALL
SELECT 'room ' || rooms.room || ': entry ' || (place & 0xFFFFFFFF) || ' has no cid of its own'
FROM entries JOIN rooms ON number = place >> 32
LEFT JOIN cids ON cids.room = number AND cids.cid = entry->>'cid' AND cids.member = entry->>'member'
WHERE cids.seq IS NOT place & 0xFFFFFFFF
LIMIT 100
"""


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry as JSON in its row; the room is in the row's place."""

    seq: int
    id: str
    at: int
    type: MessageType
    member: str
    nickname: str
    cid: str
    body: str
    event: Fact | None = None
    reply_to: int | None = None
    target: int | None = None
    deleted: DeletedBy | None = None
    texts: int = 0
    """How many TEXT and IMAGE entries the room has up to this one, itself included: unread is a subtraction."""


_json = msgspec.json.Encoder()
_page = msgspec.json.Decoder(list[Stored])
_known = msgspec.json.Decoder(list[tuple[int, int, int, str]])
_positions = msgspec.json.Decoder(list[tuple[int, int, int | None, int | None]])
_ends = msgspec.json.Decoder(list[tuple[int, int, int | None, int | None]])
_unread = msgspec.json.Decoder(list[tuple[int, int]])
_activity = msgspec.json.Decoder(list[tuple[int, int | None]])


def encoded(value: object) -> str:
    """JSON as the text SQLite takes. Raises UnicodeEncodeError for lone surrogates, which are no text."""
    return _json.encode(value).decode()


@dataclass(slots=True)
class End:
    """Where a room's log ends: the room's number, its newest seq, and how many texts it has."""

    number: int
    top: int
    texts: int


def batch_documents(entries: Sequence[Entry], ends: Mapping[RoomId, End]) -> tuple[str, str, str]:
    """What INSERT_ENTRIES, INSERT_CIDS and EMPTY_TARGETS take; the last is "" when nothing is deleted.

    `ends` are moved on to where the rooms end afterwards.
    """
    places: dict[int, Stored] = {}
    cids: list[tuple[int, str, str, int, int, str]] = []
    emptied: dict[int, str] = {}
    for entry in entries:
        end = ends[entry.room_id]
        number = end.number
        end.top = entry.seq
        end.texts += entry.type is not MessageType.SYSTEM
        if entry.target is not None:
            emptied.setdefault(number << SEQ_BITS | entry.target, entry.member_id)
        places[number << SEQ_BITS | entry.seq] = Stored(
            entry.seq,
            entry.id,
            entry.at,
            entry.type,
            entry.member_id,
            entry.nickname,
            entry.cid,
            entry.body,
            entry.event,
            entry.reply_to,
            entry.target,
            entry.deleted,
            end.texts,
        )
        mark = digest(entry.type, entry.body, entry.reply_to).hex()
        cids.append((number, entry.cid, entry.member_id, entry.seq, entry.at, mark))
    return encoded(places), encoded(cids), encoded(list(emptied.items())) if emptied else ""


def key_document(keys: Collection[CidKey]) -> str:
    return encoded([(key.room_id, key.cid, key.member_id) for key in keys])


def page_entries(document: str, room_id: RoomId) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            room_id,
            Seq(row.seq),
            row.id,
            Instant(row.at),
            row.type,
            MemberId(row.member),
            row.nickname,
            Cid(row.cid),
            row.body,
            row.event,
            None if row.reply_to is None else Seq(row.reply_to),
            None if row.target is None else Seq(row.target),
            row.deleted,
        )
        for row in _page.decode(document)
    )


def known_by_key(document: str, keys: Sequence[CidKey]) -> dict[CidKey, Known]:
    return {
        keys[index]: Known(Seq(seq), Instant(at), bytes.fromhex(mark))
        for index, seq, at, mark in _known.decode(document)
    }


def numbers_and_ends(
    document: str, rooms: Sequence[RoomId]
) -> dict[RoomId, tuple[int, int | None, int | None]]:
    """For each room that has a number: that, its oldest and its newest seq."""
    return {rooms[index]: (number, first, top) for index, number, first, top in _positions.decode(document)}


def ends_by_room(document: str, rooms: Sequence[RoomId]) -> dict[RoomId, End]:
    """Rooms that have a number already."""
    return {
        rooms[index]: End(number, top or 0, texts or 0)
        for index, number, top, texts in _ends.decode(document)
    }


def place_document(places: Collection[tuple[RoomId, Seq]]) -> str:
    return encoded([(room_id, min(max(seq, 0), SEQ_MAX)) for room_id, seq in places])


def unread_by_place(document: str, places: Sequence[tuple[RoomId, Seq]]) -> dict[tuple[RoomId, Seq], int]:
    return {places[index]: max(0, count) for index, count in _unread.decode(document)}


def activity_by_room(document: str, rooms: Sequence[RoomId]) -> dict[RoomId, int]:
    return {rooms[index]: at for index, at in _activity.decode(document) if at is not None}
