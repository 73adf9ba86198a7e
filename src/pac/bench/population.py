"""Who sits where in a workload: members, rooms and connections of a PAC server, and the same rooms for a peer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pac.bench import dialects
from pac.bench.dialects import Dialect
from pac.bench.generator import Client, Plan, Room
from pac.bench.pac_server import Member, PacServer
from pac.bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Seat:
    """A connection to be: its room (an index), whose it is, and its place in the room; place 0 is the sender's."""

    room: int
    place: int
    member: Member


@dataclass(frozen=True, slots=True)
class Population:
    rooms: tuple[str, ...]
    seats: tuple[Seat, ...]

    def plan(self, server: PacServer, run: str, flags: Callable[[Seat], str]) -> Plan:
        """Everybody in their seats with their flags (generator/plan.h); `run` tells this run's messages from those
        of another in the same rooms."""
        return Plan(
            dialects.PAC.name,
            server.port,
            [dialects.pac_room(room, run) for room in self.rooms],
            [
                dialects.pac_client(seat.room, self.rooms[seat.room], seat.member.token, flags(seat))
                for seat in self.seats
            ],
            server=server.pid,
            headers=dialects.PAC.headers,
            ready=dialects.PAC.ready,
        )

    def reader(self, room: int) -> Member:
        """Somebody who may read the room."""
        return next(seat.member for seat in self.seats if seat.room == room)


def populate(server: PacServer, workload: Workload) -> Population:
    """Sign everybody up and seat them."""
    per_room = workload.readers - 1
    sitting = workload.rooms * per_room
    sharing = -(-sitting // workload.per_member)
    if workload.rooms > 1:
        sharing = max(sharing, -(-per_room // workload.together))  # so that no room has more of one of them
    members = server.members(workload.rooms + sharing)
    senders, readers = members[: workload.rooms], members[workload.rooms :]
    rooms = server.rooms(senders, workload.rooms, capacity=max(1_000, 2 * workload.readers))
    seats: list[Seat] = []
    joining: dict[tuple[str, str], Member] = {}
    for room in range(workload.rooms):
        seats.append(Seat(room, 0, senders[room]))
        for place in range(per_room):
            member = readers[(room * per_room + place) // workload.together % len(readers)]
            seats.append(Seat(room, place + 1, member))
            joining[rooms[room], member.id] = member
    server.join([(room, member) for (room, _), member in joining.items()])
    return Population(tuple(rooms), tuple(seats))


def peer_plan(dialect: Dialect, port: int, pid: int, workload: Workload) -> Plan:
    """The same rooms and seats for a server that knows no members."""
    is_plain = dialect is dialects.PLAIN
    rooms: Sequence[Room] = [
        dialects.plain_room(room) if is_plain else dialects.centrifuge_room(room)
        for room in range(workload.rooms)
    ]
    clients = [
        Client(room, "" if place else "s")
        if is_plain
        else dialects.centrifuge_client(room, "" if place else "s")
        for room in range(workload.rooms)
        for place in range(workload.readers)
    ]
    return Plan(dialect.name, port, rooms, clients, server=pid, ready=dialect.ready, body=workload.body)
