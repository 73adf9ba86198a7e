"""Who storms the door: connections without a token or with a dead one, turned away, and at once there again."""

from pac.bench import dialects
from pac.bench.generator import Client, Plan, Room

ADDRESSES = (100, 32)
"""127.0.0.100 and the 31 after it: the limits of an address are met as well as those of the node."""


def strangers_plan(port: int, at_once: int, seconds: float) -> Plan:
    """At most this many at the door at a time, half of them with a token that is nobody's, for this long."""
    without = dialects.hello("")
    dead = dialects.hello("A" * 43)
    return Plan(
        dialects.PAC.name,
        port,
        [Room("/message")],
        [Client(0, "", (dead if number % 2 else without,)) for number in range(at_once)],
        headers=dialects.PAC.headers,
        ready=dialects.PAC.ready,
        window=seconds + 1,
        concurrency=at_once,
        sources=ADDRESSES,
        strangers=True,
    )
