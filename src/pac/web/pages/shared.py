"""What every page needs: who looks at it, in which language, and how a form that was refused is shown again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pac.accounts.access import Identified
from pac.accounts.actions import Accounts
from pac.errors import FieldFault, InvalidFields, NameTaken, Refusal, Unavailable
from pac.http.problems import problem_of
from pac.language import words_of_fault
from pac.web import preferences
from pac.web.api.room_schemas import RoomListRow
from pac.web.identity import Identity, language_of
from pac.web.pages.rooms_pane import my_rooms
from pac.web.parts import WebParts
from pac.web.templating import Templates

Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class PageParts:
    parts: WebParts
    identity: Identity
    accounts: Accounts
    templates: Templates

    async def show(
        self,
        request: Request,
        name: str,
        viewer: Identified | None,
        *,
        status: int = 200,
        pane: Sequence[RoomListRow] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page, with the viewer's rooms beside it; `pane` gives them where they are known already."""
        if pane is None:
            pane = await my_rooms(self.parts, viewer) if viewer else ()
        text = self.templates.page(
            name,
            language_of(request),
            request.cookies.get("tz"),
            viewer=viewer.member if viewer else None,
            pane=pane,
            preferences=preferences.read(request.cookies.get(preferences.COOKIE)),
            here=request.url.path
            + (f"?{request.url.query}" if request.method == "GET" and request.url.query else ""),
            **values,
        )
        return HTMLResponse(text, status)

    def zone(self, request: Request) -> ZoneInfo:
        """The reader's time zone, as its browser said, else the installation's."""
        return self.templates.zone(request.cookies.get("tz"))

    async def show_again(
        self,
        request: Request,
        name: str,
        viewer: Identified | None,
        form: Form,
        refusal: Refusal | Unavailable,
        **values: Any,
    ) -> HTMLResponse:
        """The form with what was typed, each fault beside its field, and the rest above it."""
        language = language_of(request)
        problem = problem_of(refusal, language)
        faults: dict[str, str] = {}
        if isinstance(refusal, InvalidFields):
            faults = {fault.field: words_of_fault(fault, language) for fault in refusal.faults}
        elif isinstance(refusal, NameTaken):
            faults = {refusal.field: problem.words}
        page = await self.show(
            request,
            name,
            viewer,
            status=problem.status,
            form=form,
            faults=faults,
            trouble="" if faults else problem.words,
            **values,
        )
        page.headers.update(problem.headers)
        return page


def wants_json(request: Request) -> bool:
    """Whether a page's script asks for its data alone (docs/CLIENT.md)."""
    return "application/json" in request.headers.get("accept", "")


async def form_of(request: Request, *fields: str) -> Form:
    """These fields of a form; one that is not there, or is no text, is empty."""
    async with request.form(max_files=0, max_fields=20) as form:
        given = {name: form.get(name) for name in fields}
    return {name: value if isinstance(value, str) else "" for name, value in given.items()}


def number_of(field: str, text: str) -> int:
    """Raises InvalidFields for anything but a whole number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidFields(FieldFault(field, "out_of_range", 100_000))
    return int(text)


def see_other(path: str) -> RedirectResponse:
    """After a POST: a page of ours, with GET (RFC 9110 §15.4.4)."""
    return RedirectResponse(path, 303)
