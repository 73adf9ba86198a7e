"""One row per limit on how often: its name, its rate, its burst. Who is counted is the key of each call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` calls a second in the long run, `burst` at once after a pause."""

    name: str
    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit of PROTOCOL §3, from the settings; the defaults are the protocol's."""

    send: Rate = Rate("send", 5, 20)
    ops: Rate = Rate("ops", 50, 200)
    subscribe: Rate = Rate("subscribe", 50, 600)
    typing: Rate = Rate("typing", 1 / 3, 1)
    """By member and room, not a setting."""
    connections_per_member: int = 10
    connections: int = 20_000
    ungreeted_per_address: int = 50
    ungreeted: int = 1_000
    refusals_per_min: int = 100
    rooms_per_connection: int = 512
    frame_bytes: int = 65_536
    body_chars: int = 4_000
    queue_bytes: int = 1_048_576
    replay: int = 1_000
    signup_per_hour: int = 10
    signin_failures: int = 20
    comings: Rate = Rate("comings", 5, 50)
    guest_send: Rate = Rate("guest_send", 5, 20)
    guest_room: Rate = Rate("guest_room", 20, 40)
    guest_comings: Rate = Rate("guest_comings", 5, 50)
    guest_sockets_per_address: int = 10
    guest_sockets: int = 1_000
