"""Did the server keep its promises? Judged from what its clients saw and from the logs at the end (SECURITY 7.8).

One pass over the events in the order they were noted, then one over the final logs. A send without an answer, or
with `unavailable`, counts as "maybe": it may be in the log or not, but at most once and only as it was sent. An
entry that somebody asked to delete may be empty from then on; its place and its author stay.
Nothing here is shared with the server: what it proves, it proves from the outside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from unicodedata import normalize

from tests.history.model import (
    SYSTEM,
    UNKNOWN_OUTCOMES,
    Ack,
    Deletion,
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

REMOVAL_REACHES_WITHIN_S = 2.0


class Kind(StrEnum):
    MISSING = "a message that was acked or delivered is not in the log"
    CHANGED = "an acked message is not what was sent"
    GAP = "the log has a gap"
    DUPLICATE = "the log has one seq twice"
    REUSED = "one seq was given to two messages"
    STORED_TWICE = "one client id was stored twice"
    SKIPPED = "a receiver skipped"
    WENT_BACK = "a receiver went back without a resume"
    DIFFER = "two readers differ at one seq"
    REAL_TIME = "sent after another was acked or seen, numbered before it"
    REORDERED = "one socket's sends were stored in another order"
    NOBODY_SENT = "a message nobody sent"
    WRONG_AUTHOR = "a message under another author"
    EMPTIED = "an entry is empty that nobody deleted"
    STORED_THOUGH_REFUSED = "a message that was refused is in the log"
    AFTER_REMOVAL = "reading or writing more than 2 s after the right was lost"
    UNASKED = "an entry without a subscription, or an answer without a question"
    EPOCH = "the log has changed its epoch"


Evidence = Event | LogRow


@dataclass(frozen=True, slots=True)
class Violation:
    """`evidence`: the fewest events and rows that show it, in their order."""

    kind: Kind
    room: str
    seq: int
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.kind} (room {self.room}, seq {self.seq})", *(f"    {shown}" for shown in self.evidence)]
        )


def check(history: Iterable[Event], final_log: Iterable[LogRow]) -> list[Violation]:
    """Every promise that was broken, the one that takes least to show first. `final_log` holds every room that
    was written to, whole. Raises ValueError for a history that cannot be one: a socket that was never opened."""
    checker = _Checker()
    for event in history:
        checker.saw(event)
    checker.ended_with(list(final_log))
    return sorted(checker.violations.values(), key=lambda violation: len(violation.evidence))


def report(violations: Sequence[Violation], most: int = 10) -> str:
    """For the one who reads a failed run: how many, and the first few of each kind."""
    counts: dict[Kind, int] = {}
    lines = [f"{len(violations)} violations"]
    for violation in violations:
        counts[violation.kind] = counts.get(violation.kind, 0) + 1
        if counts[violation.kind] <= max(1, most // 5) and len(lines) <= most:
            lines.append(str(violation))
    return "\n".join([*lines, *(f"{count} × {kind}" for kind, count in counts.items())])


_Key = tuple[str, str, str]  # room, member, cid


@dataclass(slots=True)
class _Attempt:
    send: Send
    order: int
    answer: Ack | Refused | None = None

    @property
    def is_refused(self) -> bool:
        return isinstance(self.answer, Refused) and self.answer.code not in UNKNOWN_OUTCOMES


@dataclass(slots=True)
class _Message:
    """Every attempt at one client id. `before`: the highest entry that was known in the room when it was first
    sent, which it therefore must come after."""

    before: Ack | Receive | Read | None
    attempts: list[_Attempt] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)

    def stored_by(self) -> _Attempt | None:
        """The attempt that put it into the log; None where that cannot be told."""
        may: list[_Attempt] = []
        for attempt in self.attempts:
            if isinstance(attempt.answer, Ack):
                if not attempt.answer.dup:
                    return attempt
            elif not attempt.is_refused:
                may.append(attempt)
        return may[0] if len(may) == 1 else None


@dataclass(slots=True)
class _Reader:
    """What comes next on one socket for one room, and by what we know."""

    next: int
    since: Subscribed | Receive


class _Checker:
    def __init__(self) -> None:
        self.violations: dict[tuple[Kind, str, int, str], Violation] = {}
        self._order = 0
        self._opened: dict[str, Opened] = {}
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._attempts: dict[tuple[str, str], _Attempt] = {}
        self._messages: dict[_Key, _Message] = {}
        self._bodies: dict[tuple[str, str], dict[str, Send]] = {}
        self._highest: dict[str, Ack | Receive | Read] = {}
        self._acked: dict[tuple[str, int], Ack] = {}
        self._seen: dict[tuple[str, int], Receive | Read] = {}
        self._settled: list[tuple[Settled, _Reader | None]] = []
        self._removed: dict[tuple[str, str], Removed] = {}
        self._epochs: dict[str, Subscribed] = {}
        self._deletions: set[tuple[str, int]] = set()

    def _found(self, kind: Kind, room: str, seq: int, *evidence: Evidence, where: str = "") -> None:
        """Each fault once: `where` tells apart what is one fault on each socket."""
        self.violations.setdefault((kind, room, seq, where), Violation(kind, room, seq, evidence))

    # What clients saw

    def saw(self, event: Event) -> None:
        self._order += 1
        match event:
            case Receive():
                self._received(event)
            case Send():
                self._sent(event)
            case Ack():
                self._was_acked(event)
            case Read():
                self._read(event)
            case Subscribed():
                self._subscribed(event)
            case Opened():
                self._opened[event.socket] = event
            case Refused():
                attempt = self._attempts.get((event.socket, event.id))
                if attempt is None:
                    self._found(Kind.UNASKED, event.room, 0, event, where=event.socket)
                else:
                    attempt.answer = event
            case Unsubscribed():
                self._readers.pop((event.socket, event.room), None)
            case Disconnected():
                for place in [place for place in self._readers if place[0] == event.socket]:
                    del self._readers[place]
            case Deletion():
                self._deletions.add((event.room, event.seq))
            case Removed():
                self._removed[event.member, event.room] = event
            case Restored():
                self._removed.pop((event.member, event.room), None)
            case Settled():
                reader = self._readers.get((event.socket, event.room))
                self._settled.append((event, _Reader(reader.next, reader.since) if reader else None))

    def _member(self, socket: str) -> str:
        opened = self._opened.get(socket)
        if opened is None:
            raise ValueError(f"socket {socket} was never opened")
        return opened.member

    def _sent(self, send: Send) -> None:
        member = self._member(send.socket)
        message = self._messages.get((send.room, member, send.cid))
        if message is None:
            message = _Message(self._highest.get(send.room))
            self._messages[send.room, member, send.cid] = message
        attempt = _Attempt(send, self._order)
        message.attempts.append(attempt)
        self._attempts[send.socket, send.id] = attempt
        self._bodies.setdefault((send.room, normalize("NFC", send.body)), {}).setdefault(member, send)

    def _was_acked(self, ack: Ack) -> None:
        attempt = self._attempts.get((ack.socket, ack.id))
        if attempt is None or (attempt.send.room, attempt.send.cid) != (ack.room, ack.cid):
            self._found(Kind.UNASKED, ack.room, ack.seq, ack, where=ack.socket)
            return
        attempt.answer = ack
        member = self._member(ack.socket)
        message = self._messages[ack.room, member, ack.cid]
        for earlier in message.acks:
            if earlier.seq != ack.seq or (not earlier.dup and not ack.dup):
                self._found(Kind.STORED_TWICE, ack.room, ack.seq, earlier, ack)
        message.acks.append(ack)
        other = self._acked.setdefault((ack.room, ack.seq), ack)
        if (self._member(other.socket), other.cid) != (member, ack.cid):
            self._found(Kind.REUSED, ack.room, ack.seq, other, ack)
        self._in_real_time(message, ack.seq, ack)
        removed = self._removed.get((member, ack.room))
        if removed is not None and attempt.send.at > removed.at + REMOVAL_REACHES_WITHIN_S:
            self._found(Kind.AFTER_REMOVAL, ack.room, ack.seq, removed, attempt.send, ack)
        self._knows(ack)

    def _in_real_time(self, message: _Message, seq: int, shown: Ack | LogRow) -> None:
        before = message.before
        if before is not None and seq <= before.seq:
            self._found(Kind.REAL_TIME, shown.room, seq, before, message.attempts[0].send, shown)

    def _knows(self, event: Ack | Receive | Read) -> None:
        highest = self._highest.get(event.room)
        if highest is None or event.seq > highest.seq:
            self._highest[event.room] = event

    def _subscribed(self, event: Subscribed) -> None:
        self._member(event.socket)
        first = self._epochs.setdefault(event.room, event)
        if first.epoch != event.epoch:
            self._found(Kind.EPOCH, event.room, event.top, first, event)
        place = event.socket, event.room
        if event.after is None and place in self._readers:
            return  # again, and without `after`: it just answers
        start = event.top if event.after is None or event.reset else event.after
        self._readers[place] = _Reader(start + 1, event)

    def _received(self, event: Receive) -> None:
        reader = self._readers.get((event.socket, event.room))
        if reader is None:
            self._found(Kind.UNASKED, event.room, event.seq, event, where=event.socket)
        else:
            if event.seq > reader.next:
                self._found(Kind.SKIPPED, event.room, reader.next, reader.since, event, where=event.socket)
            elif event.seq < reader.next:
                self._found(Kind.WENT_BACK, event.room, event.seq, reader.since, event, where=event.socket)
            reader.next = event.seq + 1
            reader.since = event
        self._read(event)

    def _read(self, event: Receive | Read) -> None:
        removed = self._removed.get((self._member(event.socket), event.room))
        if removed is not None and event.at > removed.at + REMOVAL_REACHES_WITHIN_S:
            self._found(Kind.AFTER_REMOVAL, event.room, event.seq, removed, event, where=event.socket)
        place = event.room, event.seq
        first = self._seen.setdefault(place, event)
        if first is event:
            self._authored(event)
        elif _differ(first, event):
            self._found(Kind.DIFFER, event.room, event.seq, first, event)
        elif first.is_deleted and not event.is_deleted:
            self._seen[place] = event  # it tells more: the others are compared with it from here on
            self._authored(event)
        self._knows(event)

    def _authored(self, shown: Receive | Read | LogRow) -> None:
        """Somebody has sent it by now, and it is that one it is shown of."""
        if shown.is_deleted:
            if shown.body or (shown.room, shown.seq) not in self._deletions:
                self._found(Kind.EMPTIED, shown.room, shown.seq, shown)
            return
        if shown.type == SYSTEM:
            return
        senders = self._bodies.get((shown.room, shown.body))
        if not senders:
            self._found(Kind.NOBODY_SENT, shown.room, shown.seq, shown)
        elif shown.member not in senders:
            self._found(Kind.WRONG_AUTHOR, shown.room, shown.seq, next(iter(senders.values())), shown)

    # What the logs held in the end

    def ended_with(self, rows: list[LogRow]) -> None:
        rows.sort(key=lambda row: (row.room, row.seq))
        by_place = {(row.room, row.seq): row for row in rows}
        self._are_whole(rows)
        by_key = self._are_what_was_sent(rows)
        for place, ack in self._acked.items():
            if place not in by_place:
                self._found(Kind.MISSING, ack.room, ack.seq, ack)
        for place, seen in self._seen.items():
            row = by_place.get(place)
            if row is None:
                self._found(Kind.MISSING, seen.room, seen.seq, seen)
            elif _differ(seen, row):
                self._found(Kind.DIFFER, seen.room, seen.seq, seen, row)
        for key, message in self._messages.items():
            self._keeps_its_word(key, message, by_place, by_key.get(key))
        self._in_order_of_sockets(by_key)
        for settled, reader in self._settled:
            if reader is not None and reader.next <= settled.top:
                self._found(
                    Kind.SKIPPED, settled.room, reader.next, reader.since, settled, where=settled.socket
                )

    def _are_whole(self, rows: Sequence[LogRow]) -> None:
        before: LogRow | None = None
        for row in rows:
            if before is None or before.room != row.room:
                if row.seq != 1:
                    self._found(Kind.GAP, row.room, 1, row)
            elif row.seq == before.seq:
                self._found(Kind.DUPLICATE, row.room, row.seq, before, row)
            elif row.seq != before.seq + 1:
                self._found(Kind.GAP, row.room, before.seq + 1, before, row)
            before = row

    def _are_what_was_sent(self, rows: Sequence[LogRow]) -> dict[_Key, LogRow]:
        """The row of each client id, also where the row does not tell it and its body can only be one's."""
        cids_of: dict[tuple[str, str, str], set[str]] = {}
        for (room, member, cid), message in self._messages.items():
            for attempt in message.attempts:
                cids_of.setdefault((room, member, normalize("NFC", attempt.send.body)), set()).add(cid)
        found: dict[_Key, LogRow] = {}
        anonymous: dict[tuple[str, str, str], list[LogRow]] = {}
        for row in rows:
            if row.type == SYSTEM:
                continue
            self._authored(row)
            if row.is_deleted:
                continue  # whose it was is asked by its seq, where an ack has told that
            cid = row.cid
            cids = cids_of.get((row.room, row.member, row.body), set())
            if cid is None:
                same = anonymous.setdefault((row.room, row.member, row.body), [])
                same.append(row)
                if cids and len(same) > len(cids):
                    self._found(Kind.STORED_TWICE, row.room, row.seq, same[0], row)
                if len(cids) != 1:
                    continue
                cid = next(iter(cids))
            elif cids and cid not in cids:
                self._found(Kind.NOBODY_SENT, row.room, row.seq, row)
            key = row.room, row.member, cid
            first = found.setdefault(key, row)
            if first is not row:
                self._found(Kind.STORED_TWICE, row.room, row.seq, first, row)
        return found

    def _keeps_its_word(
        self, key: _Key, message: _Message, by_place: dict[tuple[str, int], LogRow], row: LogRow | None
    ) -> None:
        room, member, cid = key
        for attempt in message.attempts:
            if not isinstance(attempt.answer, Ack):
                continue
            stored = by_place.get((room, attempt.answer.seq))
            if stored is None:
                continue  # MISSING is told by then
            same_cid = stored.cid is None or stored.cid == cid
            same_body = stored.is_deleted or stored.body == normalize("NFC", attempt.send.body)
            if stored.member != member or not same_body or not same_cid:
                self._found(Kind.CHANGED, room, stored.seq, attempt.send, attempt.answer, stored)
        if row is None:
            return
        self._in_real_time(message, row.seq, row)
        same = [attempt for attempt in message.attempts if normalize("NFC", attempt.send.body) == row.body]
        if same and all(attempt.is_refused for attempt in same):
            refusal = same[0].answer
            assert isinstance(refusal, Refused)
            self._found(Kind.STORED_THOUGH_REFUSED, room, row.seq, same[0].send, refusal, row)

    def _in_order_of_sockets(self, by_key: dict[_Key, LogRow]) -> None:
        stored: dict[tuple[str, str], list[tuple[int, int, _Attempt]]] = {}
        for key, message in self._messages.items():
            attempt = message.stored_by()
            if attempt is None:
                continue
            seq = message.acks[0].seq if message.acks else by_key[key].seq if key in by_key else None
            if seq is not None:
                stored.setdefault((attempt.send.socket, key[0]), []).append((attempt.order, seq, attempt))
        for (socket, room), sends in stored.items():
            sends.sort(key=lambda send: send[0])
            highest = sends[0]
            for send in sends[1:]:
                if send[1] < highest[1]:
                    shown = [
                        where
                        for one in (highest, send)
                        if (
                            where := one[2].answer
                            or by_key.get((room, self._member(socket), one[2].send.cid))
                        )
                    ]
                    self._found(Kind.REORDERED, room, send[1], highest[2].send, send[2].send, *shown)
                else:
                    highest = send


def _differ(one: Receive | Read | LogRow, other: Receive | Read | LogRow) -> bool:
    """Of an entry that is empty by now, its author and its kind are all that can be compared."""
    if (one.member, one.type) != (other.member, other.type):
        return True
    return one.body != other.body and not (one.is_deleted or other.is_deleted)
