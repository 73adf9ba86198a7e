"""What a person sees: every event of the wire as lines on a screen, the open room's at once, the others' counted.

Rooms that were opened before are still followed; what came there is shown when they are opened again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pac.chat import events
from pac.chat.account import Server
from pac.chat.backoff import Turn
from pac.chat.directory import Directory
from pac.chat.events import Event
from pac.chat.frames import Entry, Membership
from pac.chat.printable import printable
from pac.chat.words import Words
from pac.language import translate

UNSEEN_MAX = 200
_ALSO_TOLD_BY_THE_ROOM = frozenset({"left", "kicked", "banned", "ended"})


class Screen(Protocol):
    """Where it is seen. Lines are printable already; whoever writes them makes sure once more."""

    def entries(self, entries: Sequence[Entry]) -> None:
        """Of the conversation, in order."""

    def notice(self, line: str) -> None:
        """A word of the client itself."""

    def changed(self) -> None:
        """The state that is always in sight may have changed."""


@dataclass(slots=True)
class View:
    """A room that was opened in this run."""

    unseen: deque[Entry] = field(default_factory=lambda: deque(maxlen=UNSEEN_MAX))
    unseen_count: int = 0
    own_top: int = 0
    """The seq of the latest own message that is known to be stored."""


class Showing:
    def __init__(self, words: Words, screen: Screen, directory: Directory, server: Server) -> None:
        self.views: dict[str, View] = {}
        self.current: str | None = None
        self.nickname = ""
        self.has_faults = False
        """Something was not sent, or a command came to nothing: a script should know."""
        self._words = words
        self._screen = screen
        self._directory = directory
        self._server = server
        self._closed: set[str] = set()
        """Rooms whose end was told, so that `membership` does not tell it again."""
        self._has_told_delay = False
        self._is_away = False
        self._changed = asyncio.Event()

    def turn_to(self, room: str, name: str) -> None:
        """From now on this room is shown, beginning with what came while it was not."""
        self.current = room
        self._closed.discard(room)
        view = self.views.get(room)
        if view is None:
            self.views[room] = View()
        else:
            self.notice(f"— {printable(name)} —")
            self._screen.entries(list(view.unseen))
            view.unseen.clear()
            view.unseen_count = 0
        self.tell_changed()

    def unseen_elsewhere(self) -> int:
        return sum(view.unseen_count for view in self.views.values())

    def current_name(self) -> str:
        return printable(self._directory.name(self.current)) if self.current else ""

    def told(self, event: Event) -> None:
        language = self._words.language
        match event:
            case events.Greeted(nickname=nickname):
                self.nickname = printable(nickname)
                if self._is_away:
                    self.notice(translate(language, "Connected again."))
                self._is_away = False
            case events.Lost():
                if not self._is_away or event.turn is not Turn.RETURN:  # every further attempt is no news
                    self.notice(self._words.lost(event, self._server.socket_url))
                self._is_away = True
            case events.SignInRefused(message=message):
                self.fault(printable(message))
            case events.Draining(wait_s=wait_s):
                self.notice(
                    translate(
                        language,
                        "The server goes down. Coming back in {seconds} s.",
                        seconds=max(1, round(wait_s)),
                    )
                )
            case events.RoomOpened(told=told, is_again=is_again):
                if not is_again:
                    self.notice(f"— {self._words.room_opened(self._directory.name(told.room), told)} —")
            case events.RoomRefused(room=room, code=code, message=message):
                self.fault(self._words.room_refused(self._directory.name(room), code, message))
                self._close(room)
            case events.RoomClosed(room=room, code=code):
                self.notice(self._words.room_closed(self._directory.name(room), code))
                self._close(room)
            case events.LogReplaced(room=room):
                if room in self.views:
                    self.views[room].own_top = 0
                self.notice(
                    translate(
                        language,
                        "The log of {room} was replaced, from a backup perhaps. What stands above may be void.",
                        room=printable(self._directory.name(room)),
                    )
                )
            case events.Entries(room=room, entries=shown):
                self._show(room, shown)
            case events.OlderEntries(room=room, entries=entries, more=more):
                self._show_older(room, entries, more)
            case events.OlderRefused(message=message):
                self.notice(printable(message))
            case events.Delivered(pending=pending, seq=seq):
                view = self.views.get(pending.room)
                if view is not None:
                    view.own_top = max(view.own_top, seq)
            case events.Delayed():
                if not self._has_told_delay:
                    self._has_told_delay = True
                    self.notice(
                        translate(
                            language, "The server asks for patience. What is written goes out as it allows."
                        )
                    )
            case events.NotSent():
                self.fault(self._words.not_sent(event))
            case events.MembershipChanged(membership=membership):
                self._tell_membership(membership)
        self.tell_changed()

    def _tell_membership(self, membership: Membership) -> None:
        room = membership.room
        if membership.change in _ALSO_TOLD_BY_THE_ROOM and (room in self.views or room in self._closed):
            self._closed.discard(room)
            return
        line = self._words.membership(self._directory.name(room), membership)
        if line:
            self.notice(line)

    def _show(self, room: str, entries: tuple[Entry, ...]) -> None:
        if room == self.current:
            self._screen.entries(entries)
        elif (view := self.views.get(room)) is not None:
            view.unseen.extend(entries)
            view.unseen_count += len(entries)

    def _show_older(self, room: str, entries: tuple[Entry, ...], more: bool) -> None:
        if room != self.current:
            return
        self.notice(translate(self._words.language, "— earlier —"))
        self._screen.entries(entries)
        self.notice(
            translate(self._words.language, "— until here; /older shows more —")
            if more
            else translate(self._words.language, "— until here; there is nothing earlier —")
        )

    def _close(self, room: str) -> None:
        self.views.pop(room, None)
        self._closed.add(room)
        if self.current == room:
            self.current = None

    def notice(self, *lines: str) -> None:
        for line in lines:
            self._screen.notice(line)

    def fault(self, line: str) -> None:
        self.has_faults = True
        self.notice(line)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds, looking again whenever something has changed."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    def tell_changed(self) -> None:
        self._changed.set()
        self._screen.changed()
