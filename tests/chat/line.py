"""The other end of a wire: hears what it writes and answers as a server would, without a socket."""

import json
from typing import Any

from pac.chat.events import Event
from pac.chat.wire import Wire
from pac.ids import SeededIds
from tests.support.clock import SteppedClock

ROOM = "plaza"
Frame = dict[str, Any]


def entry(seq: int, body: str = "") -> Frame:
    return {
        "room": ROOM, "seq": seq, "id": f"m{seq}", "ts": "2026-11-23T05:06:07.089Z", "type": "TEXT",
        "member": {"id": "1", "nickname": "지은"}, "body": body or f"message {seq}",
    }  # fmt: skip


class Line:
    def __init__(self, clock: SteppedClock, ids: SeededIds) -> None:
        self.clock = clock
        self.wire = Wire(clock, ids)

    def connect(self, **limits: int) -> list[Frame]:
        """Greeted; what the wire writes behind that."""
        self.wire.connected("a-token")
        assert [frame["op"] for frame in self.written()] == ["hello"]
        member = {"id": "2", "nickname": "Ada", "role": "ROLE_USER"}
        self.hear(op="welcome", id="hello", member=member, limits={"frame": 65_536, "body": 4_000} | limits)
        return self.written()

    def hear(self, **frame: Any) -> None:
        self.wire.received(json.dumps(frame))

    def written(self) -> list[Frame]:
        return [json.loads(text) for text in self.wire.take_frames()]

    def asked(self, op: str) -> Frame:
        """The one frame written, which is of this op."""
        frames = self.written()
        assert [frame["op"] for frame in frames] == [op]
        return frames[0]

    def told(self) -> list[Event]:
        return self.wire.take_events()

    def subscribed(self, asked: Frame, *, top: int, epoch: str = "e1", **more: Any) -> None:
        assert asked["op"] == "subscribe"
        self.hear(
            op="ok", id=asked["id"], rooms=[{"room": ROOM, "epoch": epoch, "top": top, "first": 1} | more]
        )

    def push(self, seq: int) -> None:
        self.hear(op="message", **entry(seq))

    def page(self, asked: Frame, first: int, last: int) -> None:
        """Answer a `history` with these entries."""
        assert asked["op"] == "history"
        rows = [entry(seq) for seq in range(first, last + 1)]
        self.hear(op="ok", id=asked["id"], room=ROOM, messages=rows, more=first > 1)

    def open(self, top: int = 0) -> None:
        """Connected, with the room open and its latest page shown."""
        self.connect()
        self.wire.open(ROOM)
        self.subscribed(self.asked("subscribe"), top=top)
        if top:
            self.page(self.asked("history"), max(1, top - 49), top)
        self.told()
