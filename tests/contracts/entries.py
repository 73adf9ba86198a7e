"""Entries and drafts of Jisu and Minho, for every suite that writes a log."""

from pac.accounts.model import MemberId
from pac.clock import Instant
from pac.messages.model import Cid, Draft, Entry, MessageType, Seq
from pac.rooms.model import RoomId

ROOM = RoomId("a" * 32)
OTHER_ROOM = RoomId("b" * 32)
JISU = MemberId("0198c0de-0000-7000-8000-00000000a115")
MINHO = MemberId("0198c0de-0000-7000-8000-00000000a145")
AT = Instant(1_795_500_000_000)


def entry(
    seq: int,
    *,
    room: RoomId = ROOM,
    member: MemberId = JISU,
    cid: str | None = None,
    body: str | None = None,
    reply_to: int | None = None,
) -> Entry:
    return Entry(
        room,
        Seq(seq),
        f"0198c0de-0000-7000-8000-{seq:012d}",
        Instant(AT + seq),
        MessageType.TEXT,
        member,
        "지수" if member == JISU else "민호",
        Cid(cid or f"c{seq}"),
        body if body is not None else f"{seq}번째 말",
        None,
        None if reply_to is None else Seq(reply_to),
    )


def entries(first: int, last: int, *, room: RoomId = ROOM) -> tuple[Entry, ...]:
    return tuple(entry(seq, room=room) for seq in range(first, last + 1))


def draft(
    cid: str, body: str = "안녕", *, room: RoomId = ROOM, member: MemberId = JISU, reply_to: int | None = None
) -> Draft:
    return Draft(
        room,
        member,
        "지수",
        Cid(cid),
        MessageType.TEXT,
        body,
        None,
        None if reply_to is None else Seq(reply_to),
    )
