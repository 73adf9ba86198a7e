"""What a legal text is: NFC, counted in code points, not blank, with newlines and tabs kept (PROTOCOL §3).

A body is stored as typed and escaped where it is shown; nothing here changes what it says.
"""

import unicodedata

from pac.errors import BadRequest, TooLarge
from pac.messages.model import Cid

CID_MAX = 64


def checked_body(body: str, longest: int) -> str:
    """The body in NFC. Raises TooLarge over `longest` code points, BadRequest for blank or unprintable text."""
    if len(body) > longest:
        raise TooLarge(longest)
    if not body.isascii():
        body = unicodedata.normalize("NFC", body)
        if len(body) > longest:
            raise TooLarge(longest)
        if any("\ud800" <= character <= "\udfff" for character in body):
            raise BadRequest("body: lone surrogates are no text")
    if "\0" in body:
        raise BadRequest("body: U+0000 is not allowed")
    if not body.strip():
        raise BadRequest("body: it is blank")
    return body


def checked_cid(cid: str) -> Cid:
    if not (1 <= len(cid) <= CID_MAX and cid.isascii() and cid.isprintable()):
        raise BadRequest(f"cid: 1 to {CID_MAX} printable ASCII characters")
    return Cid(cid)
