"""`send`: say something in a room. Checks in the protocol's order: form, subscription, right, cid, rate.

A resend of something already stored costs no rate and answers with its first seq. So the rate is asked first
only where it grants; where it refuses, the log is asked for the cid before the sender is told to wait, and what
turned out to be a resend gets its cost back.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from pac.clock import Instant, rfc3339
from pac.errors import BadRequest, CidConflict, NotSubscribed, PacError, RateLimited, Refusal, SlowMode
from pac.limits.rules import Rate
from pac.live.connection import Connection
from pac.live.effects import Effect
from pac.live.protocol import Send, Sent
from pac.live.subscriptions import Progress
from pac.messages.body import checked_body, checked_cid
from pac.messages.intake import Answer
from pac.messages.model import Draft, MessageType, Seq, digest
from pac.messages.sequencer import Numbered
from pac.rooms.access import access_room_to_send
from pac.rooms.model import RoomId
from pac.rooms.rules import slow_mode_s

if TYPE_CHECKING:
    from pac.live.node import Node


def send(
    node: "Node", connection: Connection, request: Send
) -> list[Effect] | Coroutine[Any, Any, list[Effect]]:
    try:
        draft = _draft(node, connection, request)
    except Refusal as refusal:
        return connection.refuse(refusal, node.now(), frame_id=request.id, room=request.room)
    slow = _slow_mode(node, connection, draft)
    too_fast = _too_fast(node, draft, slow)
    if too_fast is not None:
        return _resend_or(too_fast, node, connection, request, draft)
    connection.in_flight.add((draft.room_id, draft.cid))
    node.parts.intake.submit(draft, lambda answer: _answered(node, connection, request, draft, slow, answer))
    return []


def _draft(node: "Node", connection: Connection, request: Send) -> Draft:
    limits = node.parts.limits
    if request.type != MessageType.TEXT:
        raise BadRequest("type: TEXT is the only one that can be sent")
    cid = checked_cid(request.cid)
    body = checked_body(request.body, limits.body_chars)
    subscription = connection.subscriptions.get(RoomId(request.room))
    if subscription is None or subscription.progress is Progress.PENDING or subscription.standing is None:
        raise NotSubscribed
    assert connection.actor is not None  # only an OPEN connection runs commands
    access_room_to_send(connection.actor, subscription.standing, node.parts.clock.now())
    return Draft(
        room_id=subscription.room_id,
        member_id=connection.actor.id,
        nickname=connection.actor.nickname,
        cid=cid,
        type=MessageType.TEXT,
        body=body,
        reply_to=None if request.reply_to is None else Seq(request.reply_to),
    )


def _slow_mode(node: "Node", connection: Connection, draft: Draft) -> Rate | None:
    """The rate of somebody who was warned, or of a room that is slow for all (PROTOCOL §6)."""
    subscription = connection.subscriptions[draft.room_id]
    assert subscription.standing is not None  # _draft asked
    standing = subscription.standing
    seconds = slow_mode_s(standing.room, standing.membership, node.parts.clock.now())
    return Rate(f"slow-{seconds}", 1 / seconds, 1) if seconds else None


def _slow_key(draft: Draft) -> str:
    return f"{draft.room_id} {draft.member_id}"


def _too_fast(node: "Node", draft: Draft, slow: Rate | None) -> Refusal | None:
    """Spend from both rates, or from neither."""
    limiter, send = node.parts.limiter, node.parts.limits.send
    wait_ms = limiter.spend(send, draft.member_id)
    if wait_ms:
        return RateLimited(wait_ms)
    if slow is not None:
        wait_ms = limiter.spend(slow, _slow_key(draft))
        if wait_ms:
            limiter.give_back(send, draft.member_id)
            return SlowMode(wait_ms)
    return None


def _answered(
    node: "Node", connection: Connection, request: Send, draft: Draft, slow: Rate | None, answer: Answer
) -> None:
    """The intake's answer: durable or not. The sender may be gone; then there is nobody to tell."""
    connection.in_flight.discard((draft.room_id, draft.cid))
    if not (isinstance(answer, Numbered) and not answer.duplicate):
        node.parts.limiter.give_back(node.parts.limits.send, draft.member_id)
        if slow is not None:
            node.parts.limiter.give_back(slow, _slow_key(draft))
    if isinstance(answer, Numbered):
        node.read_marks.move(draft.room_id, draft.member_id, answer.seq, connection)
        effects = connection.answer(_sent(request, answer.seq, answer.at, duplicate=answer.duplicate))
    else:
        effects = connection.refuse(answer, node.now(), frame_id=request.id, room=request.room)
    node.perform(connection, effects)
    node.resume_behind(connection, draft.room_id)


async def _resend_or(
    refusal: Refusal, node: "Node", connection: Connection, request: Send, draft: Draft
) -> list[Effect]:
    """`dup` for what is stored already; the refusal for what is new."""
    try:
        known = (await node.parts.log.known([draft.key])).get(draft.key)
    except PacError as fault:
        return connection.refuse(fault, node.now(), frame_id=request.id, room=request.room)
    if known is not None:
        if known.digest == digest(draft.type, draft.body, draft.reply_to):
            node.read_marks.move(draft.room_id, draft.member_id, known.seq, connection)
            return connection.answer(_sent(request, known.seq, known.at, duplicate=True))
        refusal = CidConflict()
    return connection.refuse(refusal, node.now(), frame_id=request.id, room=request.room)


def _sent(request: Send, seq: Seq, at: Instant, *, duplicate: bool) -> Sent:
    return Sent(id=request.id, room=request.room, cid=request.cid, seq=seq, ts=rfc3339(at), dup=duplicate)
