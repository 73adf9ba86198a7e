"""One socket as a state machine: frames, ticks and answers in; effects out. No socket, no clock, no store.

It decides what may be said when: `hello` first, one frame after the other, so often and no oftener. What a
frame asks for is done by its command (live/commands); a command that waits for a store makes the frames behind
it wait too, so that a client's frames take effect in the order it sent them.
"""

from collections import deque
from enum import Enum, auto

from msgspec import UNSET, Struct

from pac import telemetry
from pac.accounts.model import Actor
from pac.accounts.sessions import SessionKey
from pac.clock import Instant
from pac.errors import BadRequest, PacError, RateLimited, Refusal, SlowMode
from pac.language import Language, words_of
from pac.limits.limiter import gcra
from pac.limits.rules import Limits
from pac.live.dialect import PAC_V2, Dialect
from pac.live.disconnects import REASONS, Disconnect
from pac.live.effects import Drop, Effect, Hangup, Perform, Reading
from pac.live.frames import FrameReader, Opcode, Violation, check_close, close_frame, framed
from pac.live.handshake import Admission
from pac.live.outbox import STUCK_AFTER_S, Outbox, Verdict
from pac.live.protocol import Error, NotAnObject
from pac.live.security import MALFORMED, note_refusal, note_violation
from pac.live.subscriptions import Subscription
from pac.messages.model import Cid
from pac.rooms.model import RoomId

HELLO_WITHIN_S = 10.0
PING_EVERY_S = 25.0
PING_JITTER = (0.8, 1.0)
"""Downwards only: with the wait for the pong and the grace of presence, who is gone is told so within 40 s (3.10)."""
PONG_WITHIN_S = 10.0
FRAME_WITHIN_S = 10.0
BAD_FRAMES_MAX = 10
BAD_FRAMES_IN_S = 10.0
REFUSALS_IN_S = 60.0
INBOX_FRAMES = 256
INBOX_BYTES = 262_144


class State(Enum):
    NEW = auto()
    """Nothing but the greeting is heard: `hello`, or what says it in another dialect."""
    GREETING = auto()
    """The greeting is being judged."""
    OPEN = auto()
    CLOSING = auto()
    """Our close frame is out; nothing is read or sent any more."""


class Connection:
    __slots__ = (
        "_arrival",
        "_bad_frames",
        "_frames",
        "_inbox",
        "_inbox_bytes",
        "_limits",
        "_paused",
        "_ping_at",
        "_ping_every",
        "_pong_by",
        "_refusals",
        "actor",
        "admission",
        "busy",
        "catching_up",
        "dialect",
        "frame_since",
        "id",
        "in_flight",
        "opened_at",
        "outbox",
        "session_ends_at",
        "session_key",
        "state",
        "subscriptions",
    )

    def __init__(
        self,
        admission: Admission,
        limits: Limits,
        outbox: Outbox[Subscription],
        *,
        id: str,  # noqa: A002 - it is what it is
        ping_every: float,
        now: float,
        dialect: Dialect = PAC_V2,
    ) -> None:
        """`ping_every`: seconds between pings, PING_EVERY_S with this connection's jitter in it."""
        self.id = id
        self.admission = admission
        self.outbox = outbox
        self.dialect = dialect
        self.state = State.NEW
        self.actor: Actor | None = None
        self.session_key: SessionKey | None = None
        self.session_ends_at: Instant | None = None
        self.subscriptions: dict[RoomId, Subscription] = {}
        self.in_flight: set[tuple[RoomId, Cid]] = set()
        """Sends without their answer yet: `ok` comes before the push, also when the push is read from the log."""
        self.busy = False
        self.catching_up = False
        self.opened_at = now
        self.frame_since: float | None = None
        """When the first byte of a frame came whose last has not."""
        self._limits = limits
        self._frames = FrameReader(limits.frame_bytes)
        # Three queues hardly any connection ever has; an empty deque is 760 bytes.
        self._inbox: deque[bytes] | None = None
        self._inbox_bytes = 0
        self._paused = False
        self._arrival = now
        self._bad_frames: deque[float] | None = None
        self._refusals: deque[float] | None = None
        self._ping_every = ping_every
        self._ping_at = now + ping_every
        self._pong_by: float | None = None

    @property
    def language(self) -> Language:
        return self.admission.language

    @property
    def is_live(self) -> bool:
        return self.state is State.OPEN

    # Frames in

    def receive(self, opcode: int, fin: bool, reserved: bool, payload: bytes, now: float) -> list[Effect]:
        """One frame as the parser gives it: unmasked, its size bounded, nothing else checked."""
        if self.state is State.CLOSING:
            # RFC 6455 §5.5.1: what comes after a close is ignored, but for the peer's own close (§7.1.1).
            return [Drop()] if opcode == Opcode.CLOSE else []
        try:
            if reserved:
                raise Violation(Disconnect.PROTOCOL_ERROR)  # no extension was negotiated (RFC 6455 §5.2)
            match opcode:
                case Opcode.CLOSE:
                    check_close(payload)
                    return self.hang_up(Disconnect.NORMAL)
                case Opcode.PING:
                    self._frames.control(now)
                    return self._verdict(self.outbox.answer(framed(Opcode.PONG, payload)))
                case Opcode.PONG:
                    self._frames.control(now)
                    self._pong_by = None
                    return []
                case _:
                    text = self._frames.text(opcode, fin, payload)
        except Violation as violation:
            note_violation(self, violation.code)
            said_goodbye: list[Effect] = (
                [Drop()] if opcode == Opcode.CLOSE else []
            )  # in a wrong way: no more comes
            return self.hang_up(violation.code) + said_goodbye
        if text is None:
            return []
        self.frame_since = None
        return self._take(text, now)

    def read(self, now: float, *, whole: bool) -> None:
        """After each read: `whole` says that no part of a frame is left over. A message has FRAME_WITHIN_S
        from its first byte to its last (SECURITY 3.6)."""
        if whole and not self._frames.in_fragments:
            self.frame_since = None
        elif self.frame_since is None:
            self.frame_since = now

    def performed(self, now: float) -> list[Effect]:
        """A command that had to wait is done: handle the frames behind it."""
        self.busy = False
        effects: list[Effect] = []
        while self._inbox and not self.busy and self.state is not State.CLOSING:
            payload = self._inbox.popleft()
            self._inbox_bytes -= len(payload)
            if not self._inbox:
                self._inbox = None
            effects += self._handle(payload, now)
        if self._paused and not self.busy:
            self._paused = False
            effects.append(Reading.RESUME)
        return effects

    def _take(self, payload: bytes, now: float) -> list[Effect]:
        if not self.busy:
            return self._handle(payload, now)
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append(payload)
        self._inbox_bytes += len(payload)
        if not self._paused and (len(self._inbox) >= INBOX_FRAMES or self._inbox_bytes >= INBOX_BYTES):
            self._paused = True
            return [Reading.PAUSE]
        return []

    def _handle(self, payload: bytes, now: float) -> list[Effect]:
        frame_id: str | None = None
        room: str | None = None
        dialect = self.dialect
        whole = dialect.whole(payload)
        try:
            if whole is not None:
                op, request = whole
            else:
                envelope = dialect.envelope(payload)
                op = envelope.op
                frame_id = None if envelope.id is UNSET else envelope.id
                room = None if envelope.room is UNSET or len(envelope.room) > 64 else envelope.room
            if self.state is not State.OPEN and op != dialect.greeting:
                return self.hang_up(Disconnect.BAD_FRAMES)
            self._spend_op(now)
            if whole is None:
                request = dialect.request(op, payload)
            if self.state is State.OPEN and op == dialect.greeting and dialect.greets_once:
                raise BadRequest(f"{op}: it was said before")
        except NotAnObject:
            return self.hang_up(Disconnect.BAD_FRAMES)
        except Refusal as refusal:
            if whole is not None:
                frame_id, room = getattr(request, "id", None), getattr(request, "room", None)
            return self.refuse(refusal, now, frame_id=frame_id, room=room)
        if self.state is State.NEW:
            self.state = State.GREETING
        self.busy = True  # until the command says it answered at once, or `performed` is called
        return [Perform(op, request)]

    def _spend_op(self, now: float) -> None:
        passes, value = gcra(self._arrival, now, self._limits.ops, 1)
        if not passes:
            raise RateLimited(max(1, round(value * 1_000 + 0.5)))
        self._arrival = value

    # Frames out

    def answer(self, frame: Struct) -> list[Effect]:
        """A frame that must reach the client as long as the socket lives, in its words if it has any for it."""
        if self.state is State.CLOSING:
            return []
        said = self.dialect.frame(frame)
        if isinstance(said, Disconnect):
            return self.hang_up(said)
        return [] if said is None else self._verdict(self.outbox.answer(framed(Opcode.TEXT, said)))

    def tell(self, framed_bytes: bytes) -> list[Effect]:
        """As answer, for a frame that is the same bytes for many: another dialect has no words for those."""
        if self.state is State.CLOSING or self.dialect is not PAC_V2:
            return []
        return self._verdict(self.outbox.answer(framed_bytes))

    def push(self, framed_bytes: bytes) -> None:
        """A frame that may be lost: typing, presence, top. The same bytes for every reader, as in `tell`."""
        if self.state is State.OPEN and self.dialect is PAC_V2:
            self.outbox.ephemeral(framed_bytes)

    def refuse(
        self, refusal: PacError, now: float, *, frame_id: str | None = None, room: str | None = None
    ) -> list[Effect]:
        """Say no in the member's language, and count: bad frames towards 4500, rate refusals towards 4012."""
        code = getattr(refusal, "code", "unavailable")
        telemetry.frames_refused.labels(code).inc()
        note_refusal(self, code, room)
        effects = self.answer(
            Error(
                code=code,
                message=words_of(refusal, self.language),  # type: ignore[arg-type]
                id=frame_id,
                room=room,
                retry_after_ms=getattr(refusal, "retry_after_ms", None),
            )
        )
        if code in MALFORMED:
            if self._bad_frames is None:
                self._bad_frames = deque(maxlen=BAD_FRAMES_MAX)
            if self._tenth(self._bad_frames, now, BAD_FRAMES_IN_S):
                return effects + self.hang_up(Disconnect.BAD_FRAMES)
        elif isinstance(refusal, RateLimited | SlowMode):
            return effects + self.count_refusal(now)
        return effects

    def count_refusal(self, now: float) -> list[Effect]:
        """One more rate refusal; the hundredth in a minute ends the connection."""
        if self._refusals is None:
            self._refusals = deque(maxlen=self._limits.refusals_per_min)
        return (
            self.hang_up(Disconnect.TOO_MANY_REFUSALS)
            if self._tenth(self._refusals, now, REFUSALS_IN_S)
            else []
        )

    def hang_up(self, code: Disconnect) -> list[Effect]:
        """Close with this code; closing twice does nothing."""
        if self.state is State.CLOSING:
            return []
        self.state = State.CLOSING
        self.outbox.close()
        self._inbox = None
        self._inbox_bytes = 0
        return [Hangup(code, close_frame(code, REASONS[code]))]

    def _verdict(self, verdict: Verdict) -> list[Effect]:
        return self.hang_up(Disconnect.SLOW_CONSUMER) if verdict is Verdict.SLOW else []

    @staticmethod
    def _tenth(times: deque[float], now: float, within: float) -> bool:
        times.append(now)
        return len(times) == times.maxlen and now - times[0] <= within

    # Time

    def deadline(self) -> float:
        """When `tick` has something to do next, seconds on the monotonic clock."""
        deadlines = [self._ping_at if self._pong_by is None else self._pong_by]
        if self.state in (State.NEW, State.GREETING):
            deadlines.append(self.opened_at + HELLO_WITHIN_S)
        if self.frame_since is not None:
            deadlines.append(self.frame_since + FRAME_WITHIN_S)
        if self.outbox.full_since is not None:
            deadlines.append(self.outbox.full_since + STUCK_AFTER_S)
        return min(deadlines)

    def tick(self, now: float) -> list[Effect]:
        if self.state is State.CLOSING:
            return []
        if self.state in (State.NEW, State.GREETING) and now >= self.opened_at + HELLO_WITHIN_S:
            return self.hang_up(Disconnect.HELLO_TIMEOUT)
        if self.frame_since is not None and now >= self.frame_since + FRAME_WITHIN_S:
            return self.hang_up(Disconnect.POLICY)
        if self.outbox.is_stuck(now):
            telemetry.log.info(telemetry.OUTBOX_STUCK, queued_bytes=self.outbox.queued_bytes)
            return self.hang_up(Disconnect.SLOW_CONSUMER)
        if self._pong_by is not None and now >= self._pong_by:
            return self.hang_up(Disconnect.PING_TIMEOUT)
        if self._pong_by is None and now >= self._ping_at:
            self._pong_by = now + PONG_WITHIN_S
            self._ping_at = now + self._ping_every
            return self._verdict(self.outbox.answer(framed(Opcode.PING, b"")))
        return []
