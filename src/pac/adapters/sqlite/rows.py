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

import msgspec

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.messages.model import Cid, CidKey, Entry, Known, MessageType, Seq, digest
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


_json = msgspec.json.Encoder()
_page = msgspec.json.Decoder(list[Stored])
_known = msgspec.json.Decoder(list[tuple[int, int, int, str]])
_positions = msgspec.json.Decoder(list[tuple[int, int, int | None, int | None]])
_activity = msgspec.json.Decoder(list[tuple[int, int | None]])


def encoded(value: object) -> str:
    """JSON as the text SQLite takes. Raises UnicodeEncodeError for lone surrogates, which are no text."""
    return _json.encode(value).decode()


def batch_documents(entries: Sequence[Entry], numbers: Mapping[RoomId, int]) -> tuple[str, str]:
    """What INSERT_ENTRIES and INSERT_CIDS take."""
    places: dict[int, Stored] = {}
    cids: list[tuple[int, str, str, int, int, str]] = []
    for entry in entries:
        number = numbers[entry.room_id]
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
        )
        mark = digest(entry.type, entry.body, entry.reply_to).hex()
        cids.append((number, entry.cid, entry.member_id, entry.seq, entry.at, mark))
    return encoded(places), encoded(cids)


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


def activity_by_room(document: str, rooms: Sequence[RoomId]) -> dict[RoomId, int]:
    return {rooms[index]: at for index, at in _activity.decode(document) if at is not None}
