"""Finding messages in one room's log, for those who may read it: by words, and by day.

A log has no index of words: it is read backwards, a bounded stretch of it at a time, and whoever searches on says
from where. What a person can find is what they can read; nothing is matched by pattern (SECURITY 5.7).
"""

import unicodedata
from dataclasses import dataclass

from pac.clock import Instant
from pac.messages.log import MessageLog
from pac.messages.model import Entry, MessageType, Seq
from pac.rooms.model import RoomId

SCANNED_AT_ONCE = 1_000
SCANNED_MAX = 20_000
"""How many entries one search looks at: some 60 ms of reading, off the loop."""


@dataclass(frozen=True, slots=True)
class Found:
    """Entries newest first; `older` is where to search on from, None at the beginning of the log."""

    entries: tuple[Entry, ...]
    older: Seq | None


async def find(log: MessageLog, room_id: RoomId, words: str, before: Seq | None, limit: int) -> Found:
    """Entries with seq < before whose text holds `words`, whatever their case; all of them when it is empty.

    Raises LogUnavailable.
    """
    wanted = _folded(words)
    found: list[Entry] = []
    scanned = 0
    while scanned < SCANNED_MAX:
        at_once = SCANNED_AT_ONCE if wanted else limit
        page = await log.read_before(room_id, before, at_once)
        for entry in reversed(page.entries):
            before = entry.seq
            if not wanted or (entry.type is not MessageType.SYSTEM and wanted in _folded(entry.body)):
                found.append(entry)
                if len(found) == limit:
                    return Found(tuple(found), before if before > 1 else None)
        scanned += len(page.entries)
        if not page.more:
            return Found(tuple(found), None)
    return Found(tuple(found), before)


async def first_since(log: MessageLog, room_id: RoomId, moment: Instant) -> Seq:
    """The first entry written at `moment` or later; one past the top when there is none. Raises LogUnavailable.

    By halving: entries are in the order of their times, but for the width of a batch.
    """
    position = (await log.positions([room_id]))[room_id]
    low, high = position.first, Seq(position.top + 1)
    while low < high:
        middle = Seq((low + high) // 2)
        page = await log.read_after(room_id, Seq(middle - 1), 1)
        if page.entries and page.entries[0].at < moment:
            low = Seq(middle + 1)
        else:
            high = middle
    return low


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()
