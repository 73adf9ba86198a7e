"""What a member may be called and what a password may be (SECURITY 2.2, 5.1)."""

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from pac import names
from pac.errors import FieldFault

PASSWORD_MAX = 128
PASSWORD_BYTES = 1_024
EMAIL_MAX = 254

# One @, something on both sides, no white space or control: the only proof of an address is a mail to it.
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")


def password_text(password: str) -> str:
    """A password as it is hashed: NFC, so that two keyboards type the same one; nothing trimmed."""
    return unicodedata.normalize("NFC", password)


RESERVED = frozenset({"system", "시스템"})
SERVICE_WORDS = ("plata anywhere chat", "plataanywherechat", "plata", "pac chat")


@cache
def common_passwords() -> frozenset[str]:
    """Case-folded; those shorter than any that is allowed are left out."""
    text = files("pac.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.casefold() for line in text.splitlines() if not line.startswith("#"))


def fault_in_password(
    field: str, password: str, shortest: int, context: Collection[str] = ()
) -> FieldFault | None:
    """Lengths in code points after NFC; bytes are bounded before anything is hashed. `context`: what is known of
    the member, which nobody has to guess: login name, nickname, mail (SECURITY 2.3)."""
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES:
        return FieldFault(field, "too_long", PASSWORD_MAX)
    text = password_text(password)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return FieldFault(field, "characters")
    if len(text) < shortest:
        return FieldFault(field, "too_short", shortest)
    if len(text) > PASSWORD_MAX:
        return FieldFault(field, "too_long", PASSWORD_MAX)
    folded = text.casefold()
    known = {word.casefold() for word in (*SERVICE_WORDS, *context) if word}
    if folded in known or folded in common_passwords():
        return FieldFault(field, "common")
    return None


def fault_in_email(field: str, email: str) -> FieldFault | None:
    if len(email) > EMAIL_MAX:
        return FieldFault(field, "too_long", EMAIL_MAX)
    return None if _EMAIL.fullmatch(email) else FieldFault(field, "email_form")


def _fault_in_reserved(nickname: str) -> FieldFault | None:
    """Lines of the original's frames that the server itself says come from SYSTEM (PROTOCOL §4)."""
    key = unicodedata.normalize("NFKC", nickname).casefold()
    return FieldFault("nickname", "reserved") if key in RESERVED else None


def faults_in_sign_up(
    username: str, nickname: str, password: str, email: str | None, shortest: int
) -> list[FieldFault]:
    """Every fault at once, so that a form is corrected in one go. `nickname` is normalized already."""
    found = [
        names.fault_in_username("username", username),
        names.fault_in_name("nickname", nickname, names.NICKNAME_MAX) or _fault_in_reserved(nickname),
        fault_in_password("password", password, shortest, (username, nickname, email or "")),
        fault_in_email("email", email) if email else None,
    ]
    return [fault for fault in found if fault is not None]
