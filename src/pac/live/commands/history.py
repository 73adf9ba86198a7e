"""`history`: a page of a room's log. Needs only the right to read, no subscription."""

from typing import TYPE_CHECKING

import msgspec

from pac.errors import PacError
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import History, HistoryPage, encode_entry
from pac.messages.access import Range, read_history
from pac.messages.model import LogPage, Seq
from pac.rooms.model import RoomId

if TYPE_CHECKING:
    from pac.live.node import Node

PAGE_BYTES = 262_144


async def history(node: "Node", connection: Connection, request: History) -> list[Effect]:
    parts = node.parts
    assert connection.actor is not None  # only an OPEN connection runs commands
    try:
        page = await read_history(
            parts.database,
            parts.log,
            connection.actor,
            RoomId(request.room),
            Range(
                before=None if request.before is None else Seq(request.before),
                after=None if request.after is None else Seq(request.after),
                limit=request.limit,
            ),
            parts.clock.now(),
        )
    except PacError as refusal:
        return connection.refuse(refusal, node.now(), frame_id=request.id, room=request.room)
    messages, more = _within_page(page, connection.actor.id, forwards=request.after is not None)
    return connection.answer(HistoryPage(id=request.id, room=request.room, messages=messages, more=more))


def _within_page(page: LogPage, reader: str, *, forwards: bool) -> tuple[list[msgspec.Raw], bool]:
    """At most PAGE_BYTES of it, ascending: what is nearest to where the page was asked from, and one at least."""
    frames = [encode_entry(entry, reader) for entry in page.entries]
    if not forwards:
        frames.reverse()
    size = 0
    taken: list[msgspec.Raw] = []
    for frame in frames:
        size += len(frame)
        if taken and size > PAGE_BYTES:
            break
        taken.append(msgspec.Raw(frame))
    more = page.more or len(taken) < len(frames)
    if not forwards:
        taken.reverse()
    return taken, more
