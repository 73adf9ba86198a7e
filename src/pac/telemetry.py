"""Names of log events and metrics, each once, and how they are set up.

A log line is an event name with fields. Bodies, passwords, tokens, cookies and whole addresses never are
(SECURITY 6.3, 10.2); the handler drops fields that carry such names, whoever logs them.
"""

import atexit
import logging
import queue
import sys
import threading
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict, WrappedLogger

log: structlog.stdlib.BoundLogger = structlog.get_logger("pac")

# Accounts
SIGN_UP = "account.signed_up"
SIGN_IN_OK = "signin.ok"
SIGN_IN_FAILED = "signin.failed"
SIGN_IN_THROTTLED = "signin.throttled"
SIGN_UP_THROTTLED = "signup.throttled"
SIGN_OUT = "signin.ended"
PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - the name of an event
ADMIN_CHANGED = "admin.changed"
# Requests
CROSS_SITE = "request.cross_site"
ORIGIN_REFUSED = "socket.origin_refused"
DENIED = "access.denied"
REQUEST_FAILED = "request.failed"
# Rooms
ROOM_CREATED = "room.created"
ROOM_ENDED = "room.ended"
# Sockets
SOCKET_OPENED = "socket.opened"
SOCKET_CLOSED = "socket.closed"
FRAME_REFUSED = "socket.frame_refused"
COMMAND_FAILED = "socket.command_failed"
OUTBOX_OVERFLOWED = "outbox.overflowed"
OUTBOX_STUCK = "outbox.stuck"
OVERLOADED = "node.overloaded"
# The log
LOG_APPEND_FAILED = "log.append_failed"
LOG_FENCED = "log.fenced"
LOG_RECOVERED = "log.recovered"
# The process
STARTED = "process.started"
DRAINING = "process.draining"
STOPPED = "process.stopped"
STORE_UNAVAILABLE = "store.unavailable"
TASK_FAILED = "task.failed"
LISTENER_FAILED = "listener.failed"
SETTING_UNKNOWN = "setting.unknown"
PLAIN_HTTP = "http.unencrypted"
NOT_ACCEPTED = "http.not_accepted"

QUEUE_LINES = 10_000
CLOSE_WITHIN_S = 2.0
_SECRET = ("password", "token", "secret", "cookie", "authorization", "body", "session_id", "email")

registry = CollectorRegistry()
connections = Gauge("pac_connections", "Sockets that are open", registry=registry)
members_online = Gauge("pac_members_online", "Members with at least one socket", registry=registry)
subscriptions = Gauge("pac_subscriptions", "Rooms read by sockets of this node", registry=registry)
messages_appended = Counter("pac_messages_appended", "Log entries made durable", registry=registry)
append_seconds = Histogram(
    "pac_append_seconds",
    "Time from handing a batch to the log until it is durable",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
    registry=registry,
)
append_batch_messages = Histogram(
    "pac_append_batch_messages",
    "Messages per batch",
    buckets=(1, 2, 5, 10, 50, 100, 500, 1000),
    registry=registry,
)
guests = Gauge("pac_guests", "Open sockets of guests", registry=registry)
deliveries = Counter("pac_deliveries", "Log entries handed to sockets", registry=registry)
queries = Counter(
    "pac_queries", "Queries made for all who waited to ask the same, by what", ["what"], registry=registry
)
replays = Counter(
    "pac_replays",
    "Pages of missed log entries that were taken from a room's ring, or asked of the log for all who waited",
    ["source"],
    registry=registry,
)
ring_bytes = Gauge("pac_ring_bytes", "Newest log entries kept for those who come back", registry=registry)
frames_refused = Counter("pac_frames_refused", "Frames refused, by error code", ["code"], registry=registry)
sockets_closed = Counter("pac_sockets_closed", "Sockets closed, by close code", ["code"], registry=registry)
outbox_overflows = Counter(
    "pac_outbox_overflows", "Slow readers switched from live frames to the log", registry=registry
)
http_requests = Counter(
    "pac_http_requests", "HTTP requests, by method and status", ["method", "status"], registry=registry
)
passwords_hashed = Counter("pac_passwords_hashed", "Argon2 computations", registry=registry)
loop_lag = Gauge("pac_loop_lag_seconds", "How late the event loop is, moving average", registry=registry)
tasks = Gauge(
    "pac_tasks", "Tasks of the event loop: as many when all have left as before they came", registry=registry
)
door_accepted = Counter("pac_door_accepted", "Connections accepted", registry=registry)
door_refused = Counter(
    "pac_door_refused",
    "Upgrades refused before 101, and whoever waited too long, by HTTP status",
    ["status"],
    registry=registry,
)
door_waiting = Gauge(
    "pac_door_waiting",
    "Connections, requests and greetings that wait for their turn at the door",
    registry=registry,
)
log_lines_dropped = Counter("pac_log_lines_dropped", "Log lines nobody could take in time", registry=registry)
listener_failures = Counter("pac_listener_failures", "Event listeners that raised", registry=registry)


def without_secrets(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    """Drop what must never be logged, by name, whoever passed it (SECURITY 6.3)."""
    for name in list(fields):
        if name != "event" and any(secret in name.lower() for secret in _SECRET):
            fields[name] = "[redacted]"
    return fields


class _NeverWaiting(logging.Handler):
    """Hands lines to a thread that writes them: a full disk or a pipe nobody reads stops no chat (SECURITY 10.4).

    QUEUE_LINES may wait; what comes beyond is dropped and counted.
    """

    def __init__(self, target: logging.Handler) -> None:
        super().__init__()
        self.target = target
        self._lines: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_LINES)
        self._thread = threading.Thread(target=self._write, name="pac-log-lines", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            log_lines_dropped.inc()

    def close(self) -> None:
        """Ends when what waits is written, or after a moment."""
        atexit.unregister(self.close)
        with suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(CLOSE_WITHIN_S)
        super().close()

    def _write(self) -> None:
        while (record := self._lines.get()) is not None:
            try:
                self.target.handle(record)
            except Exception:  # noqa: BLE001 - the edge of a thread: whatever a line cannot do, the next may
                log_lines_dropped.inc()


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    """Send every log line, ours and the libraries', to standard error: JSON for machines, columns for people.

    JSON escapes every control character of a value, so user text cannot forge a line (SECURITY 5.10).
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=True)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _NeverWaiting(logging.StreamHandler(sys.stderr))
    handler.target.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.raiseExceptions = False  # a line that cannot be written is no reason to write another
    root = logging.getLogger()
    for old in root.handlers:
        old.close()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # One line per accepted socket is ours to write (socket.opened), with fields that are ours to choose.
    for name in ("uvicorn.access", "uvicorn.error", "aiosqlite", "sqlalchemy.engine", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It calls a stranger's broken frame an error, each of them: ours is frame.refused, sampled.
    logging.getLogger("picows").setLevel(logging.CRITICAL)
