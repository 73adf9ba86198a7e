"""Signing up, in and out, over REST (PROTOCOL §5)."""

from fastapi import APIRouter, Request, Response

from pac.accounts.actions import Accounts, SignUpFields
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.schemas import UNSAFE, JoinRequest, JoinResponse, LoginRequest, SessionMember, refusals
from pac.web.identity import Identity


def account_routes(identity: Identity, accounts: Accounts) -> APIRouter:
    router = APIRouter(prefix="/api/v1/auth", tags=["accounts"])

    @router.post("/join", summary="Sign up; does not sign in", responses=refusals(*UNSAFE, 409, 429))
    async def join(asked: JoinRequest, request: Request) -> JoinResponse:
        member = await accounts.sign_up(
            SignUpFields(asked.username, asked.password, asked.nickname, asked.email),
            identity.visitor(request),
        )
        return JoinResponse(
            id=member.id, username=member.username, nickname=member.nickname, email=member.email
        )

    @router.post(
        "/login", summary="Sign in: a cookie, and a live token", responses=refusals(*UNSAFE, 401, 429)
    )
    async def login(asked: LoginRequest, request: Request, response: Response) -> SessionMember:
        signed_in = await accounts.sign_in(asked.username, asked.password, identity.visitor(request))
        identity.greet(response, signed_in)
        return SessionMember.of(signed_in.member, await accounts.live_token(signed_in.session))

    @router.post(
        "/logout",
        status_code=204,
        summary="End the session, its tokens and its sockets",
        dependencies=[NO_FIELDS],
        responses=refusals(*UNSAFE),
    )
    async def logout(request: Request) -> Response:
        viewer = await identity.viewer_or_none(request)
        if viewer is not None:
            await accounts.sign_out(viewer.session.key)
        response = Response(status_code=204)
        identity.part(response)
        return response

    @router.get(
        "/endpoint/check", summary="Who is signed in, with a fresh live token", responses=refusals(401)
    )
    async def check(request: Request) -> SessionMember:
        viewer = await identity.viewer(request)
        return SessionMember.of(viewer.member, await accounts.live_token(viewer.session))

    return router
