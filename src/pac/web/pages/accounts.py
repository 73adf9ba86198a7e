"""Landing, sign-up, sign-in, sign-out, and the language switch."""

from fastapi import APIRouter, Request, Response

from pac.accounts.actions import SignUpFields
from pac.errors import Refusal, Unavailable
from pac.http.return_path import safe_return_path
from pac.language import LANGUAGES
from pac.web.pages.shared import PageParts, form_of, see_other

LANGUAGE_AGE_S = 365 * 24 * 3_600


def account_pages(pages: PageParts) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    identity, accounts = pages.identity, pages.accounts

    @router.get("/")
    async def landing(request: Request) -> Response:
        viewer = await identity.viewer_or_none(request)
        return see_other("/chat/lobby") if viewer else await pages.show(request, "landing.html", None)

    @router.get("/login")
    async def sign_in_form(request: Request) -> Response:
        goal = safe_return_path(request.query_params.get("next"))
        if await identity.viewer_or_none(request):
            return see_other(goal)
        return await pages.show(
            request, "sign_in.html", None, form={"username": "", "next": goal}, faults={}, trouble="",
            joined=request.query_params.get("joined") == "1", is_out=request.query_params.get("out") == "1",
        )  # fmt: skip

    @router.post("/login")
    async def sign_in(request: Request) -> Response:
        form = await form_of(request, "username", "password", "next")
        password, form["next"] = form.pop("password"), safe_return_path(form["next"])
        try:
            signed_in = await accounts.sign_in(
                form["username"].strip().lower(), password, identity.visitor(request)
            )
        except (Refusal, Unavailable) as refusal:
            return await pages.show_again(
                request, "sign_in.html", None, form, refusal, joined=False, is_out=False
            )
        response = see_other(form["next"] if form["next"] != "/" else "/chat/lobby")
        identity.greet(response, signed_in)
        return response

    @router.get("/auth/join")
    async def sign_up_form(request: Request) -> Response:
        form = {
            "username": "",
            "nickname": "",
            "email": "",
            "next": safe_return_path(request.query_params.get("next")),
        }
        return await pages.show(
            request, "sign_up.html", None, form=form, faults={}, trouble="", shortest=pages.parts.password_min
        )

    @router.post("/auth/join")
    async def sign_up(request: Request) -> Response:
        form = await form_of(request, "username", "password", "nickname", "email", "next")
        password, form["next"] = form.pop("password"), safe_return_path(form["next"])
        visitor = identity.visitor(request)
        fields = SignUpFields(form["username"].strip(), password, form["nickname"], form["email"] or None)
        try:
            await accounts.sign_up(fields, visitor)
            signed_in = await accounts.sign_in(fields.username, password, visitor)
        except (Refusal, Unavailable) as refusal:
            return await pages.show_again(
                request, "sign_up.html", None, form, refusal, shortest=pages.parts.password_min
            )
        response = see_other(form["next"] if form["next"] != "/" else "/chat/lobby")
        identity.greet(response, signed_in)
        return response

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        viewer = await identity.viewer_or_none(request)
        if viewer is not None:
            await accounts.sign_out(viewer.session.key)
        response = see_other("/login")
        identity.part(response)
        return response

    @router.post("/lang")
    async def switch_language(request: Request) -> Response:
        form = await form_of(request, "lang", "next")
        response = see_other(safe_return_path(form["next"]))
        if form["lang"] in LANGUAGES:
            response.set_cookie(
                "lang",
                form["lang"],
                max_age=LANGUAGE_AGE_S,
                path="/",
                secure=pages.parts.is_https,
                samesite="lax",
                httponly=True,
            )
        return response

    return router
