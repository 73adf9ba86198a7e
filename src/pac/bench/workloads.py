"""What is measured: the rows of the table, each a description and no code.

`rooms` × `readers` connections; the first reader of each room is its sender, somebody of their own with one
connection, so that nothing is sent to other devices of theirs. The others share members: `per_member` connections
each, and `together` of them in one room where there are several.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    LOAD = "load"
    IDLE = "idle"
    STORM = "storm"
    SLOW = "slow"
    STRANGERS = "strangers"


@dataclass(frozen=True, slots=True)
class Workload:
    """`rates`: messages a second in all rooms together, a run each. `title`: for people."""

    name: str
    title: str
    rooms: int
    readers: int
    rates: tuple[int, ...] = (0,)
    kind: Kind = Kind.LOAD
    per_member: int = 10
    """Connections of one reading member: the limit as it is delivered."""
    together: int = 1
    """How many of them are in one room: more where joining rooms one by one would take longer than the run."""
    body: int = 64
    """Bytes of a message's text."""
    missed: int = 0
    """Storm: how many messages of its room each client missed."""
    at_once: int = 0
    """Storm: how many connect at once; 0: all. Strangers: how many stand at the door."""
    slow: int = 0
    """How many of the readers stop reading for a while."""
    restarts: bool = False
    """Storm: whether the server is started again before the clients come back."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """PAC_ names without the prefix, beside the rates that every workload raises."""


MANY = {"LIMIT_CONNECTIONS_PER_MEMBER": 100}
WIDE = Workload("wide", "One room of 200 readers", 1, 200, (500, 1_500, 3_000, 10_000))
SMALL = Workload("small", "200 rooms of 10 readers", 200, 10, (2_000, 5_000, 10_000))
QUIET = Workload("quiet", "A quiet room of 10 readers", 1, 10, (100,))
LOG = Workload("log", "100 senders, each in a room of its own", 100, 1, (5_000, 10_000, 20_000))
IDLE = Workload(
    "idle",
    "10,000 idle connections in 100 rooms",
    100,
    100,
    (0,),
    Kind.IDLE,
    per_member=100,
    together=10,
    settings=MANY,
)
STORM = Workload(
    "storm", "5,000 clients of one room resume, 20 messages missed", 1, 5_000, (2_000,), Kind.STORM,
    per_member=100, missed=20,
    settings=MANY | {"LIMIT_UNGREETED_PER_ADDRESS": 10_000, "LIMIT_UNGREETED": 10_000},
)  # fmt: skip
STORM_ROOMS = Workload(
    "storm-rooms", "5,000 clients of 250 rooms resume, 20 messages missed", 250, 20, (2_000,), Kind.STORM,
    per_member=100, together=10, missed=20, settings=STORM.settings,
)  # fmt: skip
STORM_RESTART = Workload(
    "storm-restart", "5,000 clients of 250 rooms resume after a restart, 20 messages missed", 250, 20, (2_000,),
    Kind.STORM, per_member=100, together=10, missed=20, restarts=True, settings=STORM.settings,
)  # fmt: skip
SLOW = Workload(
    "slow", "One room of 40 readers, 20 of whom stop reading", 1, 40, (500,), Kind.SLOW, body=2_000, slow=20,
    settings={"LIMIT_REPLAY": 1_000_000},
)  # fmt: skip
STRANGERS = Workload(
    "strangers", "20 rooms of 10 readers while 2,000 strangers storm the door", 20, 10, (500,),
    Kind.STRANGERS, at_once=2_000,
)  # fmt: skip

ALL = (WIDE, SMALL, QUIET, LOG, IDLE, STORM, STORM_ROOMS, STORM_RESTART, SLOW, STRANGERS)


def named(names: str) -> list[Workload]:
    """Those named, by comma; a name stands for its variants too (storm: storm-rooms). Raises KeyError."""
    chosen: list[Workload] = []
    for name in names.split(","):
        found = [
            workload for workload in ALL if workload.name == name or workload.name.startswith(f"{name}-")
        ]
        if not found:
            raise KeyError(name)
        chosen += [workload for workload in found if workload not in chosen]
    return chosen
