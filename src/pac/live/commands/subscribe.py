"""`subscribe`: read rooms from where one left off. One answer for all of them, then their replays.

Each subscription is registered before its rights are read and is given nothing until they are; if they change
while they are being read, they are read again.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pac.errors import Hidden, PacError, RateLimited, Refusal, TooManyRooms
from pac.language import words_of
from pac.live.connection import Connection, State
from pac.live.effects import Effect
from pac.live.protocol import RoomCursor, RoomRefusal, RoomState, Subscribe, Subscribed
from pac.live.security import note_refusal
from pac.live.subscriptions import Progress, Subscription
from pac.messages.model import Position, Seq
from pac.rooms.access import Standing, access_row
from pac.rooms.model import RoomId
from pac.rooms.rules import Action

if TYPE_CHECKING:
    from pac.live.node import Node


async def subscribe(node: "Node", connection: Connection, request: Subscribe) -> list[Effect]:
    wanted = {RoomId(cursor.room): cursor for cursor in request.rooms}
    refused: dict[RoomId, PacError] = {}
    for room_id in wanted:
        refusal = _register(node, connection, room_id)
        if refusal is not None:
            refused[room_id] = refusal
    asked = [room_id for room_id in wanted if room_id not in refused]
    try:
        granted = await _standings(node, connection, asked, refused)
        marks = _marks(node, connection, granted)
        reached = await node.lookups.reached.ask(*((room_id, marks.get(room_id)) for room_id in granted))
    except PacError as fault:
        for room_id in asked:
            _withdraw(node, connection, room_id)
        return connection.refuse(fault, node.now(), frame_id=request.id)
    if connection.state is not State.OPEN:
        return []
    answers: list[RoomState | RoomRefusal] = []
    effects: list[Effect] = []
    for room_id, cursor in wanted.items():
        subscription = connection.subscriptions.get(room_id)
        if room_id in refused or subscription is None:
            reason = refused.get(room_id, Hidden())
            answers.append(_refusal(connection, room_id, reason))
            if isinstance(reason, RateLimited):
                effects += connection.count_refusal(node.now())
            continue
        standing, members = granted[room_id]
        mark = marks.get(room_id)
        there = reached[room_id, mark]
        state = _begin(node, connection, subscription, standing, members, there.position, cursor)
        if mark is not None:
            state = replace(state, read=mark, unread=there.unread)
        answers.append(state)
    effects = connection.answer(Subscribed(id=request.id, rooms=answers)) + effects
    node.catch_up(connection)
    return effects


def _register(node: "Node", connection: Connection, room_id: RoomId) -> Refusal | None:
    limits = node.parts.limits
    wait_ms = node.parts.limiter.spend(limits.subscribe, connection.id)
    if wait_ms:
        return RateLimited(wait_ms)
    if room_id in connection.subscriptions:
        return None
    if len(connection.subscriptions) >= limits.rooms_per_connection:
        return TooManyRooms(limits.rooms_per_connection)
    connection.subscriptions[room_id] = node.subscriptions.register(connection, room_id)
    return None


async def _standings(
    node: "Node", connection: Connection, asked: list[RoomId], refused: dict[RoomId, PacError]
) -> dict[RoomId, tuple[Standing, int]]:
    """How the member stands in each room, and how many are in it. Rooms it may not read go to `refused`."""
    assert connection.actor is not None  # only an OPEN connection runs commands
    granted: dict[RoomId, tuple[Standing, int]] = {}
    todo = asked
    while todo:
        for room_id in todo:
            subscription = connection.subscriptions.get(room_id)
            if subscription is not None:
                subscription.stale = False
        member_id = connection.actor.id
        rows = await node.lookups.rows.ask(*((room_id, member_id) for room_id in todo))
        now = node.parts.clock.now()
        for room_id in todo:
            row = rows.get((room_id, member_id))
            try:
                standing = access_row(connection.actor, row, Action.SUBSCRIBE, now)
            except Refusal as refusal:
                granted.pop(room_id, None)
                refused[room_id] = refusal
                _withdraw(node, connection, room_id)
            else:
                assert row is not None  # access_row raises Hidden for one that is not there
                granted[room_id] = standing, row.members_count
        todo = [
            room_id
            for room_id in granted
            if (subscription := connection.subscriptions.get(room_id)) is not None and subscription.stale
        ]
    return granted


def _marks(
    node: "Node", connection: Connection, granted: dict[RoomId, tuple[Standing, int]]
) -> dict[RoomId, Seq]:
    """How far the member has read the rooms it is in."""
    assert connection.actor is not None
    return {
        room_id: node.read_marks.learn(room_id, connection.actor.id, membership.read_seq)
        for room_id, (standing, _) in granted.items()
        if (membership := standing.membership) is not None and membership.is_present
    }


def _begin(
    node: "Node",
    connection: Connection,
    subscription: Subscription,
    standing: Standing,
    members: int,
    position: Position,
    cursor: RoomCursor,
) -> RoomState:
    """Put the subscription where the client wants it, or at the top with `reset` where that cannot be."""
    assert connection.actor is not None
    room_id = subscription.room_id
    again = subscription.progress is not Progress.PENDING
    if not again:
        node.subscriptions.grant(subscription, standing, connection.actor.id, connection.actor.nickname)
    node.broadcaster.know(subscription.readers, position.epoch, position.top)
    reset = _needs_reset(cursor, position, node.parts.limits.replay)
    if not (again and cursor.after is None):
        connection.outbox.forget(subscription)
        at = position.top if reset or cursor.after is None else Seq(cursor.after)
        node.broadcaster.detach(subscription, at)
    membership = standing.membership if standing.membership and standing.membership.is_present else None
    return RoomState(
        room=room_id,
        roomStatus=standing.room.status,
        epoch=position.epoch,
        top=position.top,
        first=position.first,
        online=node.presence.online(room_id),
        members=members,
        role=membership.role if membership else None,
        status=membership.status_at(node.parts.clock.now()) if membership else None,
        reset=reset,
    )


def _needs_reset(cursor: RoomCursor, position: Position, replay: int) -> bool:
    """Another log, or too far from its top (PROTOCOL §3, subscribe)."""
    if cursor.epoch is not None and cursor.epoch != position.epoch:
        return True
    if cursor.after is None:
        return False
    return (
        cursor.after > position.top
        or cursor.after < position.first - 1
        or position.top - cursor.after > replay
    )


def _withdraw(node: "Node", connection: Connection, room_id: RoomId) -> None:
    """Take back a registration that came to nothing; a subscription that was there before goes too when its
    right is gone."""
    subscription = connection.subscriptions.pop(room_id, None)
    if subscription is not None:
        node.subscriptions.remove(subscription, connection.actor.id if connection.actor else None)
        connection.outbox.forget(subscription)


def _refusal(connection: Connection, room_id: RoomId, reason: PacError) -> RoomRefusal:
    note_refusal(connection, getattr(reason, "code", "unavailable"), room_id)
    return RoomRefusal(
        room=room_id,
        code=getattr(reason, "code", "unavailable"),
        message=words_of(reason, connection.language),  # type: ignore[arg-type]
        retry_after_ms=getattr(reason, "retry_after_ms", None),
    )
