"""What somebody prefers on this device: looks, keys, what is read aloud. Kept in a cookie, so that the first paint is
right, and on no account: a phone and a desktop want different sizes (UI.md §7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

COOKIE = "prefs"
AGE_S = 365 * 24 * 3_600


@dataclass(frozen=True, slots=True)
class Preferences:
    """Each is a `data-` attribute of `<html>` under the same name, for the sheets and the scripts."""

    theme: str = "system"
    text: str = "100"
    """percent of the browser's own size"""
    density: str = "roomy"
    enter: str = "auto"
    """whether Enter sends: `auto` is yes, but for phones"""
    announce: str = "all"
    """which messages a screen reader is told of"""
    keys: str = "on"
    """whether single letters act on a focused message (WCAG 2.1.4)"""
    notify: str = "off"
    """whether the system tells of messages while no window of ours is looked at"""


CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "text": ("87", "100", "112", "125"),
    "density": ("roomy", "compact"),
    "enter": ("auto", "send", "newline"),
    "announce": ("all", "off"),
    "keys": ("on", "off"),
    "notify": ("off", "all"),
}
NAMES = tuple(field.name for field in fields(Preferences))


def chosen(given: Mapping[str, str], before: Preferences) -> Preferences:
    """`before` with what is given; a value that is no choice is left as it was."""
    return replace(before, **{name: given[name] for name in NAMES if given.get(name) in CHOICES[name]})


def read(cookie: str | None) -> Preferences:
    """What the cookie says, as far as it can be understood."""
    pairs = [part.partition(".") for part in (cookie or "")[:256].split("~")]
    return chosen({name: value for name, _, value in pairs}, Preferences())


def written(preferences: Preferences) -> str:
    """For the cookie: only what differs from what everybody has."""
    plain = Preferences()
    return "~".join(
        f"{name}.{getattr(preferences, name)}"
        for name in NAMES
        if getattr(preferences, name) != getattr(plain, name)
    )
