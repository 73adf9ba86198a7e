"""One run of `pac chat`: sign in, open a room, talk, sign out. Which screen it is on is decided here."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass

from pac.chat.account import Account, CallRefused, Server, ServerAway, SignedOut
from pac.chat.conversation import Conversation
from pac.chat.lines import Lines, PlainScreen, converse_by_lines, standard_screen
from pac.chat.printable import printable
from pac.chat.showing import Screen
from pac.chat.words import Words
from pac.clock import SystemClock
from pac.ids import SystemIds
from pac.language import Language, translate

DONE = 0
FAILED = 1
SIGN_OUT_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes, and to where."""

    server: Server
    username: str
    password: str
    room: str | None
    language: Language


async def visit(visitor: Visitor, lines: Lines | None) -> int:
    """The exit code. `lines`: what is left of standard input, or None for a prompt at the terminal."""
    words = Words(visitor.language)
    screen: Screen = standard_screen(words)
    server = visitor.server
    async with Account(server, visitor.username, visitor.password, visitor.language) as account:
        try:
            await account.sign_in()
        except SignedOut as refusal:
            screen.notice(printable(refusal.words))
            return FAILED
        except CallRefused as refusal:
            screen.notice(
                translate(
                    words.language,
                    "{url} did not let you in. {reason}",
                    url=server.url,
                    reason=printable(refusal.words),
                )
            )
            return FAILED
        except ServerAway as fault:
            screen.notice(_no_answer(words, server, fault))
            if fault.__cause__ is not None:
                screen.notice(printable(f"({fault.__cause__})"))
            return FAILED
        try:
            return await _talk(visitor, account, words, lines)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(SIGN_OUT_WITHIN_S):
                    await account.sign_out()


def _no_answer(words: Words, server: Server, fault: ServerAway) -> str:
    if fault.retry_after_s:
        seconds = round(fault.retry_after_s)
        return translate(words.language, "The server asks to wait {seconds} s.", seconds=seconds)
    return translate(
        words.language,
        "{url} does not answer. Does the server run there? `pac serve` starts one.",
        url=server.url,
    )


async def _talk(visitor: Visitor, account: Account, words: Words, lines: Lines | None) -> int:
    screen: Screen
    if lines is None:
        from pac.chat.terminal import PromptScreen

        screen = PromptScreen(words)
    else:
        screen = standard_screen(words)
    conversation = Conversation(visitor.server, account, visitor.language, screen, SystemClock(), SystemIds())
    code = DONE

    async def talk() -> None:
        nonlocal code
        if visitor.room:
            await conversation.entered(f"/open {visitor.room}")
        elif lines is None:
            await conversation.entered("/rooms")
        if isinstance(screen, PlainScreen):
            assert lines is not None
            code = DONE if await converse_by_lines(conversation, lines, screen) else FAILED
        else:
            from pac.chat.terminal import PromptScreen, converse_at_prompt

            assert isinstance(screen, PromptScreen)
            await converse_at_prompt(conversation, screen)

    async with asyncio.TaskGroup() as tasks:
        connected = tasks.create_task(conversation.session.run())
        talking = tasks.create_task(talk())
        unread = tasks.create_task(screen.gone.wait()) if isinstance(screen, PlainScreen) else None
        ends = [task for task in (connected, talking, unread) if task is not None]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not talking.done():
            code = FAILED  # coming back would be of no use, or nobody reads any more
        for task in ends:
            task.cancel()
    for pending in conversation.waits:
        code = FAILED
        text = printable(pending.body)
        print(translate(words.language, "Not sent yet: “{body}”", body=text), file=sys.stderr)
    return code
