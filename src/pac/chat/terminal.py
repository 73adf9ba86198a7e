"""The full mode: a prompt at the bottom, the conversation scrolling above it, what waits to be sent between them."""

from collections.abc import Sequence

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from pac.chat.conversation import Conversation
from pac.chat.frames import Entry
from pac.chat.outbox import SendState
from pac.chat.printable import defused, printable
from pac.chat.words import Words
from pac.language import ntranslate, translate

COMMANDS = ["/rooms", "/open ", "/join", "/leave", "/older", "/help", "/quit"]
PENDING_SHOWN = 5
REFRESH_S = 1.0

_STYLE = Style.from_dict(
    {
        "time": "ansibrightblack",
        "nick": "bold",
        "notice": "ansibrightblack",
        "pending": "ansibrightblack italic",
    }
)


class PromptScreen:
    def __init__(self, words: Words) -> None:
        self._words = words
        self._day = ""
        self._session: PromptSession[str] | None = None

    def attend(self, session: PromptSession[str]) -> None:
        self._session = session

    def entries(self, entries: Sequence[Entry]) -> None:
        parts: list[tuple[str, str]] = []
        for entry in entries:
            day = self._words.date(entry.ts)
            if day and day != self._day:
                self._day = day
                parts.append(("class:notice", f"— {day} —\n"))
            said = self._words.said(entry)
            parts.append(("class:time", f"[{self._words.time(entry.ts)[:5]}] "))
            if entry.type == "SYSTEM":
                parts.append(("class:notice", f"{said}\n"))
            else:
                name = printable(entry.member.nickname)
                parts += [("class:nick", name), ("", f"{said.removeprefix(name)}\n")]
        if parts:
            self._print(*parts)

    def notice(self, line: str) -> None:
        self._print(("class:notice", f"{line}\n"))

    def changed(self) -> None:
        if self._session is not None and self._session.app.is_running:
            self._session.app.invalidate()

    @staticmethod
    def _print(*parts: tuple[str, str]) -> None:
        print_formatted_text(
            FormattedText([(style, defused(text)) for style, text in parts]), style=_STYLE, end=""
        )


async def converse_at_prompt(conversation: Conversation, screen: PromptScreen) -> None:
    """Until /quit or Ctrl+D. With something unsent it takes a second one."""
    session: PromptSession[str] = PromptSession(
        message=lambda: _prompt(conversation),
        bottom_toolbar=lambda: _toolbar(conversation),
        key_bindings=_keys(conversation),
        completer=WordCompleter(COMMANDS, sentence=True),
        complete_while_typing=False,
        erase_when_done=True,
        refresh_interval=REFRESH_S,
        style=_STYLE,
    )
    screen.attend(session)
    warned = False
    with patch_stdout():
        while True:
            try:
                await conversation.entered(await session.prompt_async())
            except KeyboardInterrupt:
                continue
            except EOFError:
                conversation.is_over = True
            if conversation.is_over:
                waits = len(conversation.waits)
                if warned or not waits:
                    return
                warned, conversation.is_over = True, False
                screen.notice(
                    ntranslate(
                        conversation.language,
                        "{count} message is not sent yet. /quit again gives it up.",
                        "{count} messages are not sent yet. /quit again gives them up.",
                        waits,
                    )
                )


def _keys(conversation: Conversation) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("pageup")
    def older(_event: KeyPressEvent) -> None:
        conversation.older()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _prompt(conversation: Conversation) -> FormattedText:
    """What is written and not acknowledged, and where the next line goes."""
    language = conversation.language
    pending = conversation.pending()
    parts: list[tuple[str, str]] = []
    if len(pending) > PENDING_SHOWN:
        more = ntranslate(
            language,
            "… and {count} more message",
            "… and {count} more messages",
            len(pending) - PENDING_SHOWN,
        )
        parts.append(("class:pending", f"{more}\n"))
    for one in pending[-PENDING_SHOWN:]:
        state = (
            translate(language, "waits")
            if one.state is SendState.WAITING or not conversation.is_connected
            else translate(language, "is being sent")
        )
        parts.append(("class:pending", f"… {printable(one.body)} ({state})\n"))
    parts.append(("class:nick", f"{conversation.seen.current_name() or 'pac'}> "))
    return FormattedText(parts)


def _toolbar(conversation: Conversation) -> str:
    language = conversation.language
    state = (
        translate(language, "connected")
        if conversation.is_connected
        else translate(language, "not connected")
    )
    parts = [conversation.seen.nickname, conversation.seen.current_name(), state]
    unseen = conversation.seen.unseen_elsewhere()
    if unseen:
        parts.append(
            ntranslate(language, "{count} new message elsewhere", "{count} new messages elsewhere", unseen)
        )
    return " · ".join(part for part in [*parts, "/help"] if part)
