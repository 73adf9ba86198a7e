"""What is said to people, in Korean and in English, by pages, REST and sockets alike.

The message id is the English text; `locale/<language>/LC_MESSAGES/pac.po` has the translations, read as they
are at start (no compiled catalog: a clone and a wheel work alike). No sentence is put together from parts.
"""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from pac.clock import Instant, rfc3339
from pac.errors import (
    AlreadyJoined,
    BadRequest,
    Banned,
    CapacityTooSmall,
    CidConflict,
    Fault,
    FieldFault,
    Forbidden,
    Hidden,
    InvalidFields,
    NameTaken,
    NotAMember,
    NotJoined,
    NotSignedIn,
    NotSubscribed,
    OwnerMayNotLeave,
    RateLimited,
    Refusal,
    RoomHasEnded,
    RoomIsFull,
    RoomIsReadOnly,
    SignInAgain,
    SlowMode,
    TooLarge,
    TooManyRooms,
    Unavailable,
    UnknownOp,
    WrongCredentials,
)

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "ko"


def negotiate(cookie: str | None, accept_language: str | None) -> Language:
    """The `lang` cookie, else the first language of Accept-Language that we speak, else Korean (UI §9)."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept_language or "")[:1_000].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        for language in LANGUAGES:
            if tag.lower().split("-")[0] == language:
                try:
                    ranked.append((-float(weight or 1), place, language))
                except ValueError:
                    continue
    return min(ranked)[2] if ranked else DEFAULT


@cache
def catalog(language: Language) -> Catalog:
    """The translations of one language, as the file has them."""
    path = files("pac").joinpath("locale", language, "LC_MESSAGES", "pac.po")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translate(language: Language, text: str, **values: object) -> str:
    """`text` in this language, its {names} filled in; the English text itself where no translation is."""
    message = catalog(language).get(text)
    said = (
        message.string if message is not None and isinstance(message.string, str) and message.string else text
    )
    return said.format(**values) if values else said


def ntranslate(language: Language, one: str, many: str, count: int, **values: object) -> str:
    """As translate, in the form that `count` asks for; {count} is filled in."""
    found = catalog(language)
    message = found.get(one)
    if message is not None and isinstance(message.string, (tuple, list)) and all(message.string):
        said = message.string[0 if found.num_plurals == 1 else int(count != 1)]
    else:
        said = one if count == 1 else many
    return said.format(count=count, **values)


def words_of(error: Refusal | Fault, language: Language) -> str:
    """What happened and what to do, for the person who asked. Never the insides."""
    match error:
        case RoomIsFull(capacity=capacity):
            return translate(
                language,
                "The room is full ({capacity} people). Try again when somebody has left.",
                capacity=capacity,
            )
        case TooLarge(limit=limit):
            return translate(
                language, "The message is too long. Shorten it to {limit} characters.", limit=limit
            )
        case TooManyRooms(limit=limit):
            return translate(
                language, "One connection can follow {limit} rooms. Leave some of them first.", limit=limit
            )
        case RateLimited(retry_after_ms=wait_ms):
            seconds = max(1, -(-wait_ms // 1_000))
            return ntranslate(
                language,
                "That was too fast. Try again in {count} second.",
                "That was too fast. Try again in {count} seconds.",
                seconds,
            )
        case SlowMode(retry_after_ms=wait_ms):
            seconds = max(1, -(-wait_ms // 1_000))
            return ntranslate(
                language,
                "Slow mode: you can write again in {count} second.",
                "Slow mode: you can write again in {count} seconds.",
                seconds,
            )
        case CapacityTooSmall(members=members):
            return ntranslate(
                language,
                "There is {count} member already. Choose a larger number.",
                "There are {count} members already. Choose a larger number.",
                members,
            )
        case Banned(until=None):
            return translate(language, "You are banned from this room. Only its operators can lift that.")
        case Banned(until=until):
            assert until is not None
            return translate(
                language,
                "You are banned from this room until {until} (UTC). Then you can come back.",
                until=rfc3339(Instant(until))[:16].replace("T", " "),
            )
        case NameTaken(field="username"):
            return translate(language, "This login name is taken. Choose another one.")
        case NameTaken():
            return translate(language, "This name is taken. Choose another one.")
        case _:
            for kind, text in _WORDS.items():
                if isinstance(error, kind):
                    return translate(language, text)
    return translate(language, "Something went wrong on our side. Nothing was changed; please try again.")


_WORDS: dict[type[Refusal | Fault], str] = {
    NotSignedIn: "You are not signed in. Sign in and try again.",
    SignInAgain: "For this your sign-in has to be fresh. Sign out, sign in again, and repeat it.",
    WrongCredentials: "Login name or password is wrong. Check both and try again.",
    InvalidFields: "Some fields need another look. What to change stands beside each of them.",
    Hidden: "This is not here, or not for you to see. Check the address.",
    Forbidden: "You may not do this here. Join the room first, or ask its owner.",
    RoomIsReadOnly: "You read along in this room. Only members its operators chose can write.",
    RoomHasEnded: "This room has ended. Its members can still read it.",
    AlreadyJoined: "You are in this room already.",
    NotJoined: "You are not in this room.",
    NotAMember: "This person is not in the room. Choose somebody who is.",
    OwnerMayNotLeave: "The owner cannot leave. Hand the room over or end it first.",
    BadRequest: "This request has a form the server does not understand.",
    UnknownOp: "The server does not know this kind of request.",
    NotSubscribed: "This connection does not follow the room. Open the room again.",
    CidConflict: "Another message was sent under the same number. Send it again as a new one.",
    Unavailable: "The server cannot store or read this right now. Your text is kept; try again in a moment.",
}


def words_of_fault(fault: FieldFault, language: Language) -> str:
    """What is wrong with one field."""
    text = _FAULTS.get(fault.code, "This does not fit here.")
    return (
        translate(language, text, limit=fault.limit) if fault.limit is not None else translate(language, text)
    )


_FAULTS: dict[str, str] = {
    "required": "Please fill this in.",
    "too_long": "At most {limit} characters.",
    "too_short": "At least {limit} characters.",
    "characters": "This has characters that cannot be seen or that change the order of text. Remove them.",
    "invisible": "This has no visible character.",
    "username_form": "3 to 32 characters: small letters a–z, digits, _ . -",
    "out_of_range": "A number from 1 to {limit}.",
    "out_of_range_from_zero": "A number from 0 to {limit}.",
    "past": "This time has passed, or does not belong here. Choose one that is still to come.",
    "date_form": "A date and time like 2026-01-31T09:00:00Z.",
    "common": "This password is one of the first that others try. Choose another one.",
    "reserved": "This name is kept for the server itself. Choose another one.",
    "email_form": "This is no e-mail address.",
    "not_offered": "This cannot be chosen.",
    "taken": "This is taken. Choose another one.",
    "form": "This is not of the right kind.",
    "other_name": "This is not the name of the room.",
    "unknown": "There is no such field.",
}
