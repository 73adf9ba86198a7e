"""The account over REST: signing in, fresh live tokens, and the lists of rooms (docs/PROTOCOL.md).

The session's cookie goes along where a fresh token is asked for and nowhere else: what sends a cookie is a
browser to the server, and has to say where it comes from. Everything else is done by token.
"""

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from pac.chat.frames import CLIENT
from pac.errors import PacError
from pac.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 15.0
JOINED_PAGES = 52
"""Of 10 rooms: more than the 512 one connection may follow."""


class CallRefused(PacError):
    """The server said no; `words` are its own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class SignedOut(CallRefused):
    """Login name or password is not right, or the session has ended."""


class ServerAway(PacError):
    """No answer, or one that asks to come again. Nothing is known to be done."""

    def __init__(self, retry_after_s: float = 0.0) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class RoomRow(Struct, frozen=True, rename="camel"):
    room_id: str
    name: str
    room_public: str = ""
    room_status: str = "ALIVE"
    room_members_count: int = 0
    online_count: int = 0
    role: str | None = None


class RoomPage(Struct, frozen=True, rename="camel"):
    content: tuple[RoomRow, ...]
    total_elements: int = 0
    last: bool = True


class _Problem(Struct, frozen=True, rename="camel"):
    detail: str | None = None
    error_message: str | None = None
    title: str | None = None


class _SignedIn(Struct, frozen=True):
    token: str
    nickname: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """`http://host:port`, and where its sockets are."""

    url: str
    socket_url: str

    @staticmethod
    def at(url: str, socket_url: str | None = None) -> "Server":
        """Raises ValueError for what is no http(s) address."""
        given = url if "://" in url else f"http://{url}"
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(url)
        _ = parts.port  # ValueError on a port that is none
        base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        return Server(base, socket_url or f"ws{base.removeprefix('http')}/message")

    @property
    def is_loopback(self) -> bool:
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether the password would cross a network unencrypted."""
        return not self.is_loopback and not self.url.startswith("https:")


class Account:
    def __init__(self, server: Server, username: str, password: str, language: Language) -> None:
        self.username = username
        self._password = password
        self._token = ""
        self._by_cookie, self._by_token = (
            httpx.AsyncClient(
                base_url=server.url,
                timeout=TIMEOUT_S,
                trust_env=not server.is_loopback,
                headers={"Accept-Language": language, "User-Agent": CLIENT},
            )
            for _ in range(2)
        )

    async def __aenter__(self) -> "Account":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._by_cookie.aclose()
        await self._by_token.aclose()

    async def sign_in(self) -> None:
        """Raises SignedOut when login name or password is wrong, CallRefused, ServerAway."""
        self._by_cookie.cookies.clear()
        asked = {"username": self.username, "password": self._password}
        answer = await self._call(self._by_cookie, "POST", "/api/v1/auth/login", json=asked)
        self._token = _read(answer, _SignedIn).token

    async def live_token(self) -> str:
        """A fresh one: each connection has its own. Raises SignedOut when the session has ended."""
        answer = await self._call(self._by_cookie, "GET", "/api/v1/auth/endpoint/check")
        self._token = _read(answer, _SignedIn).token
        return self._token

    async def sign_out(self) -> None:
        with suppress(CallRefused, ServerAway):
            await self._signed("POST", "/api/v1/auth/logout")

    async def joined(self) -> list[RoomRow]:
        """The rooms this member is in, last activity first."""
        rows: list[RoomRow] = []
        for number in range(1, JOINED_PAGES + 1):
            page = await self._page("/api/v1/room/joined/list", {"page": str(number)})
            rows += page.content
            if page.last:
                break
        return rows

    async def lobby(self, query: str = "") -> RoomPage:
        """The first page of the lobby, or of what is found there."""
        return await self._page("/api/v1/room/list", {"sort": "activity"} | ({"q": query} if query else {}))

    async def join(self, room: str) -> bool:
        """Whether one is in; False: one has asked to be let in."""
        return (await self._signed("POST", f"/api/v1/room/{room}/join")).status_code != 202

    async def leave(self, room: str) -> None:
        await self._signed("POST", f"/api/v1/room/{room}/exit")

    async def _page(self, path: str, params: "Mapping[str, str]") -> RoomPage:
        page: RoomPage = _read(await self._signed("GET", path, params=params), RoomPage)
        return page

    async def _signed(self, method: str, path: str, **given: Any) -> httpx.Response:
        """By token, once more with a fresh one when the one at hand has run out (they last five minutes)."""
        try:
            return await self._by_bearer(method, path, **given)
        except SignedOut:
            await self.live_token()
            return await self._by_bearer(method, path, **given)

    async def _by_bearer(self, method: str, path: str, **given: Any) -> httpx.Response:
        self._by_token.cookies.clear()
        headers = {"Authorization": f"Bearer {self._token}"}
        return await self._call(self._by_token, method, path, headers=headers, **given)

    @staticmethod
    async def _call(http: httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            answer = await http.request(method, path, **given)
        except httpx.HTTPError as fault:
            raise ServerAway from fault
        if answer.status_code < 300:
            return answer
        if answer.status_code == 401:
            raise SignedOut(401, _words(answer))
        if answer.status_code == 429 or answer.status_code >= 500:
            raise ServerAway(_seconds(answer.headers.get("Retry-After", "")))
        raise CallRefused(answer.status_code, _words(answer))


def _read(answer: httpx.Response, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as fault:
        raise CallRefused(answer.status_code, f"{answer.url.host}: this is no PAC server") from fault


def _words(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        return f"HTTP {answer.status_code}"
    return problem.detail or problem.error_message or problem.title or f"HTTP {answer.status_code}"


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0
