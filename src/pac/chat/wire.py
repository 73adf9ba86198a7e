"""The client's side of the protocol without a socket: frames and acts in, frames and events out.

Invariants: a body keeps its cid until it is answered (PROTOCOL, promise 2), and what is told of a room is its log
in order, without holes or repeats (promise 3), over any number of connections. Waits are times, not timers:
`due` says when `tick` has something to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from pac.chat import events
from pac.chat.backoff import Backoff, Turn, turn_after
from pac.chat.events import Event, Lost
from pac.chat.frames import (
    Drain,
    Entry,
    Error,
    Heard,
    Hello,
    History,
    Limits,
    Membership,
    Message,
    Ok,
    RoomTold,
    Send,
    Subscribe,
    Top,
    Unsubscribed,
    Welcome,
    heard,
    written,
)
from pac.chat.outbox import RETRY_S, Outbox, Pending, SendState
from pac.chat.room_log import FIRST_PAGE, RoomLog
from pac.clock import Clock
from pac.ids import IdSource

ANSWER_WITHIN_S = 10.0
"""`send` is answered within 5 s (promise 6); a line that is silent for twice that is dead."""

_PASSING = frozenset({"rate_limited", "unavailable"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A frame that waits for its answer."""

    until: float
    answered: Callable[[Ok | Error], None]


class Wire:
    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self.logs: dict[str, RoomLog] = {}
        self.outbox = Outbox()
        self.is_live = False
        self.is_dead = False
        """No answer came where one is due: whoever has the socket drops it."""
        self._clock = clock
        self._ids = ids
        self._backoff = Backoff(clock, ids)
        self._limits = Limits()
        self._asked: dict[str, _Asked] = {}
        self._number = 0
        self._retry_at: dict[str, float] = {}
        """Rooms whose subscription has to be asked again, and when."""
        self._greets_until: float | None = None
        self._frames: list[str] = []
        self._events: list[Event] = []

    def take_frames(self) -> list[str]:
        """What has to be written to the socket now, in order."""
        frames, self._frames = self._frames, []
        return frames

    def take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # What the socket does

    def connected(self, token: str) -> None:
        self.is_dead = False
        self._greets_until = self._clock.monotonic() + ANSWER_WITHIN_S
        self._frames = [written(Hello("hello", token))]

    def received(self, text: str | bytes) -> None:
        frame = heard(text)
        if frame is not None:
            self._take(frame)

    def closed(self, code: int | None, turn: Turn | None = None, at_least_s: float = 0.0) -> Lost:
        """The connection is gone, or there was none to be had: what to do about it, `turn` where that is known."""
        self.is_live = False
        self._greets_until = None
        self._frames.clear()
        self._asked.clear()
        self._retry_at.clear()
        for log in self.logs.values():
            log.lost()
        self.outbox.lost()
        for pending in self.outbox.all():
            if pending.room not in self.logs:
                self._give_up(pending, "unknown")
        lost = Lost(code, *self._backoff.next(turn or turn_after(code), at_least_s))
        self._events.append(lost)
        return lost

    def due(self) -> float | None:
        """Monotonic seconds at which `tick` has something to do."""
        times = [asked.until for asked in self._asked.values()]
        times += self._retry_at.values()
        if self._greets_until is not None:
            times.append(self._greets_until)
        if self.is_live:
            for log in self.logs.values():
                if log.is_live and (at := self.outbox.due(log.room)) is not None:
                    times.append(at)
                if log.wanted() is not None:
                    times.append(log.not_before)
        return min(times, default=None)

    def tick(self) -> None:
        now = self._clock.monotonic()
        waits = [asked.until for asked in self._asked.values()]
        if self._greets_until is not None:
            waits.append(self._greets_until)
        if any(until <= now for until in waits):
            self.is_dead = True
            return
        again = [room for room, at in self._retry_at.items() if at <= now]
        self._subscribe([room for room in again if room in self.logs])
        for room in again:
            self._retry_at.pop(room, None)
        for log in self.logs.values():
            self._go_on(log)

    # What a person does

    def open(self, room: str) -> None:
        """Follow this room; a room that is followed already is left as it is."""
        if room not in self.logs:
            self.logs[room] = RoomLog(room)
            if self.is_live:
                self._subscribe([room])

    def say(self, room: str, body: str) -> Pending:
        """It is pending until Delivered or NotSent is told of it. Ask `outbox.is_full` first."""
        pending = Pending(room, self._ids.uuid7(self._clock.now()), body)
        self.outbox.add(pending)
        log = self.logs.get(room)
        if log is not None:
            self._go_on(log)
        return pending

    def older(self, room: str) -> bool:
        """Ask for the page before the first entry shown; False when there is none, or no connection."""
        log = self.logs.get(room)
        if not self.is_live or log is None or log.last is None or log.oldest <= 1:
            return False

        def answered(answer: Ok | Error) -> None:
            if isinstance(answer, Error):
                self._events.append(events.OlderRefused(room, answer.message))
                return
            page = tuple(entry for entry in answer.messages if entry.seq < log.oldest)
            log.oldest = page[0].seq if page else 1
            self._events.append(events.OlderEntries(room, page, log.oldest > 1 and answer.more))

        number = self._ask(answered)
        self._write(History(number, room, before=log.oldest, limit=FIRST_PAGE))
        return True

    # What the server says

    def _take(self, frame: Heard) -> None:
        match frame:
            case Welcome():
                self._welcomed(frame)
            case Ok() | Error():
                asked = self._asked.pop(frame.id, None)
                if asked is not None:
                    asked.answered(frame)
            case Message(room=room):
                log = self.logs.get(room)
                if log is not None and log.is_live:
                    self._show(log, log.push(frame))
            case Top(room=room, top=top, epoch=epoch):
                log = self.logs.get(room)
                if log is not None and log.is_live:
                    if epoch and log.epoch is not None and epoch != log.epoch:
                        self._subscribe([room])  # its answer says what became of the log
                    else:
                        log.top(top)
                        self._go_on(log)
            case Membership():
                self._events.append(events.MembershipChanged(frame))
            case Unsubscribed(room=room, code=code):
                self._events.append(events.RoomClosed(room, code))
                self._drop(room, code)
            case Drain(reconnect_in_ms=wait_ms):
                self._backoff.told(wait_ms / 1_000)
                self._events.append(events.Draining(wait_ms / 1_000))
            case _:
                assert_never(frame)

    def _welcomed(self, frame: Welcome) -> None:
        self.is_live = True
        self._greets_until = None
        self._limits = frame.limits
        self._backoff.welcomed()
        self._events.append(events.Greeted(frame.member.nickname))
        self._subscribe(list(self.logs))

    def _subscribe(self, rooms: list[str]) -> None:
        if not rooms:
            return

        def answered(answer: Ok | Error) -> None:
            if isinstance(answer, Error):
                for room in rooms:
                    self._refused(room, answer.code, answer.message, answer.retry_after_ms)
                return
            for told in answer.rooms:
                if isinstance(told, RoomTold):
                    self._subscribed(told)

        number = self._ask(answered)
        self._write(Subscribe(number, tuple(self.logs[room].cursor() for room in rooms)))

    def _subscribed(self, told: RoomTold) -> None:
        log = self.logs.get(told.room)
        if log is None:
            return
        if told.code is not None:
            self._refused(told.room, told.code, told.message, told.retry_after_ms)
            return
        is_again = log.epoch is not None
        if log.subscribed(told):
            self._events.append(events.LogReplaced(told.room))
        self._events.append(events.RoomOpened(told, is_again))
        self._go_on(log)

    def _refused(self, room: str, code: str, message: str, retry_after_ms: int | None) -> None:
        if room not in self.logs:
            return
        if retry_after_ms is not None or code in _PASSING:
            wait_s = RETRY_S if retry_after_ms is None else retry_after_ms / 1_000
            self._retry_at[room] = self._clock.monotonic() + wait_s
            return
        self._events.append(events.RoomRefused(room, code, message))
        self._drop(room, code, message)

    def _drop(self, room: str, code: str, message: str = "") -> None:
        """The room is no longer followed. What waits for it is not sent; what is on its way is still answered."""
        self.logs.pop(room, None)
        self._retry_at.pop(room, None)
        for pending in self.outbox.all():
            if pending.room == room and pending.state is not SendState.SENDING:
                self._give_up(pending, code, message)

    def _go_on(self, log: RoomLog) -> None:
        """Ask for what is missing in the log, and send what is next."""
        now = self._clock.monotonic()
        if not (self.is_live and log.is_live):
            return
        wanted = log.wanted()
        if wanted is not None and log.not_before <= now:
            log.is_asking = True
            number = self._ask(lambda answer: self._paged(log, answer))
            self._write(History(number, log.room, wanted.before, wanted.after, wanted.limit))
        while (pending := self.outbox.next(log.room, now)) is not None:
            if self._sent(pending):
                return

    def _paged(self, log: RoomLog, answer: Ok | Error) -> None:
        if self.logs.get(log.room) is not log:
            return
        if isinstance(answer, Ok):
            self._show(log, log.page(answer.messages))
            return
        log.is_asking = False
        wait_s = ANSWER_WITHIN_S if answer.retry_after_ms is None else answer.retry_after_ms / 1_000
        log.not_before = self._clock.monotonic() + wait_s

    def _show(self, log: RoomLog, entries: list[Entry]) -> None:
        if entries:
            self._events.append(events.Entries(log.room, tuple(entries)))
        self._go_on(log)

    def _sent(self, pending: Pending) -> bool:
        """Whether it is on its way; False when no server could take it."""
        number = str(self._number + 1)
        text = written(Send(number, pending.room, pending.cid, pending.body))
        if len(pending.body) > self._limits.body or len(text.encode()) > self._limits.frame:
            self._give_up(pending, "too_large", limit=self._limits.body)
            return False

        def answered(answer: Ok | Error) -> None:
            now = self._clock.monotonic()
            log = self.logs.get(pending.room)
            if isinstance(answer, Ok):
                self.outbox.forget(pending)
                self._events.append(events.Delivered(pending, answer.seq))
            elif log is not None and self.outbox.refused(pending, answer, now):
                self._events.append(events.Delayed(pending, pending.not_before - now))
                if answer.code == "not_subscribed":
                    self._subscribe([pending.room])
            else:
                self._give_up(pending, answer.code, answer.message)
            if log is not None:
                self._go_on(log)

        pending.state = SendState.SENDING
        self._ask(answered)
        self._write(text)
        return True

    def _give_up(self, pending: Pending, code: str, message: str = "", limit: int | None = None) -> None:
        self.outbox.forget(pending)
        self._events.append(events.NotSent(pending, code, message, limit))

    def _ask(self, answered: Callable[[Ok | Error], None]) -> str:
        self._number += 1
        number = str(self._number)
        self._asked[number] = _Asked(self._clock.monotonic() + ANSWER_WITHIN_S, answered)
        return number

    def _write(self, frame: Subscribe | History | str) -> None:
        self._frames.append(frame if isinstance(frame, str) else written(frame))
