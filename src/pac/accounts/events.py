"""What happened to accounts and their sessions."""

from dataclasses import dataclass

from pac.transactions import Event


@dataclass(frozen=True, slots=True)
class AccountsChanged(Event):
    """Somebody was locked, unlocked or given another role; the change feed has the row."""


@dataclass(frozen=True, slots=True)
class Audited(Event):
    """A line was added to the audit log; this tells it to the log of the process."""

    event: str
    actor: str
    room: str = ""
    target: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A session was signed out or revoked; the session store has the row."""

    session_key: str
