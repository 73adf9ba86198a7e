"""What every Outbox promises (pac/messages/facts.py). An adapter's test module gives `database` and `outbox`."""

import pytest

from pac.accounts.model import Actor
from pac.ids import SeededIds
from pac.messages.facts import Outbox
from pac.rooms.actions import RoomFields, create_room, exit_room, join_room
from pac.rooms.changes import ChangeFeed
from pac.rooms.events import Fact, RoomFact
from pac.rooms.model import Room
from tests.contracts.accounts import Rooms, break_off, sign_up
from tests.support.clock import START


class OutboxContract:
    async def test_facts_wait_in_the_order_they_were_committed(
        self, database: Rooms, outbox: Outbox, ids: SeededIds
    ) -> None:
        ada, ben = await sign_up(database, "ada", "ben")
        async with database.writing() as tx:
            room, _ = await create_room(tx, ada, RoomFields("Lounge"), now=START, ids=ids)
            await join_room(tx, ben, room.id, now=START, ids=ids)
        async with database.writing() as tx:
            await exit_room(tx, ben, room.id, now=START, ids=ids)
        pending = await outbox.pending(10)
        assert [(fact.fact, fact.member_id, fact.nickname, fact.room_id, fact.at) for fact in pending] == [
            (Fact.JOINED, ada.id, "Ada", room.id, START),
            (Fact.JOINED, ben.id, "Ben", room.id, START),
            (Fact.LEFT, ben.id, "Ben", room.id, START),
        ]
        assert len({fact.id for fact in pending}) == 3
        assert list(await outbox.pending(2)) == list(pending)[:2]

    async def test_what_is_removed_is_gone_and_the_rest_stays(
        self, database: Rooms, outbox: Outbox, ids: SeededIds
    ) -> None:
        room, ada = await _room(database, ids)
        facts = [RoomFact(f"fact-{n}", room.id, Fact.JOINED, ada.id, "Ada", START) for n in range(1_200)]
        first = await outbox.pending(1)
        async with database.writing() as tx:
            for fact in facts:
                await tx.rooms.record(fact)
        await outbox.remove([fact.id for fact in [*first, *facts[:-1]]])
        assert list(await outbox.pending(10)) == [facts[-1]]

    async def test_removing_twice_or_nothing_is_no_fault(
        self, database: Rooms, outbox: Outbox, ids: SeededIds
    ) -> None:
        await _room(database, ids)
        [fact] = await outbox.pending(10)
        for _ in range(2):
            await outbox.remove([fact.id])
        await outbox.remove([])
        assert list(await outbox.pending(10)) == []

    async def test_a_quiet_fact_is_a_change_and_no_line(
        self, database: Rooms, outbox: Outbox, changes: ChangeFeed, ids: SeededIds
    ) -> None:
        room, ada = await _room(database, ids)
        before = await changes.cursor()
        async with database.writing() as tx:
            await tx.rooms.record(RoomFact("quiet", room.id, Fact.LEFT, ada.id, "Ada", START, quiet=True))
        assert [change.fact for change in await changes.after(before)] == [Fact.LEFT]
        assert len(await outbox.pending(10)) == 1

    async def test_a_fact_that_was_rolled_back_is_not_there(
        self, database: Rooms, outbox: Outbox, ids: SeededIds
    ) -> None:
        [ada] = await sign_up(database, "ada")
        with pytest.raises(ZeroDivisionError):
            await break_off(
                database, lambda tx: create_room(tx, ada, RoomFields("Lounge"), now=START, ids=ids)
            )
        assert list(await outbox.pending(10)) == []


async def _room(database: Rooms, ids: SeededIds) -> tuple[Room, Actor]:
    [ada] = await sign_up(database, "ada")
    async with database.writing() as tx:
        room, _ = await create_room(tx, ada, RoomFields("Lounge"), now=START, ids=ids)
    return room, ada
