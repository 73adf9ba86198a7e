"""The verbs of accounts where two of them meet, and what they tell the rest of the process."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from pac.accounts.actions import SignUpFields, Visitor
from pac.accounts.events import AccountsChanged, SessionEnded
from pac.accounts.model import AppRole
from pac.accounts.sessions import Session, session_key
from pac.adapters.relational.sessions import SqlSessions
from pac.errors import Hidden, InvalidFields, NameTaken, WrongCredentials
from tests.web.service import PASSWORD, House

HERE = Visitor("192.0.2.77", "a browser")


class Meanwhile(SqlSessions):
    """The real store; just before a session is stored, somebody else does something."""

    def __init__(self, house: House, happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(house.parts.database)  # type: ignore[arg-type] # the fixture's is the SQL one
        self._happens = happens

    async def add(self, session: Session) -> None:
        await self._happens()
        await super().add(session)


@pytest.mark.req("2.5", "2.16")
@pytest.mark.parametrize("what", ["lock", "reset"])
async def test_a_sign_in_that_was_under_way_when_the_account_was_closed_gets_nothing(
    house: House, what: str
) -> None:
    await house.member("ada")
    accounts = house.service.accounts
    happens = {
        "lock": lambda: accounts.set_locked("ada", locked=True),
        "reset": lambda: accounts.reset_password("ada", "another password"),
    }[what]
    with pytest.raises(WrongCredentials):
        await replace(accounts, sessions=Meanwhile(house, happens)).sign_in("ada", PASSWORD, HERE)
    await accounts.set_locked("ada", locked=False)
    assert house.dump()["sessions"] == []


@pytest.mark.req("2.11")
async def test_what_is_kept_of_a_sign_in_is_no_whole_address_and_no_id(house: House) -> None:
    await house.member("ada")
    signed_in = await house.service.accounts.sign_in("ada", PASSWORD, replace(HERE, agent="x" * 1_000))
    stored = await house.parts.sessions.find(signed_in.session.key)
    assert stored is not None
    assert stored.address_prefix == "192.0.2.0/24"
    assert stored.agent == "x" * 256
    assert stored.key == session_key(signed_in.session_id)


@pytest.mark.req("2.15")
@pytest.mark.parametrize("verb", ["sign_out", "lock", "reset", "promote"])
async def test_every_end_of_a_session_is_told_and_has_its_row(house: House, verb: str) -> None:
    ada = await house.member("ada")
    key = session_key(ada.browser.cookies["PAC_SESSIONID"])
    told: list[str] = []
    house.parts.listeners.on(SessionEnded, lambda ended: told.append(ended.session_key))
    accounts = house.service.accounts
    match verb:
        case "sign_out":
            await accounts.sign_out(key)
        case "lock":
            await accounts.set_locked("ada", locked=True)
        case "reset":
            await accounts.reset_password("ada", "another password")
        case "promote":
            await accounts.promote("ada")
    assert told == [key]
    assert [row[1] for row in house.dump()["ended_sessions"]] == [key]
    await accounts.sign_out(key)
    assert told == [key], "once"


async def test_a_lock_and_a_role_are_told_after_they_are_stored(house: House) -> None:
    await house.member("ada")
    stored: list[int] = []
    house.parts.listeners.on(AccountsChanged, lambda _: stored.append(len(house.dump()["changes"])))
    await house.service.accounts.set_locked("ada", locked=True)
    await house.service.accounts.promote("ada")
    assert stored == [1, 2]


@pytest.mark.req("2.9")
async def test_the_first_administrator_is_made_by_command_and_obeys_the_rules(house: House) -> None:
    accounts = house.service.accounts
    with pytest.raises(InvalidFields):
        await accounts.create_admin(SignUpFields("root", "short", "Root"))
    made = await accounts.create_admin(SignUpFields("root", PASSWORD, "  Root  "))
    assert (made.app_role, made.nickname) == (AppRole.ROLE_ADMIN, "Root")
    with pytest.raises(NameTaken):
        await accounts.create_admin(SignUpFields("root", PASSWORD, "Other"))


async def test_nobody_is_there_to_be_locked(house: House) -> None:
    accounts = house.service.accounts
    for verb in (
        lambda: accounts.set_locked("nobody", locked=True),
        lambda: accounts.promote("nobody"),
        lambda: accounts.reset_password("nobody", PASSWORD),
    ):
        with pytest.raises(Hidden):
            await verb()
    with pytest.raises(InvalidFields):
        await accounts.reset_password("nobody", "short")
