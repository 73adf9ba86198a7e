"""What a person does, wherever it is shown: rooms are listed, opened, joined and left, lines are sent.

One room is open; a line that is no command is sent there.
"""

import asyncio
from contextlib import suppress

from pac.chat.account import Account, CallRefused, RoomRow, Server, ServerAway
from pac.chat.directory import Directory
from pac.chat.outbox import Pending
from pac.chat.printable import printable
from pac.chat.session import Session
from pac.chat.showing import Screen, Showing
from pac.chat.wire import Wire
from pac.chat.words import Words
from pac.clock import Clock
from pac.ids import IdSource
from pac.language import Language, translate

LEFT_WITHIN_S = 3.0
"""`unsubscribed` follows a leave within 2 s (PROTOCOL, promise 5)."""


class Conversation:
    def __init__(
        self,
        server: Server,
        account: Account,
        language: Language,
        screen: Screen,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self.is_over = False
        self.language = language
        self._account = account
        self._directory = Directory(account)
        self._words = Words(language)
        self._wire = Wire(clock, ids)
        self.seen = Showing(self._words, screen, self._directory, server)
        self.session = Session(server, account, self._wire, clock, language, self.seen.told)
        self._wanted: str | None = None
        """The room last asked for, open or not: the one `/join` means."""

    async def entered(self, line: str) -> None:
        text = line.strip()
        if not text:
            return
        if not text.startswith("/") or text.startswith("//"):
            self.send(line.removeprefix("/") if text.startswith("//") else line)
            return
        verb, _, argument = text.partition(" ")
        argument = argument.strip()
        try:
            match verb:
                case "/rooms":
                    await self.list_rooms(argument)
                case "/open":
                    await self.open(argument)
                case "/join":
                    await self.join(argument)
                case "/leave":
                    await self.leave()
                case "/older":
                    self.older()
                case "/help":
                    self.seen.notice(*self._words.help())
                case "/quit":
                    self.is_over = True
                    self.seen.tell_changed()
                case _:
                    self.seen.fault(
                        translate(
                            self.language,
                            "There is no command {verb}. /help lists them.",
                            verb=printable(verb),
                        )
                    )
        except CallRefused as refusal:
            self.seen.fault(printable(refusal.words))
        except ServerAway:
            self.seen.fault(translate(self.language, "The server does not answer. Try again in a moment."))

    def send(self, body: str) -> None:
        if self.seen.current is None:
            self._say_nothing_is_open()
        elif self._wire.outbox.is_full:
            self.seen.fault(translate(self.language, "Too much waits to be sent already. Wait a moment."))
        else:
            whole = body.encode(
                "utf-8", "replace"
            ).decode()  # half a character, from a terminal of another encoding
            self._wire.say(self.seen.current, whole)
            self.session.stir()
            self.seen.tell_changed()

    def _say_nothing_is_open(self) -> None:
        self.seen.fault(translate(self.language, "No room is open. /rooms lists them, /open N opens one."))

    async def list_rooms(self, query: str = "") -> None:
        language = self.language
        mine, others, has_more = await self._directory.listed(query)
        if mine:
            self.seen.notice(translate(language, "My rooms"))
        self._list(mine, 1)
        if others:
            self.seen.notice(translate(language, "Lobby"))
        self._list(others, len(mine) + 1)
        if not mine and not others:
            self.seen.notice(
                translate(language, "No room is called “{query}”.", query=printable(query))
                if query
                else translate(language, "There is no room yet. Make the first one.")
            )
        if has_more:
            self.seen.notice(translate(language, "There are more rooms: /rooms WORDS searches them."))

    def _list(self, rows: list[RoomRow], first: int) -> None:
        for number, row in enumerate(rows, first):
            view = self.seen.views.get(row.room_id)
            self.seen.notice(self._words.room_row(number, row, view.unseen_count if view else 0))

    async def open(self, target: str) -> None:
        row = await self._directory.found(target)
        if row is None:
            self.seen.fault(translate(self.language, "No room is called “{query}”.", query=printable(target)))
            return
        self._open(row.room_id, row.name)

    def _open(self, room: str, name: str) -> None:
        self._wanted = room
        self.seen.turn_to(room, name)
        self._wire.open(room)
        self.session.stir()
        self.seen.tell_changed()

    async def join(self, target: str) -> None:
        language = self.language
        row = await self._directory.found(target) if target else None
        room = row.room_id if row else self._wanted
        if (target and row is None) or room is None:
            self.seen.fault(translate(language, "No room is called “{query}”.", query=printable(target)))
            return
        name = row.name if row else self._directory.name(room)
        try:
            is_in = await self._account.join(room)
        except CallRefused as refusal:
            if refusal.status != 409:
                raise
            self.seen.notice(
                printable(refusal.words)
            )  # a member already, or the room is full: opening it tells
            is_in = True
        if is_in:
            self._open(room, name)
        else:
            self.seen.notice(translate(language, "You asked to be let into {room}.", room=printable(name)))

    async def leave(self) -> None:
        if self.seen.current is None:
            self._say_nothing_is_open()
        else:
            room = self.seen.current
            await self._account.leave(room)
            with suppress(TimeoutError):  # away from the server the next subscription is refused, and told
                async with asyncio.timeout(LEFT_WITHIN_S):
                    await self.seen.until(lambda: room not in self.seen.views)

    def older(self) -> None:
        if self.seen.current is None:
            self._say_nothing_is_open()
        elif not self.is_connected:
            self.seen.notice(translate(self.language, "not connected"))
        elif not self._wire.older(self.seen.current):
            self.seen.notice(translate(self.language, "There is nothing earlier here."))
        self.session.stir()

    # How far it is

    @property
    def is_connected(self) -> bool:
        return self._wire.is_live

    def pending(self) -> list[Pending]:
        """Written and not acknowledged, in the open room."""
        return list(self._wire.outbox.lanes.get(self.seen.current or "", ()))

    @property
    def waits(self) -> list[Pending]:
        """The same in all rooms."""
        return self._wire.outbox.all()

    @property
    def is_settled(self) -> bool:
        """The open room is open on the server too, with its first page shown, or none is open."""
        log = self._wire.logs.get(self.seen.current or "")
        return self.seen.current is None or (log is not None and log.is_live and log.last is not None)

    @property
    def is_delivered(self) -> bool:
        """Everything written is stored and has been shown."""
        return not self._wire.outbox.lanes and all(
            room not in self._wire.logs or (self._wire.logs[room].last or 0) >= view.own_top
            for room, view in self.seen.views.items()
        )
