"""From an upgrade request to a socket, or to the refusal that is sent instead of 101 (SECURITY 3.1–3.3).

What can be judged from the request alone is judged here: path, version, Origin, subprotocol, caps. Who it is
is judged when `hello` arrives, so that a browser learns why it was turned away (4501).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from pac.language import Language, negotiate
from pac.live.protocol import SUBPROTOCOL

PATH = "/message"
GUEST_PATH = "/simplemessage"
COOKIE = "PAC_SESSIONID"


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """Headers as they came, names in lower case; `address` is the client's, as http.address judged it."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    address: str

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class Admission:
    """What an accepted request brought: credentials still to be judged, and how to speak to it."""

    session_id: str
    bearer: str
    language: Language
    address: str
    subprotocol: str = SUBPROTOCOL
    """"" for the original's frames."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Refused before 101."""

    status: HTTPStatus
    words: str
    headers: tuple[tuple[str, str], ...] = ()


class Door(Protocol):
    """How full the node is."""

    def refusal(self, address: str) -> Turned | None:
        """None while this address may open one more socket."""


def judge(
    request: UpgradeRequest, origins: Collection[str], cookie_name: str, door: Door
) -> Admission | Turned:
    """Checks in the order that tells the caller most: path, form, Origin, subprotocol, caps."""
    if request.path not in (PATH, GUEST_PATH):
        return Turned(HTTPStatus.NOT_FOUND, "There is no socket at this address. Sockets are at /message.")
    is_guest = request.path == GUEST_PATH
    if request.method != "GET":
        return Turned(HTTPStatus.METHOD_NOT_ALLOWED, "A socket is opened with GET.", (("Allow", "GET"),))
    if request.all("sec-websocket-version") != ["13"]:
        return Turned(
            HTTPStatus.UPGRADE_REQUIRED,
            "This server speaks WebSocket version 13 (RFC 6455).",
            (("Sec-WebSocket-Version", "13"),),
        )
    origin = request.all("origin")
    if len(origin) > 1 or (origin and origin[0] not in origins):
        return Turned(
            HTTPStatus.FORBIDDEN, "Pages of this origin may not open sockets here (PAC_ALLOWED_ORIGINS)."
        )
    offered = [part.strip() for value in request.all("sec-websocket-protocol") for part in value.split(",")]
    if is_guest and offered:
        return Turned(
            HTTPStatus.BAD_REQUEST, "Offer no subprotocol here: guests speak the original's frames."
        )
    if any(protocol != SUBPROTOCOL for protocol in offered):
        return Turned(
            HTTPStatus.BAD_REQUEST,
            f"Offer the subprotocol {SUBPROTOCOL} and no other, or none for the original's frames.",
        )
    full = door.refusal(request.address)
    if full is not None:
        return full
    cookies = _cookies(request)
    language = negotiate(cookies.get("lang"), request.first("accept-language") or None)
    if is_guest:
        return Admission("", "", language, request.address, "")  # who it is, is not even looked at
    scheme, _, token = request.first("authorization").partition(" ")
    return Admission(
        # Without an Origin the caller is no browser, and a cookie is worth nothing (PROTOCOL §3, Origin).
        session_id=cookies.get(cookie_name, "") if origin else "",
        bearer=token.strip() if scheme.lower() == "bearer" else "",
        language=language,
        address=request.address,
        subprotocol=SUBPROTOCOL if offered else "",
    )


def _cookies(request: UpgradeRequest) -> dict[str, str]:
    """RFC 6265 §5.4 the other way round: pairs between semicolons. What is no pair is left out; of two of a name the
    later counts, as in SimpleCookie, which takes ten times as long."""
    pairs = (pair.partition("=") for header in request.all("cookie") for pair in header.split(";"))
    return {name.strip(): value.strip().strip('"') for name, equals, value in pairs if equals}
