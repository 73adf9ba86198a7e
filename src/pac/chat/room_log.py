"""One room's log as this client holds it: contiguous and in order, whatever comes in.

What comes out of `push` and `page` has no hole and no repeat. A push that does not follow the last entry is held
until `history` has filled the hole; `top` shows a hole at the end (docs/PROTOCOL.md, "A room is a log").
"""

from dataclasses import dataclass, field

from pac.chat.frames import Cursor, Entry, RoomTold

FIRST_PAGE = 50
PAGE = 100
HELD_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Range:
    """What `history` is to be asked for: either entries before a seq, or after it."""

    limit: int
    before: int | None = None
    after: int | None = None


@dataclass(slots=True)
class RoomLog:
    room: str
    epoch: str | None = None
    last: int | None = None
    """The last contiguous seq; None until the first page is here."""
    oldest: int = 1
    """The first seq that was shown; what is older is fetched on demand."""
    is_live: bool = False
    """Subscribed on the present connection."""
    is_asking: bool = False
    not_before: float = 0.0
    """Monotonic seconds; the server asked for patience until then."""
    start: int = 0
    """Where the log ended when the room was opened."""
    target: int = 0
    """The highest seq that is known to exist."""
    held: dict[int, Entry] = field(default_factory=dict)

    def cursor(self) -> Cursor:
        return Cursor(self.room, self.last, self.epoch if self.last is not None else None)

    def subscribed(self, told: RoomTold) -> bool:
        """Take up the answer to `subscribe`. True when the log is another one and what was shown is void."""
        is_another = self.last is not None and (
            told.epoch != self.epoch or (told.reset and told.top < self.last)
        )
        if is_another:
            self.last = None
        self.is_live = True
        self.epoch = told.epoch
        if self.last is None:
            self.held.clear()
            self.start = self.target = told.top
            if told.top == 0:
                self.last, self.oldest = 0, 1
        elif told.reset:
            # without `reset` the replay comes by itself
            self.target = max(self.target, told.top)
        return is_another

    def lost(self) -> None:
        """The connection is gone: what was held comes again with the replay."""
        self.is_live = self.is_asking = False
        self.not_before = 0.0
        self.held.clear()
        self.target = self.last or 0

    def wanted(self) -> Range | None:
        """What has to be asked now; None while an answer is on its way and when nothing is missing."""
        if not self.is_live or self.is_asking:
            return None
        if self.last is None:
            return Range(FIRST_PAGE, before=self.start + 1)
        return Range(PAGE, after=self.last) if self.target > self.last else None

    def top(self, top: int) -> None:
        self.target = max(self.target, top)

    def push(self, entry: Entry) -> list[Entry]:
        """What can be shown now, in order."""
        self.target = max(self.target, entry.seq)
        if self.last is not None and entry.seq <= self.last:
            return []
        if len(self.held) < HELD_MAX:  # what does not fit is fetched: the target is known
            self.held[entry.seq] = entry
        return self._following([])

    def page(self, entries: tuple[Entry, ...]) -> list[Entry]:
        """What the answer to `wanted` makes showable, in order."""
        self.is_asking = False
        if self.last is None:
            fresh = [entry for entry in entries if entry.seq <= self.start]
            self.oldest = fresh[0].seq if fresh else self.start + 1
            self.last = self.start
        else:
            last = self.last
            fresh = [entry for entry in entries if entry.seq > last]
            if fresh:
                self.last = fresh[-1].seq
            else:
                self.target = self.last  # there is no more to be had now; the next push or top tries again
        return self._following(fresh)

    def _following(self, fresh: list[Entry]) -> list[Entry]:
        if self.last is None:
            return fresh
        while (entry := self.held.pop(self.last + 1, None)) is not None:
            fresh.append(entry)
            self.last = entry.seq
        for seq in [seq for seq in self.held if seq <= self.last]:
            del self.held[seq]
        return fresh
