"""From a request to the member who makes it, and the cookies that carry a session.

The session cookie is HttpOnly, SameSite=Lax (the return from an OAuth provider is a cross-site GET) and, over
HTTPS, `__Host-` and Secure (SECURITY 1.4). A live token in `Authorization: Bearer` stands for its session.
"""

import hmac
from typing import cast

from fastapi import Request, Response

from pac.accounts.access import Identified, identify, identify_by_token
from pac.accounts.actions import SignedIn, Visitor
from pac.accounts.model import Actor
from pac.accounts.sessions import ABSOLUTE_MS
from pac.clock import HOUR_MS
from pac.errors import Forbidden, NotSignedIn, SignInAgain
from pac.language import Language
from pac.web.parts import WebParts

COOKIE = "PAC_SESSIONID"
DEVICE_COOKIE = "PAC_DEVICE"
ADMIN_SIGN_IN_MS = 12 * HOUR_MS
DEVICE_AGE_S = 365 * 24 * 3_600


def cookie_name(*, is_https: bool) -> str:
    return f"__Host-{COOKIE}" if is_https else COOKIE


def device_cookie_name(*, is_https: bool) -> str:
    return f"__Host-{DEVICE_COOKIE}" if is_https else DEVICE_COOKIE


def language_of(request: Request) -> Language:
    return cast("Language", request.state.language)


class Identity:
    """Made once per service; `viewer` is what routes depend on."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._cookie = cookie_name(is_https=parts.is_https)
        self._device = device_cookie_name(is_https=parts.is_https)

    async def viewer(self, request: Request) -> Identified:
        """Who asks. Raises NotSignedIn. Looked up once per request."""
        known: Identified | None = getattr(request.state, "viewer", None)
        if known is None:
            known = request.state.viewer = await self._identified(request)
        return known

    async def viewer_or_none(self, request: Request) -> Identified | None:
        """For pages that anybody may open."""
        try:
            return await self.viewer(request)
        except NotSignedIn:
            return None

    async def actor(self, request: Request) -> Actor:
        return (await self.viewer(request)).member.actor

    async def administrator(self, request: Request) -> Actor:
        """Who asks, if it is an administrator. Raises NotSignedIn, Forbidden; and SignInAgain when the sign-in
        is older than ADMIN_SIGN_IN_MS (SECURITY 2.13)."""
        viewer = await self.viewer(request)
        if not viewer.member.actor.is_admin:
            raise Forbidden
        if self._parts.clock.now() - viewer.session.created_at >= ADMIN_SIGN_IN_MS:
            raise SignInAgain
        return viewer.member.actor

    def require_service(self, request: Request) -> None:
        """Another service of ours, by PAC_SERVICE_TOKEN. Raises NotSignedIn."""
        ours = self._parts.service_token
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not ours or not hmac.compare_digest(given.encode(), ours.encode()):
            raise NotSignedIn

    async def _identified(self, request: Request) -> Identified:
        parts = self._parts
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return await identify_by_token(parts.database, parts.sessions, token.strip(), parts.clock.now())
        session_id = request.cookies.get(self._cookie)
        if not session_id:
            raise NotSignedIn
        return await identify(parts.database, parts.sessions, session_id, parts.clock.now())

    def visitor(self, request: Request) -> Visitor:
        return Visitor(
            address=request.state.address,
            agent=request.headers.get("user-agent", "")[:256],
            device=request.cookies.get(self._device),
            session_id=request.cookies.get(self._cookie),
        )

    def greet(self, response: Response, signed_in: SignedIn) -> None:
        """Give the browser its session, and remember that it knows this account."""
        for name, value, age in (
            (self._cookie, signed_in.session_id, ABSOLUTE_MS // 1_000),
            (self._device, signed_in.device, DEVICE_AGE_S),
        ):
            response.set_cookie(
                name, value, max_age=age, path="/", secure=self._parts.is_https, httponly=True, samesite="lax"
            )

    def part(self, response: Response) -> None:
        """Take the session back and have the browser forget what it kept of it (SECURITY 1.10)."""
        response.delete_cookie(
            self._cookie, path="/", secure=self._parts.is_https, httponly=True, samesite="lax"
        )
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
