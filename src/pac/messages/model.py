"""What a log holds: entries, numbered from 1 without a hole.

What is made for every message is a msgspec Struct, not a dataclass: one is made in a tenth of the time, and as it
holds nothing but text and numbers the garbage collector need not look at it.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from msgspec import Struct
from msgspec.structs import replace

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.rooms.events import Fact
from pac.rooms.model import RoomId

Seq = NewType("Seq", int)
"""An entry's number in its room: 1, 2, 3, … never reused."""

Epoch = NewType("Epoch", str)
"""Names one life of a log. Another epoch means: this is no longer the log you read (PROTOCOL promise 1)."""

Cid = NewType("Cid", str)
"""Chosen by the sender, unique per member and room for the life of the room: what makes a resend harmless."""

SYSTEM_CID_PREFIX = "§"
"""Outside ASCII, so that no client can choose the cid of a system entry."""


class MessageType(StrEnum):
    TEXT = "TEXT"
    IMAGE = "IMAGE"
    """Comes with uploads; until then nobody can send one."""
    SYSTEM = "SYSTEM"


class DeletedBy(StrEnum):
    """Who took a message away: its author, or somebody who may delete any."""

    AUTHOR = "author"
    MODERATOR = "moderator"


class Draft(Struct, frozen=True, gc=False):
    """A message before it has a number: allowed and well-formed, not yet stored."""

    room_id: RoomId
    member_id: MemberId
    nickname: str
    cid: Cid
    type: MessageType
    body: str
    event: Fact | None = None
    reply_to: Seq | None = None
    target: Seq | None = None

    @property
    def key(self) -> "CidKey":
        return CidKey(self.room_id, self.member_id, self.cid)


class Entry(Struct, frozen=True, gc=False):
    """A stored message. The nickname is the author's at the time of writing.

    A SYSTEM entry whose event is DELETED names in `target` the entry that it empties; that one then has its
    `deleted` set and no body, and keeps everything else.
    """

    room_id: RoomId
    seq: Seq
    id: str
    at: Instant
    type: MessageType
    member_id: MemberId
    nickname: str
    cid: Cid
    body: str
    event: Fact | None = None
    reply_to: Seq | None = None
    target: Seq | None = None
    deleted: DeletedBy | None = None

    @property
    def key(self) -> "CidKey":
        return CidKey(self.room_id, self.member_id, self.cid)


def emptied(entry: Entry, by: MemberId) -> Entry:
    """What is left of an entry that this member deletes. The first to delete it is the one it says."""
    if entry.deleted is not None:
        return entry
    return replace(entry, body="", deleted=DeletedBy.AUTHOR if entry.member_id == by else DeletedBy.MODERATOR)


class CidKey(Struct, frozen=True, gc=False):
    """What dedup goes by."""

    room_id: RoomId
    member_id: MemberId
    cid: Cid


class Known(Struct, frozen=True, gc=False):
    """What the log remembers of a cid, also after its body is gone (SECURITY 7.5)."""

    seq: Seq
    at: Instant
    digest: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """Where a room's log stands: `first` is its oldest seq, `top` its newest; 1 and 0 when it is empty."""

    epoch: Epoch
    first: Seq
    top: Seq


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries ascending, and whether there are more in the direction that was read."""

    entries: tuple[Entry, ...]
    more: bool


def digest(type_: MessageType, body: str, reply_to: Seq | None) -> bytes:
    """What two sends with one cid are compared by: 16 bytes of BLAKE2b over all that a sender chooses."""
    text = f"{type_}\0{reply_to or 0}\0{body}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
