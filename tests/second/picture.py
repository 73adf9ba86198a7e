"""What a client knows of one room, put together from frames. Applying them must give what a fresh load gives.

The log is kept by seq: `last` is the last of the unbroken run from 1, and only entries beyond it may be missing.
An emptied entry stays empty, in whichever order the entry and the news of its deletion come.
"""

import time
from dataclasses import dataclass, field
from typing import Any

TYPING_DIES_AFTER_S = 6.0

Frame = dict[str, Any]


@dataclass(slots=True)
class Picture:
    room: str
    messages: dict[int, Frame] = field(default_factory=dict)
    last: int = 0
    top: int = 0
    epoch: str = ""
    online: int = 0
    read: int = 0
    fields: Frame = field(default_factory=dict)
    role: str | None = None
    status: str | None = None
    until: str | None = None
    unsubscribed: str = ""
    """Why it is read no longer: the code of `unsubscribed`, or of the refusal to subscribe."""
    _deleted: dict[int, str] = field(default_factory=dict)
    _typing: dict[str, float] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, str]:
        """Who is in the room, by the log: the names of those who came and have not gone, by their ids."""
        found: dict[str, str] = {}
        for seq in sorted(self.messages):
            entry = self.messages[seq]
            if entry.get("event") == "joined":
                found[entry["member"]["id"]] = entry["member"]["nickname"]
            elif entry.get("event") in ("left", "kicked"):
                found.pop(entry["member"]["id"], None)
        return found

    @property
    def has_gap(self) -> bool:
        return self.last < self.top

    def subscribed(self, entry: Frame) -> None:
        """An entry of the answer to `subscribe`, where it was granted."""
        if self.epoch and entry["epoch"] != self.epoch:
            self.forget_log()
        self.epoch = entry["epoch"]
        self.online = entry["online"]
        self.role, self.status = entry.get("role"), entry.get("status")
        self.read = entry.get("read", self.read)
        self.unsubscribed = ""
        if entry.get("reset"):
            # Nothing is replayed: what is missing up to `top` has to be asked for. Otherwise it is on its way.
            self.top = entry["top"]

    def forget_log(self) -> None:
        self.messages.clear()
        self._deleted.clear()
        self.last = self.top = self.read = 0

    def holds(self, entry: Frame) -> None:
        """A message, pushed or from history; the same one again does no harm."""
        seq = entry["seq"]
        entry = {name: value for name, value in entry.items() if name not in ("op", "room", "cid")}
        if entry.get("event") == "deleted":
            target = entry["target"]
            by_author = self.messages.get(target, {}).get("member") == entry["member"]
            self._deleted[target] = "author" if by_author else "moderator"
            if target in self.messages:
                self._empty(self.messages[target])
        self.messages[seq] = entry
        if seq in self._deleted:
            self._empty(entry)
        while self.last + 1 in self.messages:
            self.last += 1
        self.top = max(self.top, seq)

    def _empty(self, entry: Frame) -> None:
        if "deleted" not in entry:
            entry["body"] = ""
            entry["deleted"] = self._deleted[entry["seq"]]

    def is_read(self, seq: int) -> None:
        """It never goes back."""
        self.read = max(self.read, seq)

    def membership(self, frame: Frame) -> None:
        """My own place here has changed; what the frame leaves out stays."""
        self.role = frame.get("role", self.role)
        self.status = frame.get("status", self.status)
        self.until = frame.get("until")

    def typing(self, frame: Frame) -> None:
        if frame["on"]:
            self._typing[frame["member"]["id"]] = time.monotonic() + TYPING_DIES_AFTER_S
        else:
            self._typing.pop(frame["member"]["id"], None)

    def who_types(self) -> set[str]:
        now = time.monotonic()
        return {member for member, until in self._typing.items() if until > now}
