"""The web service: REST and pages, and how every refusal becomes an answer.

Under /api a refusal is problem+json, elsewhere it is a page. The same app takes the message service's routes in
`pac serve`.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException as StarletteHTTPException

from pac import __version__, security_log, telemetry
from pac.accounts.actions import Accounts
from pac.errors import FieldFault, Hidden, InvalidFields, NotSignedIn, PacError
from pac.http.edge import API, METHODS, Edge, EdgeRules, Scope, language_of
from pac.http.problems import ErrorCode, Problem, problem_of, problem_of_status
from pac.language import Language
from pac.web.api.accounts import account_routes
from pac.web.api.administration import administration_routes
from pac.web.api.admissions import admission_routes
from pac.web.api.members import member_routes
from pac.web.api.messages import message_routes
from pac.web.api.rooms import room_routes
from pac.web.identity import Identity, cookie_name
from pac.web.pages import Pages
from pac.web.parts import WebParts

PROBLEM_JSON = b"application/problem+json"


class WebService:
    """`app` is plain FastAPI; `edge` is what the server runs."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self.identity = Identity(parts)
        self.accounts = Accounts(
            parts.database,
            parts.sessions,
            parts.listeners,
            parts.passwords,
            parts.throttle,
            parts.clock,
            parts.ids,
            parts.password_min,
        )
        self.pages = Pages(parts, self.identity, self.accounts)
        self.app = FastAPI(
            title="Plata Anywhere Chat",
            version=__version__,
            docs_url=None,
            redoc_url=None,
            openapi_url="/api/openapi.json",
            redirect_slashes=False,  # the address it would make comes from Host (SECURITY 1.12)
        )
        self.app.include_router(account_routes(parts, self.identity, self.accounts))
        self.app.include_router(room_routes(parts, self.identity))
        self.app.include_router(member_routes(parts, self.identity))
        self.app.include_router(admission_routes(parts, self.identity))
        self.app.include_router(administration_routes(parts, self.identity, self.accounts))
        self.app.include_router(message_routes(parts, self.identity))
        self.pages.add_to(self.app)
        self.app.openapi = self._openapi  # type: ignore[method-assign] # FastAPI's own way to extend it
        self._schema: dict[str, Any] | None = None
        self._answer_for(self.app)

    def edge(self, socket_source: str, app: FastAPI | None = None) -> Edge:
        """The app behind its edge; `socket_source` is what pages connect to beside their own origin.

        `app` may be another one than ours, for a process that serves sockets alone: its refusals are then
        answered as ours are.
        """
        parts = self._parts
        if app is not None and app is not self.app:
            self._answer_for(app)
        rules = EdgeRules(
            parts.public_origin,
            parts.is_https,
            socket_source,
            parts.trusted_proxies,
            new_id=lambda: parts.ids.uuid7(parts.clock.now()),
        )
        return Edge(app or self.app, rules, self.render)

    def _answer_for(self, app: FastAPI) -> None:
        app.add_exception_handler(PacError, self._refused)
        app.add_exception_handler(RequestValidationError, self._invalid)
        app.add_exception_handler(StarletteHTTPException, self._by_status)
        app.add_exception_handler(Exception, self._broken)

    def render(self, scope: Scope, problem: Problem, language: Language) -> tuple[bytes, bytes]:
        """(content type, body) of a problem, for the program or the person who asked."""
        if str(scope["path"]).startswith(API):
            document = problem.document(scope["state"]["request_id"], language)
            return PROBLEM_JSON, msgspec.json.encode(document)
        return b"text/html; charset=utf-8", self.pages.problem_page(
            problem, language, Request(scope).cookies
        ).encode()

    def _answer(self, request: Request, problem: Problem) -> Response:
        language = language_of(request.scope["headers"])
        content_type, body = self.render(request.scope, problem, language)
        return Response(body, problem.status, problem.headers, media_type=content_type.decode())

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, PacError)  # registered for it
        language = language_of(request.scope["headers"])
        if isinstance(error, NotSignedIn) and not request.url.path.startswith(API):
            return self.pages.to_sign_in(request)
        problem = problem_of(error, language)
        if problem.code in (ErrorCode.FORBIDDEN, ErrorCode.READ_ONLY, ErrorCode.BANNED) or isinstance(
            error, Hidden
        ):
            viewer = getattr(request.state, "viewer", None)
            security_log.note(
                telemetry.DENIED,
                "refused",
                reason=problem.code.value,
                actor=viewer.member.id if viewer else "",
                room=request.path_params.get("room_id", "")[:36],
            )
        return self._answer(request, problem)

    async def _invalid(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # registered for it
        language = language_of(request.scope["headers"])
        found = [dict(fault) for fault in error.errors()]
        if any(fault["type"] == "json_invalid" or _is_no_body(fault) for fault in found):
            return self._answer(request, problem_of_status(400, language))
        return self._answer(request, problem_of(InvalidFields(*map(_field_fault, found)), language))

    async def _by_status(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException | StarletteHTTPException)  # registered for it
        language = language_of(request.scope["headers"])
        answer = self._answer(request, problem_of_status(error.status_code, language))
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        if error.status_code == 405:
            answer.headers["Allow"] = ", ".join(_methods_at(request))
        return answer

    async def _broken(self, request: Request, _: Exception) -> Response:
        """What nobody foresaw. The edge logs it, under the id that is answered here."""
        return self._answer(request, problem_of_status(500, language_of(request.scope["headers"])))

    def _openapi(self) -> dict[str, Any]:
        """FastAPI's description, with problems under the media type they are sent in, and without the 422 of its
        own form that it adds to routes which have only a path."""
        if self._schema is None:
            schema = FastAPI.openapi(self.app)
            for item in schema["paths"].values():
                for operation in item.values():
                    operation["responses"] = dict(_as_sent(operation["responses"]))
            for name in ("HTTPValidationError", "ValidationError"):
                schema["components"]["schemas"].pop(name, None)
            cookie = cookie_name(is_https=self._parts.is_https)
            schema["components"]["securitySchemes"] = {
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "token": {"type": "http", "scheme": "bearer", "description": "A live token of a session"},
                "service": {"type": "http", "scheme": "bearer", "description": "PAC_SERVICE_TOKEN"},
            }
            schema["security"] = [{"session": []}, {"token": []}]
            self._schema = schema
        return self._schema


def _methods_at(request: Request) -> list[str]:
    """All that the resource of this address knows; the route that was asked knows but one (RFC 9110 §10.2.1)."""
    template = getattr(request.scope.get("route"), "path", None)
    known: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if context.path == template:
            known |= set(context.methods or ())
    return [method for method in METHODS if method in known or (method == "HEAD" and "GET" in known)]


def _as_sent(responses: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for status, response in responses.items():
        described = response.get("content", {}).get("application/json", {})
        if described.get("schema", {}).get("$ref") == "#/components/schemas/HTTPValidationError":
            continue
        if status[0] in "45" and described:
            response["content"] = {PROBLEM_JSON.decode(): described}
        yield status, response


def _is_no_body(fault: dict[str, Any]) -> bool:
    return fault["type"] == "missing" and tuple(fault["loc"]) == ("body",)


_FAULT_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown",
    "enum": "not_offered",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "characters",
    "string_unicode": "characters",
}


def _field_fault(fault: dict[str, Any]) -> FieldFault:
    """pydantic's finding in our words: the field's JSON name, and what is wrong in a code of ours."""
    place = [str(part) for part in fault["loc"] if part not in ("body", "query", "path")]
    code = _FAULT_CODES.get(str(fault["type"]), "form")
    return FieldFault(".".join(place) or "body", code, fault.get("ctx", {}).get("max_length"))
