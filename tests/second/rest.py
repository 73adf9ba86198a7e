"""A person over HTTP, as docs/PROTOCOL.md tells it: signs up, signs in, keeps a live token, runs rooms.

Two ways in, and never both in one request: the cookie asks for fresh tokens, and for nothing else; every other
call carries the token alone, so that the rules for browsers do not concern it.
"""

import time
from types import TracebackType
from typing import Any, Self

import httpx

TOKEN_IS_FRESH_S = 240.0
"""A live token lasts 5 minutes; it is renewed a minute before that."""


class Problem(Exception):
    """An answer that is not 2xx. `code` is its errorCode."""

    def __init__(self, answer: httpx.Response) -> None:
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        self.status = answer.status_code
        self.fields: dict[str, Any] = answer.json() if is_problem else {}
        self.code: str = self.fields.get("errorCode", "")
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {self.status} {answer.text[:300]}"
        )


class Account:
    """`url`: where the REST routes are."""

    def __init__(self, url: str, username: str, password: str = "correct horse") -> None:
        self.username = username
        self.id = ""
        self._password = password
        self._token = ""
        self._token_until = 0.0
        self._by_cookie = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
        self._by_token = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._by_cookie.aclose()
        await self._by_token.aclose()

    async def sign_up(self, nickname: str) -> None:
        answer = await self._by_token.post(
            "/api/v1/auth/join",
            json={
                "username": self.username,
                "password": self._password,
                "nickname": nickname,
                "email": None,
            },
        )
        self.id = _told(answer)["id"]

    async def sign_in(self) -> None:
        answer = await self._by_cookie.post(
            "/api/v1/auth/login", json={"username": self.username, "password": self._password}
        )
        self._signed_in(_told(answer))

    async def sign_out(self) -> None:
        await self.call("POST", "/api/v1/auth/logout")

    async def token(self) -> str:
        """A live token that has at least a minute left. Raises Problem with 401 where the session has ended."""
        if time.monotonic() > self._token_until:
            self._signed_in(_told(await self._by_cookie.get("/api/v1/auth/endpoint/check")))
        return self._token

    async def call(self, method: str, path: str, json: object = None, **query: object) -> Any:
        """The answer's JSON; None where it has no body. Raises Problem."""
        answer = await self._by_token.request(
            method,
            path,
            json=json,
            params={name: str(value) for name, value in query.items()},
            headers={"authorization": f"Bearer {await self.token()}"},
        )
        return _told(answer)

    # Rooms

    async def create_room(self, name: str, *, public: str = "AVAILABLE", capacity: int = 100) -> str:
        made = await self.call(
            "POST",
            "/api/v1/room",
            {
                "roomName": name,
                "description": "",
                "imageUrl": None,
                "capacity": capacity,
                "roomPublic": public,
            },
        )
        return str(made["roomId"])

    async def room(self, room: str) -> dict[str, Any]:
        fields: dict[str, Any] = await self.call("GET", f"/api/v1/room/{room}")
        return fields

    async def change_room(self, room: str, **fields: object) -> None:
        await self.call("PUT", f"/api/v1/room/{room}", fields)

    async def end_room(self, room: str) -> None:
        await self.call("DELETE", f"/api/v1/room/{room}")

    async def join(self, room: str) -> None:
        await self.call("POST", f"/api/v1/room/{room}/join")

    async def answer_request(self, room: str, member: str, decision: str) -> None:
        await self.call("POST", f"/api/v1/room/{room}/request/{member}", {"decision": decision})

    async def invite(self, room: str) -> str:
        """The token of a new invitation for one."""
        made = await self.call("POST", f"/api/v1/room/{room}/invitation", {"maxUses": 1, "expiresInHours": 1})
        return str(made["token"])

    async def accept_invitation(self, token: str) -> None:
        await self.call("POST", f"/api/v1/invitation/{token}/accept")

    async def exit(self, room: str) -> None:
        await self.call("POST", f"/api/v1/room/{room}/exit")

    async def change_member(self, room: str, member: str, **fields: object) -> None:
        await self.call("PUT", f"/api/v1/room/{room}/member/{member}", fields)

    async def kick(self, room: str, member: str) -> None:
        await self.call("DELETE", f"/api/v1/room/{room}/member/{member}")

    async def members(self, room: str) -> list[dict[str, Any]]:
        """All of them, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.call("GET", f"/api/v1/room/{room}/member", page=len(found) // 50 + 1)
            found += page["content"]
            if len(page["content"]) < 50:
                return found

    async def log(self, room: str) -> list[dict[str, Any]]:
        """The whole of it, ascending, by ?after=."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = await self.call("GET", f"/api/v1/chat/log/{room}", after=after, limit=100)
            found += page["messages"]
            if not page["more"]:
                return found

    async def delete(self, room: str, seq: int) -> None:
        await self.call("DELETE", f"/api/v1/chat/log/{room}/{seq}")

    def _signed_in(self, answer: dict[str, Any]) -> None:
        self.id = answer["id"]
        self._token = answer["token"]
        self._token_until = time.monotonic() + TOKEN_IS_FRESH_S


def _told(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Problem(answer)
    return answer.json() if answer.content else None
