"""`hello`: who is it. The only op that is heard before `welcome`, and heard once.

The connection is filed under its session first and the session is read afterwards, so that a sign-out in
between finds it (SECURITY 2.16).
"""

from typing import TYPE_CHECKING

from pac.accounts.sessions import SessionKey, session_key, token_key
from pac.clock import rfc3339
from pac.errors import Unavailable
from pac.live.connection import PING_EVERY_S, Connection, State
from pac.live.disconnects import Disconnect
from pac.live.effects import Effect
from pac.live.protocol import ClientLimits, Hello, Self, Welcome
from pac.live.security import note_opened

if TYPE_CHECKING:
    from pac.live.node import Node


async def hello(node: "Node", connection: Connection, request: Hello) -> list[Effect]:
    if node.is_overloaded:
        return connection.hang_up(Disconnect.OVERLOADED)
    try:
        key = await _claimed_session(node, connection, request)
        if key is None:
            return connection.hang_up(Disconnect.NOT_SIGNED_IN)
        node.sockets.claim(connection, key)
        found = (await node.lookups.holders.ask(key)).get(key)
    except Unavailable:
        return connection.hang_up(Disconnect.OVERLOADED)
    if found is None:
        return connection.hang_up(Disconnect.NOT_SIGNED_IN)
    session, member = found.session, found.member
    if not member.may_sign_in:
        return connection.hang_up(Disconnect.MEMBER_LOCKED)
    if node.draining:
        return connection.hang_up(Disconnect.DRAINING)
    if len(node.sockets.of_member(member.id)) >= node.parts.limits.connections_per_member:
        return connection.hang_up(Disconnect.TOO_MANY_CONNECTIONS)
    if connection.state is not State.GREETING:
        return []  # closed meanwhile: the session was ended, or the socket is gone
    node.sockets.greeted(connection, member.id)
    connection.actor = member.actor
    connection.session_ends_at = session.ends_at()
    connection.state = State.OPEN
    note_opened(connection, node.parts.node)
    limits = node.parts.limits
    return connection.answer(
        Welcome(
            id=request.id,
            member=Self(member.id, member.nickname, member.app_role),
            node=node.parts.node,
            ts=rfc3339(node.parts.clock.now()),
            ping_ms=int(PING_EVERY_S * 1_000),
            limits=ClientLimits(
                frame=limits.frame_bytes,
                body=limits.body_chars,
                rooms=limits.rooms_per_connection,
                send_per_s=limits.send.per_s,
                send_burst=limits.send.burst,
            ),
        )
    )


async def _claimed_session(node: "Node", connection: Connection, request: Hello) -> SessionKey | None:
    """Which session the credentials name: a token given in `hello`, else one of the upgrade, else its cookie."""
    token = request.token or connection.admission.bearer
    if token:
        claimed = token_key(token)
        return (await node.lookups.tokens.ask(claimed)).get(claimed)
    return session_key(connection.admission.session_id) if connection.admission.session_id else None
