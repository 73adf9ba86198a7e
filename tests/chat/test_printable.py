"""Nothing that others write is obeyed by the terminal, or passes for a line of somebody else."""

import pytest

from pac.chat.frames import Entry, Person
from pac.chat.printable import defused, printable, printable_body
from pac.chat.words import Words

HOSTILE = [
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\x9d52;c;aGk=\x9c",
    "a\bb",
    "a\x00b",
    "a\x7fb",
    "\u202eevil",
    "\u2066x\u2069",
    "\u200fx",
    "\u061cx",
    "\ud800",
    "a\rfake",
    "a\x85fake",
    "a\u2028fake",
    "\U000e0041",
]
OBEYED = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\n"}
REORDERING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("made", [printable, printable_body, defused])
def test_nothing_a_terminal_obeys_is_left(made: object, text: str) -> None:
    assert callable(made)
    result = made(f"before {text} after")
    assert not set(result) & (OBEYED | REORDERING)
    assert result.isprintable() or "\n" in result
    result.encode()
    assert result.startswith("before")
    assert result.endswith("after")


@pytest.mark.parametrize(
    "text", ["안녕하세요", "héllo — 👩‍👩‍👧 ✊🏽", "مرحبا", "x + y < z", "  tabs\tare spaces"]
)
def test_what_people_write_stays(text: str) -> None:
    assert printable_body(text) == text.replace("\t", " ")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\u2028", "\u2029"])
def test_no_message_can_forge_the_line_of_another(ending: str) -> None:
    entry = Entry(
        1,
        "2026-11-23T05:06:07.089Z",
        "TEXT",
        Person("1", f"Mal{ending}[12:00] Ada"),
        f"hi{ending}[12:00] Ada: yes",
    )
    first, *others = Words("en").entry(entry).split("\n")
    assert first.startswith("[2026-11-23 ")
    assert others == ["    [12:00] Ada: yes"]


def test_a_time_that_is_none_is_no_fault() -> None:
    assert Words("en").entry(Entry(1, "\x1b[2J", "TEXT", Person("1", "Ada"), "hi")) == "[-] Ada: hi"


def test_a_system_entry_is_told_in_the_readers_language() -> None:
    entry = Entry(1, "2026-11-23T05:06:07.089Z", "SYSTEM", Person("1", "지은"), "지은님", "joined")
    assert Words("en").said(entry) == "* 지은 joined."
    assert Words("ko").said(entry) == "* 지은 님이 들어왔습니다."
    unknown = Entry(1, "", "SYSTEM", Person("1", "지은"), "무슨\x1b 일", "later")
    assert Words("en").said(unknown) == "* 무슨 일"
