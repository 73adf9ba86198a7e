"""Who sits where in a workload: members, rooms and connections of a PAC server, and the same rooms for a peer."""

from collections.abc import Sequence
from dataclasses import dataclass

from pac.bench import dialects
from pac.bench.dialects import Dialect
from pac.bench.generator import Client, Plan, Room
from pac.bench.pac_server import Member, PacServer
from pac.bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Population:
    """`rooms`: their ids; `seats`: for each connection its room (an index), its member and whether it sends."""

    rooms: tuple[str, ...]
    seats: tuple[tuple[int, Member, bool], ...]

    def plan(self, server: PacServer, run: str) -> Plan:
        """Everybody in their seats; `run` tells this run's messages from those of another."""
        return Plan(
            dialects.PAC.name,
            server.port,
            [dialects.pac_room(room, run) for room in self.rooms],
            [
                dialects.pac_client(room, self.rooms[room], member.token, "s" if sends else "")
                for room, member, sends in self.seats
            ],
            server=server.pid,
            headers=dialects.PAC.headers,
            ready=dialects.PAC.ready,
        )


def populate(server: PacServer, workload: Workload) -> Population:
    """Sign everybody up and seat them."""
    sitting = workload.rooms * (workload.readers - 1)
    sharing = max(-(-sitting // workload.per_member), min(workload.readers - 1, sitting)) if sitting else 0
    if workload.rooms == 1:
        sharing = -(-sitting // workload.per_member)
    members = server.members(workload.rooms + sharing)
    senders, readers = members[: workload.rooms], members[workload.rooms :]
    rooms = server.rooms(senders, workload.rooms, capacity=max(1_000, 2 * workload.readers))
    seats: list[tuple[int, Member, bool]] = []
    joining: set[tuple[str, Member]] = set()
    taken = 0
    for room in range(workload.rooms):
        seats.append((room, senders[room], True))
        for _ in range(workload.readers - 1):
            member = readers[taken % len(readers)]
            taken += 1
            seats.append((room, member, False))
            joining.add((rooms[room], member))
    server.join(sorted(joining, key=lambda place: place[0]))
    return Population(tuple(rooms), tuple(seats))


def peer_plan(dialect: Dialect, port: int, pid: int, workload: Workload) -> Plan:
    """The same rooms and seats for a server that knows no members."""
    is_plain = dialect is dialects.PLAIN
    rooms: Sequence[Room] = [
        dialects.plain_room(room) if is_plain else dialects.centrifuge_room(room)
        for room in range(workload.rooms)
    ]
    clients = [
        Client(room, "" if reader else "s") if is_plain
        else dialects.centrifuge_client(room, "" if reader else "s")
        for room in range(workload.rooms) for reader in range(workload.readers)
    ]  # fmt: skip
    return Plan(dialect.name, port, rooms, clients, server=pid, ready=dialect.ready)
