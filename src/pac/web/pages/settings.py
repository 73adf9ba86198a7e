"""A member's own settings: what they prefer on this device, password, and where they are signed in."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pac.errors import Refusal, Unavailable, WrongCredentials
from pac.language import translate
from pac.web import preferences
from pac.web.identity import language_of
from pac.web.pages.shared import PageParts, form_of, see_other, wants_json


def settings_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(prefix="/settings", include_in_schema=False)
    parts, identity, accounts = pages.parts, pages.identity, pages.accounts

    async def context(request: Request) -> dict[str, Any]:
        viewer = await identity.viewer(request)
        return {
            "sessions": await parts.sessions.of_member(viewer.member.id),
            "current": viewer.session.key,
            "device": device,
            "shortest": parts.password_min,
            "done": False,
        }

    @router.get("")
    async def settings(request: Request) -> Response:
        viewer = await identity.viewer(request)
        values = {"faults": {}, "trouble": "", **await context(request)}
        return await pages.show(request, "settings.html", viewer, **values)

    @router.post("/password")
    async def change_password(request: Request) -> Response:
        viewer = await identity.viewer(request)
        form = await form_of(request, "current", "password")
        current, new = form.pop("current"), form.pop("password")
        try:
            await accounts.change_password(viewer.member, viewer.session, current, new)
        except WrongCredentials:
            words = translate(language_of(request), "This is not the password you have now.")
            values = {"faults": {"current": words}, "trouble": "", **await context(request)}
            return await pages.show(request, "settings.html", viewer, status=422, **values)
        except (Refusal, Unavailable) as refusal:
            return await pages.show_again(
                request, "settings.html", viewer, form, refusal, **await context(request)
            )
        values = {"faults": {}, "trouble": "", **await context(request), "done": True}
        return await pages.show(request, "settings.html", viewer, **values)

    @router.post("/preferences")
    async def prefer(request: Request) -> Response:
        await identity.viewer(request)
        before = preferences.read(request.cookies.get(preferences.COOKIE))
        now = preferences.chosen(await form_of(request, *preferences.NAMES), before)
        response: Response = Response(status_code=204) if wants_json(request) else see_other("/settings")
        response.set_cookie(
            preferences.COOKIE,
            preferences.written(now),
            max_age=preferences.AGE_S,
            path="/",
            secure=parts.is_https,
            samesite="lax",
            httponly=True,
        )
        return response

    @router.post("/sessions")
    async def sign_out_others(request: Request) -> Response:
        viewer = await identity.viewer(request)
        await accounts.sign_out_others(viewer.member.id, viewer.session.key)
        return see_other("/settings")

    @router.post("/sessions/{reference}")
    async def revoke(reference: str, request: Request) -> Response:
        viewer = await identity.viewer(request)
        await accounts.revoke(viewer.member.id, reference)
        return see_other("/settings")

    return router


_BROWSERS = ("Edg", "OPR", "SamsungBrowser", "Whale", "Firefox", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet"}
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """What a person would call it: the browser and the system, as far as the User-Agent says; else all of it."""
    browser = next((_NAMES.get(name, name) for name in _BROWSERS if f"{name}/" in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (browser, system) if part) or agent[:60]
