"""Every close code: its number, its words, and whether the client may come back (PROTOCOL §3, close codes).

40xx: reconnect, with full jitter. 45xx: do not; something has to be different first. The standard codes keep
RFC 6455 §7.4's meaning. A reason is at most 123 bytes and names nothing of the inside.
"""

from enum import IntEnum


class Disconnect(IntEnum):
    HELLO_TIMEOUT = 4001
    PING_TIMEOUT = 4002
    SLOW_CONSUMER = 4008
    DRAINING = 4010
    OVERLOADED = 4011
    TOO_MANY_REFUSALS = 4012
    INTERNAL = 4013
    BAD_FRAMES = 4500
    NOT_SIGNED_IN = 4501
    SESSION_ENDED = 4502
    MEMBER_LOCKED = 4503
    TOO_MANY_CONNECTIONS = 4504
    NOT_ALLOWED = 4505
    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009


REASONS: dict[Disconnect, str] = {
    Disconnect.HELLO_TIMEOUT: "nobody said who they are in time",
    Disconnect.PING_TIMEOUT: "a ping was not answered in time",
    Disconnect.SLOW_CONSUMER: "the reader is too slow; reconnect and resume",
    Disconnect.DRAINING: "this node is going down; reconnect",
    Disconnect.OVERLOADED: "overloaded, or a store is away; try again later",
    Disconnect.TOO_MANY_REFUSALS: "too many refused frames in a minute; slow down",
    Disconnect.INTERNAL: "something went wrong on our side; reconnect",
    Disconnect.BAD_FRAMES: "frames this server does not understand",
    Disconnect.NOT_SIGNED_IN: "not signed in",
    Disconnect.SESSION_ENDED: "the session has ended; sign in again",
    Disconnect.MEMBER_LOCKED: "this account is locked or deleted",
    Disconnect.TOO_MANY_CONNECTIONS: "too many connections of this member",
    Disconnect.NOT_ALLOWED: "this channel is not here, or not for this member to read",
    Disconnect.NORMAL: "",
    Disconnect.GOING_AWAY: "going away",
    Disconnect.PROTOCOL_ERROR: "not RFC 6455",
    Disconnect.INVALID_TEXT: "a text frame that is not UTF-8",
    Disconnect.POLICY: "too many control frames or fragments, or a frame that took too long",
    Disconnect.TOO_BIG: "a frame over the limit",
}


def may_return(code: Disconnect) -> bool:
    """Whether a client that gets this code may connect again without anything having changed."""
    return 4000 <= code < 4500 or code is Disconnect.GOING_AWAY
