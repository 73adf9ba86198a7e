"""What sockets tell the log of security: who opened and closed one, what was malformed, what was not allowed."""

from typing import TYPE_CHECKING

from pac import security_log, telemetry
from pac.http.address import address_prefix
from pac.live.disconnects import Disconnect

if TYPE_CHECKING:
    from pac.live.connection import Connection

MALFORMED = frozenset({"bad_request", "unknown_op", "too_large"})
"""Error codes of bad frames: the tenth in ten seconds closes the socket."""
DENIALS = frozenset({"forbidden", "read_only", "banned", "not_found"})


def note_opened(connection: "Connection", node: str) -> None:
    """It has said who it is."""
    _note(connection, telemetry.SOCKET_OPENED, "ok", node=node)


def note_closed(connection: "Connection", code: int) -> None:
    _note(connection, telemetry.SOCKET_CLOSED, str(code))


def note_violation(connection: "Connection", code: Disconnect) -> None:
    """It broke the protocol and is closed with this code."""
    _note(connection, telemetry.FRAME_REFUSED, "refused", reason=str(code.value))


def note_refusal(connection: "Connection", code: str, room: str | None) -> None:
    """A frame was answered with this error; those that are neither malformed nor denied are no matter of security."""
    if code in MALFORMED:
        _note(connection, telemetry.FRAME_REFUSED, "refused", reason=code)
    elif code in DENIALS:
        _note(connection, telemetry.DENIED, "refused", reason=code, room=room or "")


def _note(connection: "Connection", event: str, outcome: str, **fields: str) -> None:
    security_log.note(
        event,
        outcome,
        actor=connection.actor.id if connection.actor else "",
        session=connection.session_key[:8] if connection.session_key else "",
        address=address_prefix(connection.admission.address),
        **fields,
    )
