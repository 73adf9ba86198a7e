"""What an operator's commands do beside `pac serve`: look, migrate, make demo data, look after accounts.

They run with or without a server on the same data folder: what they change reaches it by the change feed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pac import demo
from pac.accounts.actions import Accounts, SignUpFields
from pac.accounts.passwords import Passwords
from pac.accounts.throttle import SignInThrottle
from pac.bootstrap import Stores, embedded_accounts, embedded_stores, migrate_stores
from pac.clock import Instant, SystemClock
from pac.errors import CannotStart, Unavailable
from pac.http import server as http
from pac.ids import SystemIds
from pac.limits.rules import Limits
from pac.messages.facts import draft_of
from pac.messages.model import Seq
from pac.messages.sequencer import Sequencer
from pac.settings import Settings
from pac.transactions import Listeners


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `pac check`: what was tried, and what to do when it is not good."""

    what: str
    good: bool = True
    remedy: str = ""


@asynccontextmanager
async def _stores(settings: Settings, *, writes_log: bool) -> AsyncIterator[Stores]:
    async with embedded_stores(
        settings, Listeners(), SystemClock(), SystemIds(), writes_log=writes_log, on_fatal=lambda _: None
    ) as stores:
        yield stores


async def check(settings: Settings) -> AsyncIterator[Finding]:
    """Try every part the settings point at. Changes nothing that is there."""
    yield Finding(
        f"PAC {version('plata-anywhere-chat')}, profile {settings.profile}, public address {settings.public_origin}"
    )
    for port, name in ((settings.web_port, "PAC_WEB_PORT"), (settings.message_port, "PAC_MESSAGE_PORT")):
        try:
            http.listen(settings.bind, port, name).close()
            yield Finding(f"{name}: port {port} on {settings.bind} is free")
        except CannotStart as fault:
            yield Finding(
                fault.what, good=False, remedy=f"{fault.remedy} If that is this server, all is well."
            )
    folder = settings.data_dir
    if not folder.exists():
        yield Finding(f"PAC_DATA_DIR: {folder} is not there yet; `pac serve` makes it")
        return
    yield await asyncio.to_thread(_folder_finding, folder)
    try:
        async with _stores(settings, writes_log=False) as stores:
            async with stores.database.reading() as tx:
                count = await tx.accounts.count()
            yield Finding(f"database: {count} members")
            waiting = len(await stores.outbox.pending(1_000))
            yield Finding(f"outbox: {waiting} facts wait for the log" if waiting else "outbox: nothing waits")
            problems = await stores.log.problems()
            if problems:
                yield Finding(
                    f"message log: {problems[0]}", good=False, remedy="Stop the server and restore a backup."
                )
            else:
                yield Finding("message log: readable, and whole")
    except CannotStart as fault:
        yield Finding(fault.what, good=False, remedy=fault.remedy)
    except Unavailable as fault:
        yield Finding(
            f"a store did not answer ({fault})", good=False, remedy="Is the disk full, or very slow?"
        )


def _folder_finding(folder: Path) -> Finding:
    trial = folder / ".pac-check"
    try:
        trial.write_bytes(b"pac")
        read_back = trial.read_bytes()
        trial.unlink()
    except OSError as fault:
        return Finding(
            f"PAC_DATA_DIR: {folder} cannot be written: {fault.strerror}",
            good=False,
            remedy="Let the user who runs PAC own it, on a local disk with space.",
        )
    return Finding(f"PAC_DATA_DIR: {folder} can be written and read back", good=read_back == b"pac")


async def migrate(settings: Settings) -> str:
    before, now = await asyncio.to_thread(migrate_stores, settings)
    if before == now:
        return f"The database has the form this version needs ({now}). Nothing was changed."
    return f"The database was brought from {before or 'nothing'} to {now}."


async def seed_demo(settings: Settings, *, if_empty: bool) -> str:
    """Demo data into an empty installation. Raises CannotStart when there are members and `if_empty` is not set."""
    clock, ids = SystemClock(), SystemIds()
    async with _stores(settings, writes_log=True) as stores:
        async with stores.database.reading() as tx:
            there = await tx.accounts.count()
        if there:
            if if_empty:
                return f"There are {there} members already: no demo data was added."
            raise CannotStart(
                f"There are {there} members already.",
                "Demo data goes into an empty data folder (PAC_DATA_DIR).",
            )
        passwords = Passwords()
        hashes = [await passwords.hash(f"test{number}") for number in range(1, demo.PEOPLE + 1)]
        passwords.close()
        now = Instant(clock.now() - demo.AGE_MS)
        async with stores.database.writing() as tx:
            people = await demo.demo_people(tx, hashes, now=now, ids=ids)
            room = await demo.demo_rooms(tx, people, now=now, ids=ids)
        facts = await stores.outbox.pending(10_000)
        sequencer = Sequencer(ids.uuid7)
        drafts = [draft_of(fact) for fact in facts]
        sequencer.learn(await stores.log.positions({draft.room_id for draft in drafts}))
        plan = sequencer.plan(drafts, {}, now)
        await stores.log.append(plan.entries)
        await stores.outbox.remove([fact.id for fact in facts])
        top = (await stores.log.positions([room.id]))[room.id].top
        await stores.log.append(demo.demo_messages(room.id, people, Seq(top), clock, ids))
    return f"Demo data: sign in as test1 … test{demo.PEOPLE}, each with its name as password."


async def administer(
    settings: Settings, verb: str, login: str, password: str | None, nickname: str | None
) -> str:
    """`pac admin …`. Raises InvalidFields, NameTaken, Hidden."""
    async with embedded_accounts(settings, Listeners()) as (database, sessions):
        clock, ids = SystemClock(), SystemIds()
        passwords = Passwords()
        accounts = Accounts(
            database,
            sessions,
            Listeners(),
            passwords,
            SignInThrottle(clock, Limits(), b""),
            clock,
            ids,
            settings.password_min,
        )
        try:
            return await _administer(accounts, verb, login, password or "", nickname)
        finally:
            passwords.close()


async def _administer(accounts: Accounts, verb: str, login: str, password: str, nickname: str | None) -> str:
    match verb:
        case "create":
            await accounts.create_admin(SignUpFields(login, password, nickname or login))
            return f"{login} is an administrator now."
        case "promote":
            await accounts.promote(login)
            return f"{login} is an administrator now, and was signed out."
        case "lock":
            await accounts.set_locked(login, locked=True)
            return f"{login} is locked out; every session of it has ended."
        case "unlock":
            await accounts.set_locked(login, locked=False)
            return f"{login} can sign in again."
        case "delete":
            await accounts.delete(login)
            return f"{login} is deleted; the rooms follow as soon as a server runs."
        case "reset-password":
            await accounts.reset_password(login, password)
            return f"{login} has a new password; every session of it has ended."
        case _:
            raise AssertionError(verb)  # click knows no other
