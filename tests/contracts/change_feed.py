"""What every ChangeFeed promises (pac/rooms/changes.py). An adapter's test module gives the fixtures `database`,
`changes`, and `sessions`, whose forget_expired removes old rows.
"""

import pytest

from pac.accounts.model import AppRole
from pac.accounts.sessions import SessionStore
from pac.clock import HOUR_MS, Instant
from pac.ids import SeededIds
from pac.rooms.actions import RoomFields, create_room, end_room, exit_room, join_room
from pac.rooms.changes import Change, ChangeFeed
from pac.rooms.events import Fact
from tests.contracts.accounts import Rooms, break_off, sign_up
from tests.support.clock import START


class ChangeFeedContract:
    async def test_nothing_has_changed_at_first(self, changes: ChangeFeed) -> None:
        assert await changes.cursor() == 0
        assert list(await changes.after(0)) == []

    @pytest.mark.req("2.15")
    async def test_rooms_and_accounts_tell_what_changed_in_the_order_it_did(
        self, database: Rooms, changes: ChangeFeed, ids: SeededIds
    ) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        async with database.writing() as tx:
            room, _ = await create_room(tx, ada, RoomFields("Lounge"), now=START, ids=ids)
        async with database.writing() as tx:
            await join_room(tx, ben, room.id, now=START, ids=ids)
        async with database.writing() as tx:
            await tx.accounts.set_locked(ben.id, True, START)
            await tx.accounts.set_app_role(ada.id, AppRole.ROLE_ADMIN, START)
        async with database.writing() as tx:
            await exit_room(tx, ben, room.id, now=START, ids=ids)
            await end_room(tx, ada, room.id, now=START, ids=ids)
        feed = await changes.after(0)
        assert feed == [
            Change(feed[0].number, ada.id, room.id, Fact.JOINED),
            Change(feed[1].number, ben.id, room.id, Fact.JOINED),
            Change(feed[2].number, ben.id, None, None),
            Change(feed[3].number, ada.id, None, None),
            Change(feed[4].number, ben.id, room.id, Fact.LEFT),
            Change(feed[5].number, ada.id, room.id, Fact.ENDED),
        ]
        numbers = [change.number for change in feed]
        assert numbers == sorted(set(numbers))
        assert await changes.cursor() == numbers[-1]
        assert list(await changes.after(numbers[3])) == feed[4:]
        assert list(await changes.after(numbers[-1])) == []

    async def test_a_change_that_was_rolled_back_is_not_told(
        self, database: Rooms, changes: ChangeFeed
    ) -> None:
        [ada] = await sign_up(database, "ada")
        with pytest.raises(ZeroDivisionError):
            await break_off(database, lambda tx: tx.accounts.set_locked(ada.id, True, START))
        assert await changes.cursor() == 0

    async def test_a_page_holds_a_thousand_and_the_next_goes_on(
        self, database: Rooms, changes: ChangeFeed
    ) -> None:
        [ada] = await sign_up(database, "ada")
        async with database.writing() as tx:
            for _ in range(1_001):
                await tx.accounts.set_locked(ada.id, True, START)
        first = await changes.after(0)
        rest = await changes.after(first[-1].number)
        assert (len(first), len(rest)) == (1_000, 1)

    async def test_rows_are_kept_for_an_hour_and_their_numbers_are_never_given_again(
        self, database: Rooms, changes: ChangeFeed, sessions: SessionStore
    ) -> None:
        [ada] = await sign_up(database, "ada")
        async with database.writing() as tx:
            await tx.accounts.set_locked(ada.id, True, START)
        newest = await changes.cursor()
        await sessions.forget_expired(Instant(START + HOUR_MS))
        assert len(await changes.after(0)) == 1
        await sessions.forget_expired(Instant(START + HOUR_MS + 1))
        assert list(await changes.after(0)) == []
        async with database.writing() as tx:
            await tx.accounts.set_locked(ada.id, False, START)
        [change] = await changes.after(newest)
        assert change.number > newest
