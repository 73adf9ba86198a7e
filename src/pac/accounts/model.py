"""Who is there: members, and the small part of one that rules ask about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from pac.clock import Instant

MemberId = NewType("MemberId", str)


class AppRole(StrEnum):
    ROLE_USER = "ROLE_USER"
    ROLE_ADMIN = "ROLE_ADMIN"


class LoginProvider(StrEnum):
    WEB = "WEB"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf something is asked; made by the server from a session, never by a client."""

    id: MemberId
    nickname: str
    app_role: AppRole

    @property
    def is_admin(self) -> bool:
        return self.app_role is AppRole.ROLE_ADMIN


@dataclass(frozen=True, slots=True)
class Member:
    id: MemberId
    username: str
    nickname: str
    app_role: AppRole
    created_at: Instant
    email: str | None = None
    provider: LoginProvider = LoginProvider.WEB
    profile_image: str | None = None
    html_url: str | None = None
    locked: bool = False
    deleted_at: Instant | None = None

    @property
    def may_sign_in(self) -> bool:
        return not self.locked and self.deleted_at is None

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.nickname, self.app_role)
