"""What every AccountStore promises (pac/accounts/store.py), and what every Database promises of its transactions
(pac/transactions.py). An adapter's test module gives the fixtures `database` and `listeners`.
"""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pac.accounts.model import Actor, AppRole, Member, MemberId
from pac.clock import Instant
from pac.errors import NameTaken
from pac.rooms.store import RoomTransaction
from pac.transactions import Database, Event, Listeners
from tests.support.clock import START

Rooms = Database[RoomTransaction]


@dataclass(frozen=True, slots=True)
class Happened(Event):
    what: str


def member(name: str, *, nickname: str | None = None) -> Member:
    return Member(MemberId(f"id-of-{name}"), name, nickname or name.title(), AppRole.ROLE_USER, START)


async def sign_up(database: Rooms, *names: str) -> list[Actor]:
    people = [member(name) for name in names]
    async with database.writing() as tx:
        for person in people:
            await tx.accounts.add(person, None)
    return [person.actor for person in people]


async def break_off(database: Rooms, work: Callable[[RoomTransaction], Awaitable[object]]) -> None:
    """A block that does its work and then raises ZeroDivisionError."""
    async with database.writing() as tx:
        await work(tx)
        raise ZeroDivisionError


class AccountStoreContract:
    async def test_a_member_is_found_as_it_was_added(self, database: Rooms) -> None:
        added = replace(
            member("kim", nickname="김철수 🎉"),
            email="kim@example.org",
            profile_image="/images/kim.png",
            html_url="https://example.org/kim",
            deleted_at=Instant(START + 5),
            app_role=AppRole.ROLE_ADMIN,
        )
        async with database.writing() as tx:
            await tx.accounts.add(added, "$argon2id$…")
        async with database.reading() as tx:
            assert await tx.accounts.by_id(added.id) == added
            assert await tx.accounts.by_username("kim") == added
            assert await tx.accounts.password_hash(added.id) == "$argon2id$…"
            assert await tx.accounts.count() == 1

    async def test_a_login_name_is_found_whatever_its_case(self, database: Rooms) -> None:
        await sign_up(database, "kim")
        async with database.reading() as tx:
            found = await tx.accounts.by_username("KIM")
        assert found is not None
        assert found.username == "kim"

    @pytest.mark.req("5.7")
    @pytest.mark.parametrize(
        "name", ["' OR 1=1--", "%", "_im", "kim'; DROP TABLE members;--", '{"$ne":null}']
    )
    async def test_a_login_name_is_a_value_and_never_a_pattern(self, database: Rooms, name: str) -> None:
        await sign_up(database, "kim")
        async with database.reading() as tx:
            assert await tx.accounts.by_username(name) is None
            assert await tx.accounts.count() == 1

    async def test_who_is_not_there_is_none(self, database: Rooms) -> None:
        async with database.reading() as tx:
            assert await tx.accounts.by_id(MemberId("nobody")) is None
            assert await tx.accounts.by_username("nobody") is None
            assert await tx.accounts.password_hash(MemberId("nobody")) is None

    async def test_members_are_found_together_as_they_are_alone(self, database: Rooms) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        async with database.reading() as tx:
            found = await tx.accounts.by_ids({ada.id, ben.id, MemberId("nobody"), MemberId("a\0b")})
            assert found == {who.id: await tx.accounts.by_id(who.id) for who in (ada, ben)}
            assert await tx.accounts.by_ids([]) == {}

    async def test_a_login_name_is_taken_once(self, database: Rooms) -> None:
        await sign_up(database, "kim")
        with pytest.raises(NameTaken) as refused:
            async with database.writing() as tx:
                await tx.accounts.add(replace(member("kim"), id=MemberId("other"), nickname="other"), None)
        assert refused.value.field == "username"

    @pytest.mark.row("rest unique")
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("Ångström", unicodedata.normalize("NFD", "ÅNGSTRÖM")),
            ("김철수", unicodedata.normalize("NFD", "김철수")),
            ("Straße", "STRASSE"),
            ("nickname_key", "NickName_Key"),
        ],
    )
    async def test_a_nickname_is_taken_in_every_case_and_form(
        self, database: Rooms, first: str, second: str
    ) -> None:
        async with database.writing() as tx:
            await tx.accounts.add(member("kim", nickname=first), None)
        with pytest.raises(NameTaken) as refused:
            async with database.writing() as tx:
                await tx.accounts.add(member("lee", nickname=second), None)
        assert refused.value.field == "nickname"

    async def test_of_two_who_sign_up_with_one_name_at_once_one_gets_it(self, database: Rooms) -> None:
        async def try_it(login: str, nickname: str) -> str | None:
            try:
                async with database.writing() as tx:
                    await tx.accounts.add(member(login, nickname=nickname), None)
            except NameTaken as refused:
                return refused.field
            return None

        forms = ("Café", "CAFÉ", unicodedata.normalize("NFD", "café"), "café")
        answers = await asyncio.gather(*(try_it(f"guest{n}", form) for n, form in enumerate(forms)))
        assert sorted(map(str, answers)) == ["None", "nickname", "nickname", "nickname"]
        async with database.reading() as tx:
            assert await tx.accounts.count() == 1

    @pytest.mark.row("rest unique")
    async def test_the_names_of_the_locked_and_the_deleted_stay_taken(self, database: Rooms) -> None:
        deleted = replace(member("gone"), deleted_at=Instant(START + 1))
        locked = replace(member("stuck"), locked=True)
        async with database.writing() as tx:
            await tx.accounts.add(deleted, None)
            await tx.accounts.add(locked, None)
        for taken in (deleted, locked):
            with pytest.raises(NameTaken):
                async with database.writing() as tx:
                    await tx.accounts.add(replace(taken, id=MemberId("new"), deleted_at=None), None)

    async def test_password_role_and_lock_can_be_changed(self, database: Rooms) -> None:
        [kim] = await sign_up(database, "kim")
        async with database.writing() as tx:
            await tx.accounts.set_password_hash(kim.id, "new")
            await tx.accounts.set_app_role(kim.id, AppRole.ROLE_ADMIN, START)
            await tx.accounts.set_locked(kim.id, True, START)
        async with database.reading() as tx:
            found = await tx.accounts.by_id(kim.id)
            assert found is not None
            assert (found.app_role, found.locked) == (AppRole.ROLE_ADMIN, True)
            assert await tx.accounts.password_hash(kim.id) == "new"


class DatabaseContract:
    async def test_events_are_told_in_order_after_the_commit(
        self, database: Rooms, listeners: Listeners
    ) -> None:
        told: list[Happened] = []
        listeners.on(Happened, told.append)
        async with database.writing() as tx:
            await tx.accounts.add(member("kim"), None)
            tx.emit(Happened("first"))
            tx.emit(Happened("second"))
            assert told == []
        assert told == [Happened("first"), Happened("second")]

    async def test_a_listener_finds_the_change_it_hears_of(
        self, database: Rooms, listeners: Listeners
    ) -> None:
        heard = asyncio.Event()
        listeners.on(Happened, lambda _: heard.set())

        async def follower() -> int:
            await heard.wait()
            async with database.reading() as tx:
                return await tx.accounts.count()

        async with asyncio.TaskGroup() as tasks:
            found = tasks.create_task(follower())
            async with database.writing() as tx:
                await tx.accounts.add(member("kim"), None)
                tx.emit(Happened("signed up"))
        assert found.result() == 1

    async def test_a_block_that_raises_leaves_neither_rows_nor_events(
        self, database: Rooms, listeners: Listeners
    ) -> None:
        told: list[Happened] = []
        listeners.on(Happened, told.append)

        async def work(tx: RoomTransaction) -> None:
            await tx.accounts.add(member("kim"), None)
            tx.emit(Happened("never"))

        with pytest.raises(ZeroDivisionError):
            await break_off(database, work)
        async with database.writing() as tx:
            assert await tx.accounts.count() == 0
        assert told == []

    @pytest.mark.parametrize("fault", [TimeoutError, OSError, ValueError, KeyError])
    async def test_a_blocks_own_error_stays_what_it_is(self, database: Rooms, fault: type[Exception]) -> None:
        async def work(door: Callable[[], AbstractAsyncContextManager[RoomTransaction]]) -> None:
            async with door() as tx:
                await tx.accounts.count()
                raise fault("ours")

        for door in (database.reading, database.writing):
            with pytest.raises(fault) as raised:
                await work(door)
            assert type(raised.value) is fault

    async def test_a_listener_that_fails_undoes_nothing(self, database: Rooms, listeners: Listeners) -> None:
        def fail(_: Happened) -> None:
            raise RuntimeError("broken")

        listeners.on(Happened, fail)
        async with database.writing() as tx:
            await tx.accounts.add(member("kim"), None)
            tx.emit(Happened("signed up"))
        async with database.reading() as tx:
            assert await tx.accounts.count() == 1

    async def test_a_refusal_inside_a_block_can_be_answered_there(self, database: Rooms) -> None:
        async with database.writing() as tx:
            await tx.accounts.add(member("kim"), None)
            with pytest.raises(NameTaken):
                await tx.accounts.add(replace(member("kim"), id=MemberId("other")), None)
            await tx.accounts.add(member("lee"), None)
        async with database.reading() as tx:
            assert await tx.accounts.count() == 2

    async def test_a_block_that_is_cancelled_leaves_nothing_and_holds_nothing(self, database: Rooms) -> None:
        for _ in range(10):  # more often than there are connections
            inside = asyncio.Event()

            async def write(inside: asyncio.Event) -> None:
                async with database.writing() as tx:
                    await tx.accounts.add(member("kim"), None)
                    inside.set()
                    await asyncio.Event().wait()

            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(write(inside))
                await inside.wait()
                writer.cancel()
        async with database.writing() as tx:
            assert await tx.accounts.count() == 0

    @pytest.mark.parametrize("door", ["reading", "writing"])
    async def test_a_block_cut_off_at_any_point_is_whole_or_not_there_and_holds_nothing(
        self, database: Rooms, door: str
    ) -> None:
        async def work(login: str) -> None:
            async with database.reading() if door == "reading" else database.writing() as tx:
                await tx.accounts.count()
                if door == "writing":
                    await tx.accounts.add(member(login), None)
                    await tx.accounts.set_locked(member(login).id, True, START)

        points = 0
        while True:
            points += 1
            cut = CutOff(work(f"guest{points}"), points)
            with suppress(asyncio.CancelledError):
                await asyncio.get_running_loop().create_task(cut.run())
            async with database.reading() as tx:
                found = await tx.accounts.by_username(f"guest{points}")
            assert found is None or found.locked
            if not cut.happened:
                break
        assert points > 5, "there were points to cut at"
        assert (found is not None) is (door == "writing")
        async with database.writing() as tx:
            await tx.accounts.add(member("last"), None)

    async def test_many_read_while_many_write(self, database: Rooms) -> None:
        async def read() -> None:
            async with database.reading() as tx:
                before = await tx.accounts.count()
                await asyncio.sleep(0)
                assert await tx.accounts.count() == before, "one reading block sees one state"

        async def write(name: str) -> None:
            async with database.writing() as tx:
                await tx.accounts.add(member(name), None)

        await asyncio.gather(*(step for n in range(20) for step in (read(), write(f"guest{n}"), read())))
        async with database.reading() as tx:
            assert await tx.accounts.count() == 20


class CutOff:
    """Runs a coroutine and cancels it when it waits for the `point`th time."""

    def __init__(self, work: Coroutine[Any, Any, None], point: int) -> None:
        self._work = work
        self._point = point
        self.happened = False

    async def run(self) -> None:
        await self

    def __await__(self) -> Generator[Any, Any, None]:
        waits, error = 0, None
        while True:
            try:
                waiting_for = self._work.throw(error) if error else self._work.send(None)
            except StopIteration:
                return
            error = None
            waits += 1
            if waits == self._point:
                self.happened = True
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                yield waiting_for
            except BaseException as thrown:
                error = thrown
