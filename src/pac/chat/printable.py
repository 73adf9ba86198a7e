"""What may be written to a terminal of what others have said: no escape, no control, nothing that reorders text.

A terminal obeys control characters: ESC sequences move the cursor, set the title, answer as if typed. Nothing of
that kind is let through, nor line breaks that would let somebody forge the line of another.
"""

import unicodedata

CONTINUED = "    "
"""Before every line of a message but its first, so that no text can look like a message of its own."""

_REORDERING = frozenset([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_TAGS = range(0xE0000, 0xE0080)


def printable(text: str) -> str:
    """On one line: white space of any kind is a space, controls and bidi marks are gone."""
    return " ".join("".join(_kept(character) for character in text).split())


def printable_body(text: str) -> str:
    """With its line breaks, every line after the first indented."""
    lines = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n").split("\n")
    kept = ["".join(_kept(character) for character in line).rstrip() for line in lines]
    return f"\n{CONTINUED}".join(kept)


def defused(text: str) -> str:
    """The last look before a terminal: lines as they were made, without anything it would obey."""
    return "".join(character if character == "\n" else _kept(character) for character in text)


def _kept(character: str) -> str:
    point = ord(character)
    if character in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    if unicodedata.category(character) in ("Cc", "Cs") or point in _REORDERING or point in _TAGS:
        return ""
    return character
