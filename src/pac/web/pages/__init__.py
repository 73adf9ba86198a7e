"""Pages: what people see. Every form works without JavaScript; the live room adds to a page that can be read."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from pac.accounts.actions import Accounts
from pac.http.problems import Problem
from pac.http.return_path import safe_return_path
from pac.language import Language
from pac.web import preferences
from pac.web.identity import Identity
from pac.web.pages.accounts import account_pages
from pac.web.pages.administration import administration_pages
from pac.web.pages.install import install_pages
from pac.web.pages.invitation import invitation_pages
from pac.web.pages.last_word import last_word_pages
from pac.web.pages.lobby import lobby_pages
from pac.web.pages.logs import log_pages
from pac.web.pages.members import member_pages
from pac.web.pages.room import room_pages
from pac.web.pages.room_settings import room_settings_pages
from pac.web.pages.settings import settings_pages
from pac.web.pages.shared import PageParts
from pac.web.pages.specimens import specimen_pages
from pac.web.parts import WebParts
from pac.web.templating import Static, Templates

IMMUTABLE = "public, max-age=31536000, immutable"


class Pages:
    def __init__(self, parts: WebParts, identity: Identity, accounts: Accounts) -> None:
        self._static = Static()
        self._templates = Templates(self._static, parts.timezone)
        self._pages = PageParts(parts, identity, accounts, self._templates)

    def add_to(self, app: FastAPI) -> None:
        app.include_router(account_pages(self._pages))
        app.include_router(lobby_pages(self._pages))
        app.include_router(room_settings_pages(self._pages))
        app.include_router(member_pages(self._pages))
        app.include_router(room_pages(self._pages))
        app.include_router(last_word_pages(self._pages))
        app.include_router(invitation_pages(self._pages))
        app.include_router(log_pages(self._pages))
        app.include_router(settings_pages(self._pages))
        app.include_router(administration_pages(self._pages))
        app.include_router(install_pages(self._pages, self._static))
        if self._pages.parts.dev_ui:
            app.include_router(specimen_pages(self._pages))
        app.add_api_route("/static/{build}/{path:path}", self._static_file, include_in_schema=False)

    def problem_page(self, problem: Problem, language: Language, cookies: Mapping[str, str]) -> str:
        """For whoever meets it, wherever it happened: nothing of the request is needed, nor a store."""
        return self._templates.page(
            "problem.html",
            language,
            problem=problem,
            viewer=None,
            pane=(),
            here="/",
            preferences=preferences.read(cookies.get(preferences.COOKIE)),
        )

    def to_sign_in(self, request: Request) -> Response:
        """The sign-in page, and back to where the person wanted to go."""
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        goal = safe_return_path(asked) if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(goal, safe='/')}" if goal != "/" else "/login", 303)

    async def _static_file(self, request: Request, build: str, path: str) -> Response:
        file = self._static.find(path) if build == self._static.build else None
        if file is None:
            return HTMLResponse("", 404)
        headers = {"Cache-Control": IMMUTABLE}
        if file.packed is None:
            return Response(file.body, media_type=file.content_type, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if not _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(file.body, media_type=file.content_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, media_type=file.content_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """What every browser says, and no more of RFC 9110 §12.5.3 than whether it refuses (`gzip;q=0`)."""
    for item in accepted.split(","):
        coding, _, weight = item.strip().partition(";")
        if coding.strip().lower() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False
