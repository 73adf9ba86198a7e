"""The JSON of accounts (PROTOCOL §5)."""

from typing import Annotated

from pac.accounts.model import AppRole, LoginProvider, Member
from pac.accounts.rules import EMAIL_MAX, PASSWORD_MAX
from pac.names import NICKNAME_MAX, USERNAME
from pac.web.api.schemas import Answered, Asked, Text, described, example

Username = Annotated[Text, described("string", pattern=f"^{USERNAME.pattern}$")]
Nickname = Annotated[Text, described("string", minLength=1, maxLength=NICKNAME_MAX, format="name")]
Password = Annotated[Text, described("string", minLength=8, maxLength=PASSWORD_MAX, format="password")]
"""An installation may ask for longer ones."""
Email = Annotated[Text, described("string", maxLength=EMAIL_MAX, format="email")]


class JoinRequest(Asked):
    model_config = example(
        username="ada",
        password="correct horse battery",  # noqa: S106 - nobody's
        nickname="Ada",
        email=None,
    )

    username: Username
    password: Password
    nickname: Nickname
    email: Email | None = None


class JoinResponse(Answered):
    id: str
    username: str
    nickname: str
    email: str | None


class LoginRequest(Asked):
    model_config = example(
        username="ada",
        password="correct horse battery",  # noqa: S106 - nobody's
    )

    username: Text
    password: Text


class SessionMember(Answered):
    """Who is signed in; `token` opens a socket for five minutes and is never the session id."""

    id: str
    provider: LoginProvider
    username: str
    profileImage: str | None  # noqa: N815
    htmlUrl: str | None  # noqa: N815
    nickname: str
    email: str | None
    appRole: AppRole  # noqa: N815
    token: str

    @classmethod
    def of(cls, member: Member, token: str) -> "SessionMember":
        return cls(
            id=member.id,
            provider=member.provider,
            username=member.username,
            profileImage=member.profile_image,
            htmlUrl=member.html_url,
            nickname=member.nickname,
            email=member.email,
            appRole=member.app_role,
            token=token,
        )


class ValidateRequest(Asked):
    """Between services. `sessionId` takes a live token, as the original's page sends it."""

    model_config = example(sessionId="kX3vQ0…", roomId="8f3a5c0d9b7e4a1f8c2d6e0b4a9f7c31")

    sessionId: Text  # noqa: N815
    roomId: Text  # noqa: N815


class Validity(Answered):
    nickname: str | None
    isAdmission: bool  # noqa: N815
    isLogin: bool  # noqa: N815
    message: str
