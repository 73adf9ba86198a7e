"""Pages from templates, and static files under an address that changes with their content.

Templates escape everything; nothing is marked safe. The static tree is read once at start into a fixed map, so
there is no path to traverse (SECURITY 5.9), and its hash is part of every address, so that a browser may keep a
file for ever.
"""

import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pac.clock import Instant, rfc3339
from pac.language import LANGUAGES, Language, catalog, ntranslate, translate
from pac.web import bodies
from pac.web.lean import lean
from pac.web.modules import graph


@dataclass(frozen=True, slots=True)
class StaticFile:
    """`packed`: the body in gzip, where that is shorter. Files hold no secret, so their length may tell of them."""

    content_type: str
    body: bytes
    packed: bytes | None


class Static:
    """`build` is the hash of everything; `find` gives a file by its path below `/static/{build}/`."""

    def __init__(self) -> None:
        found: dict[str, bytes] = {}
        _collect(files("pac.web").joinpath("static"), "", found)
        for language in LANGUAGES:
            texts = {
                message.id[0] if isinstance(message.id, tuple) else message.id: message.string
                for message in catalog(language)
                if message.id and message.string
            }
            found[f"i18n/{language}.json"] = json.dumps(texts, ensure_ascii=False).encode()
        digest = hashlib.blake2b(digest_size=6)
        for path in sorted(found):
            digest.update(path.encode() + b"\0" + found[path] + b"\0")
        self.build = digest.hexdigest()
        self._files = {path: _file(path, body) for path, body in found.items()}
        self._modules: dict[str, tuple[str, ...]] = {}

    def find(self, path: str) -> StaticFile | None:
        return self._files.get(path)

    def bytes_of(self, path: str) -> bytes:
        """The file's bytes. Raises KeyError."""
        return self._files[path].body

    def modules(self, entry: str) -> tuple[str, ...]:
        """The addresses of all that this module needs, itself first. Raises KeyError for one that is not there."""
        if entry not in self._modules:
            paths = graph(entry, lambda path: self.bytes_of(path).decode())
            self._modules[entry] = tuple(map(self.address, paths))
        return self._modules[entry]

    def address(self, path: str) -> str:
        """Raises KeyError for a file that is not there: a template names it wrongly."""
        self._files[path]
        return f"/static/{self.build}/{path}"


class Templates:
    def __init__(self, static: Static, timezone: str) -> None:
        self._timezone = timezone
        self._environment = Environment(
            loader=PackageLoader("pac.web"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = static.address
        self._environment.globals["modules"] = static.modules
        self._environment.globals["hue"] = hue
        self._environment.globals["parts"] = bodies.parts
        self._environment.globals["is_emoji_only"] = bodies.is_emoji_only

    def zone(self, asked: str | None) -> ZoneInfo:
        """The zone a browser says it is in; the installation's where it says none that we know."""
        return _zone(asked, self._timezone)

    def page(self, name: str, language: Language, zone: str | None = None, **values: Any) -> str:
        """A page in this language; `zone` is the reader's time zone, as its browser said in the `tz` cookie."""
        times = Times(language, self.zone(zone))
        return self._environment.get_template(name).render(
            language=language,
            _=partial(translate, language),
            ngettext=partial(ntranslate, language),
            times=times,
            **values,
        )


# As people write them: CLDR's short Korean forms say "AM", where people say "오전".
_TIME: dict[Language, str] = {"ko": "aaaa h:mm", "en": "h:mm a"}
_DAY_AND_TIME: dict[Language, str] = {"ko": "M월 d일 aaaa h:mm", "en": "MMM d, h:mm a"}

_DAY_OF_THIS_YEAR: dict[Language, str] = {"ko": "M월 d일 EEEE", "en": "EEEE, MMMM d"}


def hue(member_id: str) -> int:
    """Which of the eight colours a member has, as static/js/ui/avatar.js has it."""
    return sum(map(ord, member_id)) % 8


class Times:
    """Moments as this reader writes them."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language = language
        self._zone = zone

    def short(self, at: Instant) -> str:
        return format_time(self._local(at), _TIME[self._language], locale=self._language)

    def iso(self, at: Instant) -> str:
        """For `datetime` attributes."""
        return rfc3339(at)

    def full(self, at: Instant) -> str:
        return format_datetime(self._local(at), "full", locale=self._language)

    def day(self, at: Instant) -> str:
        return format_date(self._local(at), "full", locale=self._language)

    def heading(self, at: Instant, now: Instant) -> str:
        """What a day is called above its messages; static/js/ui/times.js says the same."""
        day, today = self._local(at).date(), self._local(now).date()
        if day == today:
            return translate(self._language, "Today")
        if day == today - timedelta(days=1):
            return translate(self._language, "Yesterday")
        if day.year == today.year:
            return format_date(day, _DAY_OF_THIS_YEAR[self._language], locale=self._language)
        return self.day(at)

    def compact(self, at: Instant) -> str:
        """For lists: day and time."""
        return format_datetime(self._local(at), _DAY_AND_TIME[self._language], locale=self._language)

    def _local(self, at: Instant) -> datetime:
        return datetime.fromtimestamp(at / 1_000, self._zone)


def _zone(asked: str | None, default: str) -> ZoneInfo:
    try:
        return ZoneInfo(asked) if asked and len(asked) < 64 else ZoneInfo(default)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(default)


def _collect(folder: Traversable, prefix: str, found: dict[str, bytes]) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", found)
        else:
            found[prefix + entry.name] = _as_sent(prefix + entry.name, entry.read_bytes())


def _as_sent(path: str, body: bytes) -> bytes:
    """What others publish goes as they publish it."""
    is_ours = path.endswith(".js") and not path.startswith("js/vendor/")
    return lean(body.decode()).encode() if is_ours else body


def _file(path: str, body: bytes) -> StaticFile:
    packed = gzip.compress(body, mtime=0)
    return StaticFile(_content_type(path), body, packed if len(packed) < len(body) else None)


def _content_type(path: str) -> str:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if path.endswith(".js"):
        kind = "text/javascript"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind == "application/json" else kind
