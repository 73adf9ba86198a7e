"""What the room page knows, as data: written into the page for its script, and given alone when the script asks
(docs/CLIENT.md). What may be done is decided here, so that nothing in a browser works out a right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pac.accounts.access import Identified
from pac.accounts.model import Actor
from pac.clock import Instant, rfc3339
from pac.language import Language
from pac.messages.access import Range, read_history
from pac.messages.model import Entry, LogPage, Position
from pac.rooms.access import Standing, access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action, action_of_joining, decide, sees_badge_only
from pac.web.api.room_schemas import RoomListRow, summary
from pac.web.parts import WebParts

FIRST_VIEW = 50
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as one member sees it now."""

    standing: Standing
    may: dict[str, bool]
    page: LogPage
    position: Position | None
    members: int
    requests: int
    has_asked: bool
    owner: str

    @property
    def asks(self) -> bool:
        return action_of_joining(self.standing.room.public) is Action.ASK

    @property
    def is_full(self) -> bool:
        return self.members >= self.standing.room.capacity

    @property
    def badge_only(self) -> bool:
        return sees_badge_only(self.standing.room, self.standing.membership)


async def view_room(parts: WebParts, actor: Actor, room_id: RoomId) -> RoomView:
    """Raises Hidden where it may not be known, Banned."""
    now = parts.clock.now()
    async with parts.database.reading() as tx:
        standing = await access_room(tx, actor, room_id, Action.KNOW, now)
        may = _what_may(actor, standing, now)
        members = await tx.rooms.count_present(room_id)
        asked = await tx.admissions.request(room_id, actor.id)
        owner = await tx.accounts.by_id(standing.room.owner_id)
        requests = (await tx.admissions.requests(room_id, number=0, size=1)).total if may["change"] else 0
    page, position = LogPage((), more=False), None
    if may["read"]:
        page = await read_history(parts.database, parts.log, actor, room_id, Range(limit=FIRST_VIEW), now)
        position = (await parts.log.positions([room_id]))[room_id]
    return RoomView(
        standing, may, page, position, members, requests, asked is not None, owner.nickname if owner else ""
    )


async def state_of(
    parts: WebParts,
    viewer: Identified,
    view: RoomView | None,
    rooms: Sequence[RoomListRow],
    language: Language,
) -> State:
    """The page's data; without a room for the pages that only have the pane of rooms."""
    member = viewer.member
    state: State = {
        "me": {"id": member.id, "nickname": member.nickname, "isAdmin": member.actor.is_admin},
        "language": language,
        "socketUrl": parts.socket_url,
        "bodyChars": parts.limits.body_chars,
        "rooms": [row.model_dump(mode="json") for row in rooms],
        "room": None,
        "may": {},
        "log": None,
        "read": 0,
    }
    if view is not None:
        membership = view.standing.membership
        state["room"] = _room(parts, view)
        state["may"] = view.may
        state["read"] = membership.read_seq if membership is not None and membership.is_present else 0
        if view.position is not None:
            state["log"] = {
                "epoch": view.position.epoch,
                "top": view.position.top,
                "more": view.page.more,
                "entries": [_frame(entry) for entry in view.page.entries],
            }
    return state


def _room(parts: WebParts, view: RoomView) -> State:
    room = view.standing.room
    told = summary(room, view.members)
    if view.badge_only:
        told |= {"description": "", "imageUrl": None}
    return told | {
        "slowModeSeconds": room.slow_mode_s,
        "owner": {"id": room.owner_id, "nickname": view.owner} if not view.badge_only else None,
        "online": parts.online(room.id),
        "requests": view.requests,
        "hasAsked": view.has_asked,
        "asks": view.asks,
        "isFull": view.is_full,
    }


def _frame(entry: Entry) -> State:
    """An entry as the socket pushes it (PROTOCOL §3, message)."""
    frame: State = {
        "op": "message",
        "room": entry.room_id,
        "seq": entry.seq,
        "id": entry.id,
        "ts": rfc3339(entry.at),
        "type": entry.type,
        "member": {"id": entry.member_id, "nickname": entry.nickname},
        "body": entry.body,
    }
    optional = {
        "event": entry.event, "reply_to": entry.reply_to, "target": entry.target, "deleted": entry.deleted,
    }  # fmt: skip
    return frame | {name: value for name, value in optional.items() if value is not None}


def _what_may(actor: Actor, standing: Standing, now: Instant) -> dict[str, bool]:
    """What the page offers. The decision is asked; nothing here knows a role."""
    asked = {
        "read": Action.READ_HISTORY,
        "send": Action.SEND,
        "join": action_of_joining(standing.room.public),
        "leave": Action.LEAVE,
        "end": Action.END,
        "change": Action.CHANGE,
        "moderate": Action.MODERATE,
        "delete": Action.DELETE_ANY,
    }
    return {
        name: decide(actor, standing.room, standing.membership, action, now) is None
        for name, action in asked.items()
    }
