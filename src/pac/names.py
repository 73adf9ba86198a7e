"""What a legal name is: one rule for login names, nicknames and room names (SECURITY 5.1, 5.2).

Names are NFC, trimmed, with inner white space folded. Refused are characters that hide, reorder or imitate:
controls, surrogates, private use, unassigned, bidi controls, zero-width characters, tags, and stacks of more
than three combining marks. ZWJ and ZWNJ pass where they mean something: inside emoji and in scripts that join.
"""

import re
import unicodedata

from pac.errors import FieldFault

NICKNAME_MAX = 32
ROOM_NAME_MAX = 64
DESCRIPTION_MAX = 256

USERNAME = re.compile(r"[a-z0-9_.-]{3,32}")

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
_REFUSED = frozenset(
    [
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x200E,
        0x200F,
        0x061C,
        0x200B,
        0x2060,
        0xFEFF,
        *range(0xE0000, 0xE0080),
    ]
)
_JOINERS = frozenset({0x200C, 0x200D})
_EMOJI_PRESENTATION = 0xFE0F
_BLANK = frozenset({0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800})
"""Letters and symbols of no ink: Hangul fillers and the empty Braille pattern."""

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

_JOINING_SCRIPTS = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Mandaic and their extensions
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1800, 0x18AF),  # Mongolian
    (0xA840, 0xA87F),  # Phags-pa
    (0xFB50, 0xFDFF),  # Arabic presentation forms
    (0xFE70, 0xFEFE),
)


def normalized(text: str) -> str:
    """NFC, trimmed, every run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def key(name: str) -> str:
    """Equal for two names that may not both exist: NFC and case folding (PROTOCOL §5, Fields)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def initials(name: str) -> str:
    """The name's key with every Hangul syllable as its first consonant (초성), so that ㅎㄱ finds 한강.

    Unicode 3.12: the 588 syllables of each initial stand together. A double consonant is one of its own.
    """
    return "".join(
        _INITIALS[(ord(character) - 0xAC00) // 588] if "가" <= character <= "힣" else character
        for character in key(name)
    )


def is_initials(text: str) -> bool:
    """Only consonants by themselves: somebody looks for a name by its 초성."""
    return bool(text) and all(character in _INITIALS for character in text)


def fault_in_name(field: str, name: str, longest: int) -> FieldFault | None:
    """What is wrong with an already normalized name, or None."""
    if not name:
        return FieldFault(field, "required")
    if len(name) > longest or len(name.encode("utf-8", "surrogatepass")) > 4 * longest:
        return FieldFault(field, "too_long", longest)
    if not _characters_are_allowed(name):
        return FieldFault(field, "characters")
    return None if _has_ink(name) else FieldFault(field, "invisible")


def fault_in_description(field: str, text: str) -> FieldFault | None:
    """As a name, but it may be empty and may have several lines."""
    if len(text) > DESCRIPTION_MAX:
        return FieldFault(field, "too_long", DESCRIPTION_MAX)
    return None if _characters_are_allowed(text.replace("\n", " ")) else FieldFault(field, "characters")


def fault_in_username(field: str, username: str) -> FieldFault | None:
    if not username:
        return FieldFault(field, "required")
    return None if USERNAME.fullmatch(username) else FieldFault(field, "username_form")


def _characters_are_allowed(text: str) -> bool:
    marks = 0
    for at, character in enumerate(text):
        point = ord(character)
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") and point != _EMOJI_PRESENTATION else 0
        if marks > 3 or category in _REFUSED_CATEGORIES or point in _REFUSED:
            return False
        if point in _JOINERS and not _joins(text, at):
            return False
        if category in ("Zl", "Zp"):
            return False
    return True


def _joins(text: str, at: int) -> bool:
    if at == 0 or at == len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if ord(before) == _EMOJI_PRESENTATION and at >= 2:
        before = text[at - 2]
    if _is_emoji(before) and _is_emoji(after):
        return True
    return any(first <= ord(before) <= last for first, last in _JOINING_SCRIPTS)


def _is_emoji(character: str) -> bool:
    point = ord(character)
    return unicodedata.category(character) in ("So", "Sk") or 0x1F000 <= point <= 0x1FAFF


def _has_ink(name: str) -> bool:
    return any(
        unicodedata.category(character)[0] in "LNPS" and ord(character) not in _BLANK for character in name
    )
