"""The plain mode, for scripts and pipes: lines in from standard input, the conversation out to standard output.

A message is one line `[time] nick: text`, further lines of it indented; what the client itself has to say goes
to standard error. Written as it comes, so that `pac chat | other` works.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TextIO

from pac.chat.conversation import Conversation
from pac.chat.frames import Entry
from pac.chat.printable import defused, printable
from pac.chat.words import Words
from pac.language import translate

QUEUED_LINES = 64
PENDING_MAX = 64
"""No more is read from standard input while this many messages have no answer."""

DELIVERED_WITHIN_S = 60.0
"""After the end of the input, for what still waits to be acknowledged."""


class Lines:
    """Standard input line by line, read from the descriptor: a thread that waits in a buffered read would keep the
    process from ending."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._ended = False

    def __iter__(self) -> Iterator[str]:
        while (line := self.next()) is not None:
            yield line

    def next(self) -> str | None:
        """The next line without its end, or None after the last."""
        while b"\n" not in self._rest and not self._ended:
            read = os.read(self._descriptor, 65_536)
            self._ended = not read
            self._rest += read
        if not self._rest:
            return None
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")


class PlainScreen:
    def __init__(self, words: Words, out: TextIO, err: TextIO) -> None:
        self._words = words
        self._out = out
        self._err = err
        self.gone = asyncio.Event()
        """Nobody reads standard output any more."""

    def entries(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._write(self._out, self._words.entry(entry))

    def notice(self, line: str) -> None:
        self._write(self._err, line)

    def changed(self) -> None:
        """Nothing is always in sight here."""

    def _write(self, stream: TextIO, line: str) -> None:
        try:
            stream.write(f"{defused(line)}\n")
            stream.flush()
        except BrokenPipeError:
            # what is left in the buffer would fault once more when the process ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            self.gone.set()


async def converse_by_lines(conversation: Conversation, lines: Lines, screen: PlainScreen) -> bool:
    """Until the input ends and everything is stored. False when something could not be sent or done."""
    queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUED_LINES)
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            for line in lines:
                asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
            asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()
        except (RuntimeError, OSError, asyncio.CancelledError):
            return  # the client has ended first

    threading.Thread(target=read, name="standard input", daemon=True).start()
    while not conversation.is_over and (line := await queue.get()) is not None:
        await conversation.seen.until(
            lambda: conversation.is_settled and len(conversation.waits) < PENDING_MAX
        )
        await conversation.entered(line)
    try:
        async with asyncio.timeout(DELIVERED_WITHIN_S):
            await conversation.seen.until(lambda: conversation.is_settled and conversation.is_delivered)
    except TimeoutError:
        for pending in conversation.waits:
            screen.notice(
                translate(conversation.language, "Not sent yet: “{body}”", body=printable(pending.body))
            )
        return False
    return not conversation.seen.has_faults


def standard_screen(words: Words) -> PlainScreen:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return PlainScreen(words, sys.stdout, sys.stderr)
