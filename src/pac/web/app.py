"""The web service: REST and pages, and how every refusal becomes an answer.

Under /api a refusal is problem+json, elsewhere it is a page. The same app takes the message service's routes in
`pac serve`.
"""

from typing import Any

import msgspec
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from pac import __version__, telemetry
from pac.accounts.actions import Accounts
from pac.errors import FieldFault, Hidden, InvalidFields, NotSignedIn, PacError
from pac.http.edge import Edge, EdgeRules, Scope, language_of
from pac.http.problems import ErrorCode, Problem, problem_of, problem_of_status
from pac.language import Language
from pac.web.api.accounts import account_routes
from pac.web.api.messages import message_routes
from pac.web.api.rooms import room_routes
from pac.web.api.schemas import ProblemDocument
from pac.web.identity import Identity, cookie_name
from pac.web.pages import Pages
from pac.web.parts import WebParts

PROBLEM_JSON = b"application/problem+json"
API = "/api/"


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
            responses={
                "4XX": {"description": "A refusal (RFC 9457)", "model": ProblemDocument},
                "5XX": {"description": "A fault (RFC 9457)", "model": ProblemDocument},
            },
            redirect_slashes=False,
        )
        self.app.include_router(account_routes(self.identity, self.accounts))
        self.app.include_router(room_routes(parts, self.identity))
        self.app.include_router(message_routes(parts, self.identity))
        self.pages.add_to(self.app)
        self.app.add_exception_handler(PacError, self._refused)
        self.app.add_exception_handler(RequestValidationError, self._invalid)
        self.app.add_exception_handler(StarletteHTTPException, self._by_status)

    def edge(self, socket_source: str) -> Edge:
        """The app behind its edge; `socket_source` is what pages connect to beside their own origin."""
        parts = self._parts
        rules = EdgeRules(
            parts.public_origin,
            parts.is_https,
            cookie_name(is_https=parts.is_https),
            socket_source,
            parts.trusted_proxies,
        )
        return Edge(self.app, rules, self.render)

    def render(self, scope: Scope, problem: Problem, language: Language) -> tuple[bytes, bytes]:
        """(content type, body) of a problem, for the program or the person who asked."""
        if str(scope["path"]).startswith(API):
            error_id = self._parts.ids.uuid7(self._parts.clock.now())
            return PROBLEM_JSON, msgspec.json.encode(problem.document(error_id, language))
        return b"text/html; charset=utf-8", self.pages.problem_page(problem, language).encode()

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
        if problem.code in (ErrorCode.FORBIDDEN, ErrorCode.READ_ONLY) or isinstance(error, Hidden):
            telemetry.log.info(telemetry.DENIED, code=problem.code.value)
        return self._answer(request, problem)

    async def _invalid(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # registered for it
        language = language_of(request.scope["headers"])
        kinds = {str(fault["type"]) for fault in error.errors()}
        if "json_invalid" in kinds:
            return self._answer(request, problem_of_status(400, language))
        if request.method in ("POST", "PUT") and not _is_json(request):
            return self._answer(request, problem_of_status(415, language))
        faults = [_field_fault(dict(fault)) for fault in error.errors()]
        return self._answer(request, problem_of(InvalidFields(*faults), language))

    async def _by_status(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException | StarletteHTTPException)  # registered for it
        language = language_of(request.scope["headers"])
        answer = self._answer(request, problem_of_status(error.status_code, language))
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        return answer


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"


def _field_fault(fault: dict[str, Any]) -> FieldFault:
    """pydantic's finding in our words: the field's JSON name, and what is wrong in a code of ours."""
    place = [str(part) for part in fault["loc"] if part not in ("body", "query", "path")]
    code = {"missing": "required", "extra_forbidden": "unknown", "enum": "not_offered"}.get(
        str(fault["type"]), "form"
    )
    return FieldFault(".".join(place) or "body", code)
