"""What happens to every HTTP request before a route sees it, and to every answer after: one pure ASGI layer.

In this order: the method (TRACE is unknown), cross-site requests (1.6), content encodings (1.16), the size of
the body as it streams in (1.16), then the route; and on every answer, also on refusals, the headers of SECURITY
1.1, 1.9 and 1.10. What a route raises and does not handle becomes a problem that tells nothing of the inside.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from pac import telemetry
from pac.errors import PacError
from pac.http.address import client_address
from pac.http.problems import Problem, problem_of_status
from pac.language import Language, negotiate

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Render = Callable[[Scope, Problem, Language], tuple[bytes, bytes]]
"""(content type, body) of a problem: JSON for /api, a page for people."""

BODY_BYTES = 65_536
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """`socket_source`: what pages connect to beside 'self', "" for nothing."""

    origin: str
    is_https: bool
    cookie_name: str
    socket_source: str
    trusted: tuple[IPv4Network | IPv6Network, ...]


def page_policy(rules: EdgeRules) -> str:
    """The content security policy of every page (SECURITY 1.1)."""
    connect = f"connect-src 'self'{' ' + rules.socket_source if rules.socket_source else ''}"
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "font-src 'self'",
        connect,
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types pac-sw",
    ]
    if rules.is_https:
        parts.append("upgrade-insecure-requests")
    return "; ".join(parts)


DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def is_cross_site(headers: Iterable[tuple[bytes, bytes]], origin: str, cookie_name: str) -> bool:
    """Whether an unsafe request may have been started by another site (SECURITY 1.6).

    Browsers say so in Sec-Fetch-Site; where that is absent, in Origin, which is compared with the configured
    origin and never with Host. Where both are absent it is no browser: then only a request without a cookie
    passes, since a cookie is what another site could have abused.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    site = found.get(b"sec-fetch-site")
    if site is not None:
        return site not in ([b"same-origin"], [b"none"])
    asked = found.get(b"origin")
    if asked is not None:
        return asked != [origin.encode()]
    return any(cookie_name.encode() + b"=" in value for value in found.get(b"cookie", []))


class Edge:
    def __init__(self, app: App, rules: EdgeRules, render: Render) -> None:
        self._app = app
        self._rules = rules
        self._render = render
        self._page_policy = page_policy(rules).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        state = scope.setdefault("state", {})
        state["address"] = client_address(peer, forwarded, self._rules.trusted)
        state["language"] = language_of(headers)
        answer = _Answer(scope, send, self._rules, self._page_policy)
        refused = self._refused(scope, headers)
        if refused is not None:
            await self._say(scope, answer, refused)
            return
        body = _BoundedBody(receive)
        try:
            await self._app(scope, body, answer)
        except _TooMuch:
            if not answer.started:
                await self._say(scope, answer, 413)
        except PacError:
            raise
        except Exception:
            telemetry.log.exception(telemetry.REQUEST_FAILED, path_template=_template(scope))
            if not answer.started:
                await self._say(scope, answer, 500)
            else:
                raise

    def _refused(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> int | None:
        method = scope["method"]
        if method in ("TRACE", "CONNECT", "TRACK"):
            return 405
        if method not in SAFE_METHODS and is_cross_site(headers, self._rules.origin, self._rules.cookie_name):
            telemetry.log.info(telemetry.CROSS_SITE, method=method)
            return 403
        given = dict(headers)
        if given.get(b"content-encoding", b"identity").lower() != b"identity":
            return 415
        length = given.get(b"content-length", b"0")
        if length.isdigit() and int(length) > BODY_BYTES:
            return 413
        return None

    async def _say(self, scope: Scope, answer: "_Answer", status: int) -> None:
        language: Language = scope["state"]["language"]
        problem = problem_of_status(status, language)
        content_type, body = self._render(scope, problem, language)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        if status in (413, 415):
            headers.append((b"connection", b"close"))  # what is left of the body is not read
        await answer({"type": "http.response.start", "status": status, "headers": headers})
        await answer({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class _Answer:
    """`send`, with the headers every answer has."""

    def __init__(self, scope: Scope, send: Send, rules: EdgeRules, policy: bytes) -> None:
        self._scope = scope
        self._send = send
        self._rules = rules
        self._policy = policy
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            telemetry.http_requests.labels(self._scope["method"], str(message["status"])).inc()
            message["headers"] = self._completed(list(message.get("headers", [])))
        await self._send(message)

    def _completed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in headers}
        kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        is_page = kind.startswith(b"text/html")
        added = [
            (b"content-security-policy", self._policy if is_page else DATA_POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"x-frame-options", b"DENY"),
        ]
        if self._rules.is_https:
            added.append((b"strict-transport-security", b"max-age=31536000"))
        if b"cache-control" not in names or b"set-cookie" in names:
            headers = [header for header in headers if header[0].lower() != b"cache-control"]
            added.append((b"cache-control", b"no-store"))
        return headers + [(name, value) for name, value in added if name not in names]


class _TooMuch(Exception):
    """The body is over its bound; nothing more of it is read."""


class _BoundedBody:
    """`receive`, counting."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > BODY_BYTES:
            raise _TooMuch
        return message


def language_of(headers: Iterable[tuple[bytes, bytes]]) -> Language:
    """The language to answer in: the `lang` cookie, else Accept-Language."""
    cookie = accept = None
    for name, value in headers:
        if name == b"cookie":
            jar: SimpleCookie = SimpleCookie()
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                continue
            if "lang" in jar:
                cookie = jar["lang"].value
        elif name == b"accept-language":
            accept = value.decode("latin-1")
    return negotiate(cookie, accept)


def _template(scope: Scope) -> str:
    """The route, not the path: what a person typed does not reach a log."""
    return str(getattr(scope.get("route"), "path", "-"))
