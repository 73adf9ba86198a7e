"""What a message's text consists of, as static/js/ui/list/words.js has it, for the rows a server draws: words,
addresses that may be followed, or nothing but a few emoji (tests/js/words.json holds both to the same answers).
"""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
_CLOSING = re.compile(r"[.,;:!?'\"…。、」』”’\]}]+$")
_EMOJI_AT_MOST = 3
_PICTURE = "[\U0001f300-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff]"
_MODIFIERS = "[\ufe0f\U0001f3fb-\U0001f3ff]"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI = re.compile(f"{_FLAG}|{_KEYCAP}|{_PICTURE}{_MODIFIERS}*(?:\u200d{_PICTURE}{_MODIFIERS}*)*")


class Part(NamedTuple):
    """`address` is "" for plain words."""

    text: str
    address: str


def parts(text: str) -> list[Part]:
    """Text, with http and https addresses apart; nothing else of it means anything."""
    found: list[Part] = []
    begin = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if not _is_address(address):
            continue
        if match.start() > begin:
            found.append(Part(text[begin : match.start()], ""))
        found.append(Part(address, address))
        begin = match.start() + len(address)
    if begin < len(text):
        found.append(Part(text[begin:], ""))
    return found


def is_emoji_only(text: str) -> bool:
    """One to three emoji and nothing else: drawn large."""
    if len(text) > 60:
        return False
    emoji = _EMOJI.findall(text)
    return 0 < len(emoji) <= _EMOJI_AT_MOST and not _EMOJI.sub("", text).strip()


def _trimmed(address: str) -> str:
    """A sentence's end is not the address's; a bracket is, if the address opened it."""
    while True:
        cut = _CLOSING.sub("", address)
        if cut.endswith(")") and cut.count(")") > cut.count("("):
            cut = cut[:-1]
        if cut == address:
            return address
        address = cut


def _is_address(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
