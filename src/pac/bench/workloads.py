"""What is measured: the rows of the table, each a description and no code.

`rooms` × `readers` connections; the first reader of each room is its sender, somebody of their own with one
connection, so that nothing is sent to other devices of theirs. The others share members, `per_member` connections
each, no two of them in one room where there are enough rooms for that.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """`rates`: messages a second in all rooms together, a run each. `title`: for people."""

    name: str
    title: str
    rooms: int
    readers: int
    rates: tuple[int, ...]
    per_member: int = 10
    """Connections of one reading member: the limit as it is delivered."""


WIDE = Workload("wide", "One room of 200 readers", 1, 200, (500, 1_500, 3_000, 10_000))
SMALL = Workload("small", "200 rooms of 10 readers", 200, 10, (2_000, 5_000, 10_000))
QUIET = Workload("quiet", "A quiet room of 10", 1, 10, (100,))
LOG = Workload("log", "100 senders, each in a room of its own", 100, 1, (5_000, 10_000, 20_000))

WORKLOADS: dict[str, Workload] = {workload.name: workload for workload in (WIDE, SMALL, QUIET, LOG)}
