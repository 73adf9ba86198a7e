"""What happens to every HTTP request before a route sees it, and to every answer after: one pure ASGI layer.

In this order: the method, cross-site requests (cross_site.py), the body (bodies.py), then the route; and on every
answer, also on refusals, the headers (headers.py). What a route raises and nobody handles becomes a problem that
tells nothing of the inside; the log has it, under the id the problem shows.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from pac import security_log, telemetry
from pac.http.address import address_prefix, client_address
from pac.http.bodies import Receive, Unreadable, read_body, refusal_of_headers, replayed
from pac.http.cross_site import SAFE_METHODS, is_cross_site
from pac.http.headers import Header, HeaderRules, page_policy
from pac.http.problems import Problem, problem_of_status
from pac.language import Language, negotiate

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Render = Callable[[Scope, Problem, Language], tuple[bytes, bytes]]
"""(content type, body) of a problem: JSON for /api, a page for people."""

API = "/api/"
"""Below this, bodies are JSON and nothing else, and problems are problem+json."""

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """`socket_source`: what pages connect to beside 'self', "" for nothing. `new_id`: fresh for each request."""

    origin: str
    is_https: bool
    socket_source: str
    trusted: tuple[IPv4Network | IPv6Network, ...]
    new_id: Callable[[], str]


class Edge:
    """Sets `state` of the scope for what comes behind it: request_id, address, language."""

    def __init__(self, app: App, rules: EdgeRules, render: Render) -> None:
        self._app = app
        self._rules = rules
        self._render = render
        self._headers = HeaderRules(
            page_policy(rules.socket_source, is_https=rules.is_https), is_https=rules.is_https
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: list[Header] = scope["headers"]
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
        # HEAD is GET without the body (RFC 9110 §9.3.2): routes need not know it.
        inner = {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        inner["state"] = {
            **scope.get("state", {}),
            "request_id": self._rules.new_id(),
            "address": client_address(peer, forwarded, self._rules.trusted),
            "language": language_of(headers),
        }
        answer = _Answer(scope["method"], send, self._headers)
        state = inner["state"]
        with security_log.within(request=state["request_id"], address=address_prefix(state["address"])):
            await self._answered(inner, headers, receive, answer)

    async def _answered(
        self, inner: Scope, headers: list[Header], receive: Receive, answer: "_Answer"
    ) -> None:
        try:
            status = self._refused(inner, headers)
            if status is None:
                body = await read_body(receive)
                status = _refusal_of_form(inner, headers, body)
            if status is not None:
                await self._refuse(inner, answer, status)
                return
        except Unreadable as refusal:
            if refusal.status is not None:
                await self._refuse(inner, answer, refusal.status)
            return
        try:
            await self._app(inner, replayed(body, receive), answer)
        except Exception:
            telemetry.log.exception(
                telemetry.REQUEST_FAILED, request=inner["state"]["request_id"], path_template=_template(inner)
            )
            if not answer.started:
                await self._say(inner, answer, 500, [])
            elif not answer.finished:
                raise  # the server cuts the connection: half an answer must not look like a whole one

    def _refused(self, scope: Scope, headers: list[Header]) -> int | None:
        """The status that refuses this request before its body is read, or None."""
        if scope["method"] not in METHODS:
            return 405
        if is_cross_site(scope["method"], headers, self._rules.origin):
            security_log.note(telemetry.CROSS_SITE, "refused", reason=scope["method"])
            return 403
        return refusal_of_headers(headers)

    async def _refuse(self, scope: Scope, answer: "_Answer", status: int) -> None:
        headers = [(b"connection", b"close")]  # whatever is left of the body is not read
        if status == 405:
            headers.append((b"allow", ", ".join(METHODS).encode()))
        await self._say(scope, answer, status, headers)

    async def _say(self, scope: Scope, answer: "_Answer", status: int, headers: list[Header]) -> None:
        language: Language = scope["state"]["language"]
        content_type, body = self._render(scope, problem_of_status(status, language), language)
        await answer(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", content_type),
                    (b"content-length", str(len(body)).encode()),
                    *headers,
                ],
            }
        )
        await answer({"type": "http.response.body", "body": body})


class _Answer:
    """`send`, with the headers every answer has, and without a body for HEAD."""

    def __init__(self, method: str, send: Send, headers: HeaderRules) -> None:
        self._method = method
        self._send = send
        self._headers = headers
        self.started = False
        self.finished = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            method = self._method if self._method in METHODS else "OTHER"
            telemetry.http_requests.labels(method, str(message["status"])).inc()
            message["headers"] = self._headers.completed(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.finished = not message.get("more_body", False)
            if self._method == "HEAD":
                message["body"] = b""
        await self._send(message)


def _refusal_of_form(scope: Scope, headers: list[Header], body: bytes) -> int | None:
    """415 for anything but JSON under /api (SECURITY 1.8): a form of another site cannot be made to say JSON."""
    if scope["method"] in SAFE_METHODS or not str(scope["path"]).startswith(API):
        return None
    kinds = [value.split(b";")[0].strip().lower() for name, value in headers if name == b"content-type"]
    return None if kinds == [b"application/json"] or (not kinds and not body) else 415


def language_of(headers: Iterable[Header]) -> Language:
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
