"""What every MessageLog promises (pac/messages/log.py). An adapter's test module inherits this class and gives
the fixture `reopened`: closes the log if one is open and opens it again on the same data, empty at first.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from pac.accounts.model import MemberId
from pac.errors import CidTaken, SeqTaken
from pac.messages.log import MessageLog
from pac.messages.model import CidKey, DeletedBy, Entry, Known, MessageType, Position, Seq, digest
from pac.rooms.events import Fact
from pac.rooms.model import RoomId
from tests.contracts.entries import AT, JISU, MINHO, OTHER_ROOM, ROOM, entries, entry

Reopen = Callable[[], Awaitable[MessageLog]]


async def all_of(log: MessageLog, room: RoomId = ROOM) -> tuple[object, ...]:
    return (await log.read_after(room, Seq(0), 100_000)).entries


class MessageLogContract:
    @pytest.fixture
    async def log(self, reopened: Reopen) -> MessageLog:
        return await reopened()

    async def test_what_was_appended_is_read_in_order(self, log: MessageLog) -> None:
        await log.append(entries(1, 3))
        await log.append(entries(4, 5))
        assert await all_of(log) == entries(1, 5)

    async def test_every_field_comes_back_as_it_was(self, log: MessageLog) -> None:
        odd = replace(
            entry(1, body='줄\n둘\t"따옴표" \\ 👩‍👩‍👧 </script> \u2028 \x01', cid="!\"'\\~"),
            nickname="민호 'x'",
            type=MessageType.SYSTEM,
            event=Fact.JOINED,
        )
        answer = entry(2, reply_to=1)
        await log.append([odd, answer])
        assert await all_of(log) == (odd, answer)

    async def test_nothing_is_appended_by_an_empty_batch(self, log: MessageLog) -> None:
        await log.append([])
        assert await all_of(log) == ()

    @pytest.mark.row("promise 1")
    @pytest.mark.parametrize("seq", [0, 2, 7])
    async def test_a_room_begins_at_1(self, log: MessageLog, seq: int) -> None:
        with pytest.raises(SeqTaken):
            await log.append([entry(seq)])
        assert await all_of(log) == ()

    @pytest.mark.parametrize("seq", [1, 3, 5])
    async def test_a_batch_follows_the_top_directly(self, log: MessageLog, seq: int) -> None:
        await log.append(entries(1, 3))
        with pytest.raises(SeqTaken):
            await log.append([entry(seq, cid="new")])
        assert await all_of(log) == entries(1, 3)

    @pytest.mark.row("promise 1")
    @pytest.mark.parametrize("seqs", [(1, 3), (1, 1), (2, 1)])
    async def test_a_batch_has_no_hole_no_repeat_and_no_step_back(
        self, log: MessageLog, seqs: tuple[int, int]
    ) -> None:
        with pytest.raises(SeqTaken):
            await log.append([entry(seq, cid=f"n{place}") for place, seq in enumerate(seqs)])
        assert await all_of(log) == ()

    async def test_a_refused_batch_leaves_nothing_in_any_room(self, log: MessageLog) -> None:
        with pytest.raises(SeqTaken):
            await log.append([entry(1), entry(1, room=OTHER_ROOM), entry(3, room=OTHER_ROOM)])
        assert await all_of(log) == ()
        assert await all_of(log, OTHER_ROOM) == ()
        assert await log.known([entry(1).key]) == {}
        await log.append([entry(1), entry(1, room=OTHER_ROOM)])

    @pytest.mark.req("7.5")
    async def test_a_cid_that_is_known_is_refused_whatever_its_number(self, log: MessageLog) -> None:
        await log.append(entries(1, 2))
        with pytest.raises(SeqTaken):
            await log.append([entry(3, cid="c1")])
        assert await all_of(log) == entries(1, 2)

    @pytest.mark.req("7.5")
    async def test_a_batch_that_failed_leaves_the_numbers_as_they_were(self, log: MessageLog) -> None:
        await log.append(entries(1, 2))
        for _ in range(2):
            with pytest.raises(CidTaken):
                await log.append([entry(3, cid="new"), entry(4, cid="c1")])
        with pytest.raises(SeqTaken):
            await log.append([entry(1, room=OTHER_ROOM), entry(4, cid="later")])
        await log.append([entry(3), entry(1, room=OTHER_ROOM)])
        assert await all_of(log) == entries(1, 3)
        asked = [(ROOM, Seq(0)), (OTHER_ROOM, Seq(0))]
        assert list((await log.unread(asked)).values()) == [3, 1]

    async def test_a_cid_twice_in_a_batch_is_refused(self, log: MessageLog) -> None:
        with pytest.raises(SeqTaken):
            await log.append([entry(1, cid="twice"), entry(2, cid="twice")])
        assert await all_of(log) == ()

    async def test_a_cid_is_one_members_in_one_room(self, log: MessageLog) -> None:
        await log.append(
            [entry(1, cid="c"), entry(2, cid="c", member=MINHO), entry(1, cid="c", room=OTHER_ROOM)]
        )
        assert len(await all_of(log)) == 2

    @pytest.mark.req("7.5")
    async def test_a_cid_is_remembered_with_its_seq_and_the_digest_of_what_was_said(
        self, log: MessageLog, reopened: Reopen
    ) -> None:
        await log.append([entry(1, body="하나"), entry(2, body="둘", reply_to=1)])
        keys = [entry(1).key, entry(2).key, CidKey(ROOM, MINHO, entry(1).cid), entry(9).key]
        expected = {
            entry(1).key: Known(Seq(1), entry(1).at, digest(MessageType.TEXT, "하나", None)),
            entry(2).key: Known(Seq(2), entry(2).at, digest(MessageType.TEXT, "둘", Seq(1))),
        }
        assert await log.known(keys) == expected
        assert await log.known([]) == {}
        assert await (await reopened()).known(keys) == expected

    async def test_rooms_stand_where_their_entries_end_and_empty_ones_at_nothing(
        self, log: MessageLog
    ) -> None:
        await log.append(entries(1, 3))
        found = await log.positions([OTHER_ROOM, ROOM])
        epoch = found[ROOM].epoch
        assert epoch
        assert found == {
            ROOM: Position(epoch, Seq(1), Seq(3)),
            OTHER_ROOM: Position(epoch, Seq(1), Seq(0)),
        }

    @pytest.mark.req("7.1")
    @pytest.mark.row("promise 1 epoch")
    async def test_a_log_opened_again_is_the_same_log(self, log: MessageLog, reopened: Reopen) -> None:
        await log.append(entries(1, 3))
        before = await log.positions([ROOM])
        again = await reopened()
        assert await again.positions([ROOM]) == before
        assert await all_of(again) == entries(1, 3)
        with pytest.raises(SeqTaken):
            await again.append([entry(3, cid="again")])
        await again.append(entries(4, 4))

    async def test_after_pages_forwards_and_tells_whether_there_is_more(self, log: MessageLog) -> None:
        await log.append(entries(1, 10))
        page = await log.read_after(ROOM, Seq(2), 3)
        assert (page.entries, page.more) == (entries(3, 5), True)
        page = await log.read_after(ROOM, Seq(7), 3)
        assert (page.entries, page.more) == (entries(8, 10), False)
        for beyond in (10, 11, 10**12):
            page = await log.read_after(ROOM, Seq(beyond), 3)
            assert (page.entries, page.more) == ((), False)

    async def test_before_pages_backwards_in_ascending_order(self, log: MessageLog) -> None:
        await log.append(entries(1, 10))
        page = await log.read_before(ROOM, None, 3)
        assert (page.entries, page.more) == (entries(8, 10), True)
        page = await log.read_before(ROOM, Seq(8), 3)
        assert (page.entries, page.more) == (entries(5, 7), True)
        page = await log.read_before(ROOM, Seq(4), 3)
        assert (page.entries, page.more) == (entries(1, 3), False)
        for nothing in (1, 0):
            page = await log.read_before(ROOM, Seq(nothing), 3)
            assert (page.entries, page.more) == ((), False)
        page = await log.read_before(ROOM, Seq(10**12), 100)
        assert (page.entries, page.more) == (entries(1, 10), False)

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
    async def test_paging_either_way_gives_the_whole_room_once(self, log: MessageLog, limit: int) -> None:
        await log.append(entries(1, 23, room=OTHER_ROOM))
        await log.append(entries(1, 23))
        forwards, after, more = [], Seq(0), True
        while more:
            page = await log.read_after(ROOM, after, limit)
            forwards.extend(page.entries)
            after, more = page.entries[-1].seq, page.more
        assert tuple(forwards) == entries(1, 23)
        backwards, before, more = [], None, True
        while more:
            page = await log.read_before(ROOM, before, limit)
            backwards[:0] = page.entries
            before, more = page.entries[0].seq, page.more
        assert tuple(backwards) == entries(1, 23)

    async def test_a_page_never_holds_another_rooms_entries(self, log: MessageLog) -> None:
        rooms = [RoomId(f"{number:032x}") for number in range(5)]
        for room in rooms:
            await log.append(entries(1, 3, room=room))
        for room in rooms:
            assert await all_of(log, room) == entries(1, 3, room=room)
            assert (await log.read_before(room, None, 100)).entries == entries(1, 3, room=room)
        assert await all_of(log, RoomId("f" * 32)) == ()

    async def test_a_rooms_activity_is_the_time_of_its_newest_entry(self, log: MessageLog) -> None:
        await log.append(entries(1, 3))
        assert await log.last_activity([ROOM, OTHER_ROOM]) == {ROOM: AT + 3}
        assert await log.last_activity([]) == {}

    @pytest.mark.req("7.1")
    async def test_of_two_writers_with_one_number_exactly_one_wins(self, log: MessageLog) -> None:
        for seq in range(1, 30):
            rivals = [entry(seq, cid=f"{seq}-{who}", body=who) for who in ("first", "second", "third")]
            outcomes = await asyncio.gather(*(log.append([one]) for one in rivals), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes].count(SeqTaken) == 2
            winner = rivals[outcomes.index(None)]
            assert (await log.read_before(ROOM, None, 1)).entries == (winner,)

    @pytest.mark.req("7.1")
    async def test_who_reads_during_writes_sees_whole_batches_in_a_prefix(self, log: MessageLog) -> None:
        appended = 0
        seen: list[int] = []

        async def read() -> None:
            while appended < 40 * 7:
                durable = appended
                page = await log.read_after(ROOM, Seq(0), 1_000)
                other = (await log.positions([OTHER_ROOM]))[OTHER_ROOM].top
                assert page.entries == entries(1, len(page.entries))
                assert len(page.entries) % 7 == 0
                assert len(page.entries) >= durable
                assert other >= len(page.entries)
                seen.append(len(page.entries))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(read())
            for batch in range(40):
                first, last = batch * 7 + 1, batch * 7 + 7
                await log.append(entries(first, last) + entries(first, last, room=OTHER_ROOM))
                appended = last
        assert len(set(seen)) > 3

    async def test_a_long_batch_over_many_rooms_is_stored_whole(self, log: MessageLog) -> None:
        rooms = [RoomId(f"{number:032x}") for number in range(40)]
        await log.append([entry(seq, room=room) for seq in range(1, 26) for room in rooms])
        found = await log.positions(rooms)
        assert {position.top for position in found.values()} == {25}

    async def test_a_message_may_be_as_long_as_a_frame(self, log: MessageLog) -> None:
        long = tuple(entry(seq, body="한" * 4_000) for seq in range(1, 101))
        await log.append(long)
        assert (await log.read_before(ROOM, None, 100)).entries == long

    async def test_the_author_of_each_entry_stays_its_author(self, log: MessageLog) -> None:
        await log.append([entry(1, member=JISU), entry(2, member=MINHO)])
        assert [one.member_id for one in (await log.read_after(ROOM, Seq(0), 9)).entries] == [JISU, MINHO]

    @pytest.mark.row("delete", "event deleted")
    async def test_a_deletion_empties_its_target_and_nothing_else(self, reopened: Reopen) -> None:
        log = await reopened()
        await log.append(entries(1, 3))
        own, other = deletion(4, of=1, by=JISU), deletion(5, of=2, by=MINHO)
        await log.append([own, other])
        expected = (
            replace(entry(1), body="", deleted=DeletedBy.AUTHOR),
            replace(entry(2), body="", deleted=DeletedBy.MODERATOR),
            entry(3),
            own,
            other,
        )
        assert await all_of(log) == expected
        key = CidKey(ROOM, JISU, entry(1).cid)
        assert (await log.known([key]))[key].digest == digest(MessageType.TEXT, entry(1).body, None)
        assert await all_of(await reopened()) == expected

    async def test_the_first_to_delete_a_message_is_the_one_it_says(self, log: MessageLog) -> None:
        await log.append(entries(1, 1))
        await log.append([deletion(2, of=1, by=JISU), deletion(3, of=1, by=MINHO)])
        await log.append([deletion(4, of=1, by=MINHO)])
        first = (await log.read_after(ROOM, Seq(0), 1)).entries[0]
        assert (first.body, first.deleted) == ("", DeletedBy.AUTHOR)

    async def test_a_deletion_reaches_no_other_room(self, log: MessageLog) -> None:
        await log.append([*entries(1, 2), *entries(1, 2, room=OTHER_ROOM)])
        await log.append([deletion(3, of=2, by=JISU)])
        assert await all_of(log, OTHER_ROOM) == entries(1, 2, room=OTHER_ROOM)

    async def test_unread_is_how_many_texts_follow(self, log: MessageLog) -> None:
        system = replace(entry(3), type=MessageType.SYSTEM, event=Fact.JOINED)
        await log.append([*entries(1, 2), system, entry(4), deletion(5, of=1, by=JISU)])
        await log.append(entries(1, 1, room=OTHER_ROOM))
        for cursor, count in ((0, 3), (1, 2), (2, 1), (3, 1), (4, 0), (5, 0), (99, 0)):
            assert await log.unread([(ROOM, Seq(cursor))]) == {(ROOM, cursor): count}, cursor
        nowhere = RoomId("c" * 32)
        asked = [(ROOM, Seq(2)), (OTHER_ROOM, Seq(0)), (nowhere, Seq(0)), (ROOM, Seq(0))]
        assert list((await log.unread(asked)).items()) == list(zip(asked, (1, 1, 0, 3), strict=True))
        assert await log.unread([]) == {}
        await log.append([entry(6), entry(7)])
        assert await log.unread([(ROOM, Seq(4))]) == {(ROOM, 4): 2}


def deletion(seq: int, *, of: int, by: MemberId) -> Entry:
    return replace(
        entry(seq, member=by, cid=f"d{seq}", body="삭제"),
        type=MessageType.SYSTEM,
        event=Fact.DELETED,
        target=Seq(of),
    )
