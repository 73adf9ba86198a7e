"""Signing up, in and out, over REST (PROTOCOL §5)."""

from fastapi import APIRouter, Request, Response

from pac.accounts.access import identify_by_token
from pac.accounts.actions import Accounts, SignUpFields
from pac.errors import NotSignedIn, Refusal
from pac.language import words_of
from pac.rooms.access import access_room
from pac.rooms.model import RoomId
from pac.rooms.rules import Action
from pac.web.api.account_schemas import (
    JoinRequest,
    JoinResponse,
    LoginRequest,
    SessionMember,
    ValidateRequest,
    Validity,
)
from pac.web.api.bodiless import NO_FIELDS
from pac.web.api.schemas import FOR_EVERYBODY, UNSAFE, refusals
from pac.web.identity import Identity, language_of
from pac.web.parts import WebParts


def account_routes(parts: WebParts, identity: Identity, accounts: Accounts) -> APIRouter:
    router = APIRouter(prefix="/api/v1/auth", tags=["accounts"])

    @router.post(
        "/join",
        summary="Sign up; does not sign in",
        responses=refusals(*UNSAFE, 409, 429),
        openapi_extra=FOR_EVERYBODY,
    )
    async def join(asked: JoinRequest, request: Request) -> JoinResponse:
        member = await accounts.sign_up(
            SignUpFields(asked.username, asked.password, asked.nickname, asked.email),
            identity.visitor(request),
        )
        return JoinResponse(
            id=member.id, username=member.username, nickname=member.nickname, email=member.email
        )

    @router.post(
        "/login",
        summary="Sign in: a cookie, and a live token",
        responses=refusals(*UNSAFE, 401, 429),
        openapi_extra=FOR_EVERYBODY,
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
        openapi_extra=FOR_EVERYBODY,
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

    @router.post(
        "/validate",
        summary="Between services: whose live token this is, and whether they may be in a room",
        responses=refusals(*UNSAFE, 401),
        openapi_extra={"security": [{"service": []}]},
    )
    async def validate(asked: ValidateRequest, request: Request) -> Validity:
        identity.require_service(request)
        language, now = language_of(request), parts.clock.now()
        try:
            found = await identify_by_token(parts.database, parts.sessions, asked.sessionId, now)
        except NotSignedIn as refusal:
            return Validity(
                nickname=None, isAdmission=False, isLogin=False, message=words_of(refusal, language)
            )
        nickname = found.member.nickname
        try:
            async with parts.database.reading() as tx:
                await access_room(tx, found.member.actor, RoomId(asked.roomId), Action.SUBSCRIBE, now)
        except Refusal as refusal:
            return Validity(
                nickname=nickname, isAdmission=False, isLogin=True, message=words_of(refusal, language)
            )
        return Validity(nickname=nickname, isAdmission=True, isLogin=True, message="ok")

    return router
