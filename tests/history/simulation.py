"""A chat that keeps its promises, simulated: whatever the checker says against its histories is the checker's fault.

Members on one or two devices write, lose their sockets, resume, resend, are refused, leave and come back; the
server answers late or not at all, and is killed. Frames lie in queues in both directions, and a lost socket
loses what lies in them.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.history.model import (
    SYSTEM,
    Ack,
    Disconnected,
    Event,
    LogRow,
    Opened,
    Read,
    Receive,
    Refused,
    Removed,
    Restored,
    Send,
    Settled,
    Subscribed,
    Unsubscribed,
)

EPOCH = "e1"
REPLAY = 40
ANSWERS = ("stored",) * 12 + ("unavailable", "unavailable but stored", "rate_limited")


@dataclass(slots=True)
class _Wanted:
    """A message as its client holds it until it is answered."""

    room: str
    cid: str
    body: str


@dataclass(slots=True, eq=False)
class _Device:
    name: str
    member: str
    socket: "_Socket | None" = None
    cursors: dict[str, int] = field(default_factory=dict)
    wanted: list[_Wanted] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Socket:
    """Frames on their way to the server, and events on their way to the client: they are noted on arrival."""

    name: str
    device: _Device
    inwards: deque[Callable[[], None]] = field(default_factory=deque)
    outwards: deque[Callable[[], None]] = field(default_factory=deque)
    subscribed: dict[str, object] = field(default_factory=dict)
    """Each room with its right to it: a new right is another object."""


class Simulation:
    """`run(steps)`; then `events` and `rows` are a valid history."""

    def __init__(self, seed: int, *, members: int = 4, rooms: int = 2, forgets_cids: bool = False) -> None:
        self.chance = random.Random(seed)
        self.events: list[Event] = []
        self._now = 1_000.0
        self._number = 0
        self._logs: dict[str, list[LogRow]] = {f"room-{number}": [] for number in range(1, rooms + 1)}
        self._known: dict[tuple[str, str, str], LogRow] = {}
        self._forgets_cids = forgets_cids
        self._removed: set[tuple[str, str]] = set()
        self._devices = [
            _Device(f"member-{member}/{device}", f"member-{member}")
            for member in range(1, members + 1)
            for device in range(self.chance.choice([1, 1, 2]))
        ]

    @property
    def rows(self) -> list[LogRow]:
        """As they are read: some by their authors, some by others, who are not told the cid."""
        rows = [row for log in self._logs.values() for row in log]
        if not self._forgets_cids:
            return rows
        return [LogRow(row.room, row.seq, row.member, row.body, row.type) for row in rows]

    def run(self, steps: int) -> "Simulation":
        acts: list[tuple[Callable[[], None], int]] = [
            (self._write, 20),
            (self._serve, 50),
            (self._arrive, 80),
            (self._connect, 8),
            (self._disconnect, 1),
            (self._read_history, 1),
            (self._reuse_a_cid, 1),
            (self._resubscribe, 1),
            (self._take_right, 1),
            (self._give_right, 2),
        ]
        names, weights = [act for act, _ in acts], [weight for _, weight in acts]
        crash_at = steps // 2
        for step, act in enumerate(self.chance.choices(names, weights, k=steps)):
            self._now += self.chance.expovariate(500.0)
            act()
            if step == crash_at:
                self._crash()
        self._settle()
        return self

    def _note(self, event: Event) -> None:
        self.events.append(event)

    def _next(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{self._number}"

    def _connected(self) -> _Device | None:
        devices = [device for device in self._devices if device.socket is not None]
        return self.chance.choice(devices) if devices else None

    # What clients do

    def _connect(self) -> None:
        device = self.chance.choice(self._devices)
        if device.socket is not None:
            return
        socket = device.socket = _Socket(self._next("socket-"), device)
        self._note(Opened(self._now, socket.name, device.name, device.member))
        for room in self._logs:
            self._ask_for(socket, room, device.cursors.get(room))
        for wanted in device.wanted:
            self._send(socket, wanted)

    def _ask_for(self, socket: _Socket, room: str, after: int | None) -> None:
        socket.inwards.append(lambda: self._grant(socket, room, after))

    def _resubscribe(self) -> None:
        device = self._connected()
        if device is not None and device.socket is not None:
            room = self.chance.choice(list(self._logs))
            back = self.chance.choice([None, 0, 3])
            self._ask_for(
                device.socket, room, None if back is None else max(0, device.cursors.get(room, 0) - back)
            )

    def _write(self) -> None:
        device = self._connected()
        if device is None or device.socket is None or len(device.wanted) > 5:
            return
        cid = self._next("cid-")
        wanted = _Wanted(self.chance.choice(list(self._logs)), cid, f"{device.member} says {cid}")
        device.wanted.append(wanted)
        self._send(device.socket, wanted)

    def _reuse_a_cid(self) -> None:
        device = self._connected()
        taken = [key for key in self._known if device is not None and key[1] == device.member]
        if device is None or device.socket is None or not taken:
            return
        room, _, cid = self.chance.choice(taken)
        self._send(device.socket, _Wanted(room, cid, "quite another thing " + self._next("")))

    def _send(self, socket: _Socket, wanted: _Wanted) -> None:
        frame = self._next("")
        self._note(Send(self._now, socket.name, frame, wanted.room, wanted.cid, wanted.body))
        socket.inwards.append(lambda: self._judge(socket, frame, wanted))

    def _read_history(self) -> None:
        device = self._connected()
        room = self.chance.choice(list(self._logs))
        log = self._logs[room]
        if device is None or device.socket is None or not log or (device.member, room) in self._removed:
            return
        start = self.chance.randrange(len(log))
        for row in log[start : start + 5]:
            self._note(Read(self._now, device.socket.name, room, row.seq, row.member, row.body, row.type))

    def _disconnect(self) -> None:
        device = self._connected()
        if device is not None and device.socket is not None:
            self._lose(device.socket)

    def _lose(self, socket: _Socket) -> None:
        for _ in range(self.chance.randint(0, len(socket.inwards))):
            socket.inwards.popleft()()  # these the server has read; its answers are lost
        socket.inwards.clear()
        socket.outwards.clear()
        socket.subscribed.clear()
        socket.device.socket = None
        self._note(Disconnected(self._now, socket.name))

    # What the network does

    def _serve(self) -> None:
        device = self._connected()
        if device is not None and device.socket is not None and device.socket.inwards:
            device.socket.inwards.popleft()()

    def _arrive(self) -> None:
        device = self._connected()
        if device is not None and device.socket is not None and device.socket.outwards:
            device.socket.outwards.popleft()()

    # What the server does

    def _grant(self, socket: _Socket, room: str, after: int | None) -> None:
        if (socket.device.member, room) in self._removed:
            return
        log = self._logs[room]
        top = len(log)
        reset = after is not None and (after > top or top - after > REPLAY)
        again = room in socket.subscribed
        socket.subscribed.setdefault(room, object())

        def told() -> None:
            if not again or after is not None:
                socket.device.cursors[room] = top if after is None or reset else after
            self._note(Subscribed(self._now, socket.name, room, after, top, EPOCH, reset))

        socket.outwards.append(told)
        if after is not None and not reset:
            for row in log[after:]:
                self._push(socket, row)

    def _judge(self, socket: _Socket, frame: str, wanted: _Wanted) -> None:
        member, room = socket.device.member, wanted.room
        if room not in socket.subscribed:
            self._refuse(socket, frame, wanted, "not_subscribed")
            return
        known = self._known.get((room, member, wanted.cid))
        if known is not None:
            if known.body == wanted.body:
                self._ack(socket, frame, wanted, known.seq, dup=True)
            else:
                self._refuse(socket, frame, wanted, "cid_conflict")
            return
        answer = self.chance.choice(ANSWERS)
        row = None
        if "stored" in answer:
            row = LogRow(room, len(self._logs[room]) + 1, member, wanted.body, cid=wanted.cid)
            self._known[room, member, wanted.cid] = row
            self._logs[room].append(row)
        if answer == "stored" and row is not None:
            self._ack(socket, frame, wanted, row.seq, dup=False)
        else:
            self._refuse(socket, frame, wanted, answer.split()[0])
        if row is not None:
            self._publish(row)

    def _publish(self, row: LogRow) -> None:
        for device in self._devices:
            if device.socket is not None and row.room in device.socket.subscribed:
                self._push(device.socket, row)

    def _push(self, socket: _Socket, row: LogRow) -> None:
        right = socket.subscribed[row.room]

        def told() -> None:
            if socket.subscribed.get(row.room) is right:  # what waited when the right was lost is dropped
                socket.device.cursors[row.room] = row.seq
                self._note(Receive(self._now, socket.name, row.room, row.seq, row.member, row.body, row.type))

        socket.outwards.append(told)

    def _ack(self, socket: _Socket, frame: str, wanted: _Wanted, seq: int, *, dup: bool) -> None:
        def told() -> None:
            self._note(Ack(self._now, socket.name, frame, wanted.room, wanted.cid, seq, dup))
            if wanted in socket.device.wanted:
                socket.device.wanted.remove(wanted)

        socket.outwards.append(told)

    def _refuse(self, socket: _Socket, frame: str, wanted: _Wanted, code: str) -> None:
        def told() -> None:
            self._note(Refused(self._now, socket.name, frame, wanted.room, wanted.cid, code))
            if wanted in socket.device.wanted:
                if code in ("unavailable", "rate_limited") and self.chance.random() < 0.8:
                    self._send(socket, wanted)
                else:
                    socket.device.wanted.remove(wanted)

        socket.outwards.append(told)

    def _take_right(self) -> None:
        device = self.chance.choice(self._devices)
        room = self.chance.choice(list(self._logs))
        if (device.member, room) in self._removed:
            return
        self._removed.add((device.member, room))
        self._note(Removed(self._now, device.member, room))
        late = self.chance.uniform(0.0, 1.5)
        for other in self._devices:
            if other.member == device.member and other.socket is not None:
                if self.chance.random() < 0.5:
                    while other.socket.outwards and self.chance.random() < 0.8:
                        self._now += late / 50
                        other.socket.outwards.popleft()()
                other.socket.subscribed.pop(room, None)
                self._tell_removed(other.socket, room)
        self._announce(room, device.member, "has left")

    def _tell_removed(self, socket: _Socket, room: str) -> None:
        socket.outwards.append(lambda: self._note(Unsubscribed(self._now, socket.name, room, "left")))

    def _give_right(self) -> None:
        if not self._removed:
            return
        member, room = self.chance.choice(sorted(self._removed))
        self._note(Restored(self._now, member, room))
        self._removed.discard((member, room))
        self._announce(room, member, "has joined")
        for device in self._devices:
            if device.member == member and device.socket is not None:
                self._ask_for(device.socket, room, device.cursors.get(room))

    def _announce(self, room: str, member: str, what: str) -> None:
        row = LogRow(room, len(self._logs[room]) + 1, member, what, SYSTEM)
        self._logs[room].append(row)
        self._publish(row)

    def _crash(self) -> None:
        """Kill -9: every socket is lost; what was acked is in the log."""
        for device in self._devices:
            if device.socket is not None:
                self._lose(device.socket)
        self._now += self.chance.uniform(0.5, 3.0)

    def _settle(self) -> None:
        """Everybody is there, everything under way arrives."""
        while any(device.socket is None for device in self._devices):
            self._connect()
        while under_way := [
            queue
            for device in self._devices
            if device.socket is not None
            for queue in (device.socket.inwards, device.socket.outwards)
            if queue
        ]:
            self._now += 0.001
            self.chance.choice(under_way).popleft()()
        for device in self._devices:
            for room in sorted(device.socket.subscribed if device.socket else ()):
                assert device.socket is not None
                self._note(Settled(self._now, device.socket.name, room, len(self._logs[room])))
