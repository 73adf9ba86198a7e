"""What every Broker promises (pac/messages/broker.py). An adapter's test module gives the fixture `broker` and
`delivered`: returns when what was published has arrived, or is lost.
"""

from collections.abc import Awaitable, Callable, Sequence

from pac.messages.broker import Broker
from pac.messages.model import Entry
from pac.rooms.model import RoomId
from tests.contracts.entries import OTHER_ROOM, ROOM, entries

Delivered = Callable[[], Awaitable[None]]


class BrokerContract:
    async def test_a_rooms_entries_arrive_together_and_in_order(
        self, broker: Broker, delivered: Delivered
    ) -> None:
        got: list[tuple[RoomId, tuple[Entry, ...]]] = []
        broker.listen(lambda room, batch: got.append((room, tuple(batch))))
        mixed = [
            entry
            for pair in zip(entries(1, 3), entries(1, 3, room=OTHER_ROOM), strict=True)
            for entry in pair
        ]
        broker.publish(mixed)
        broker.publish(entries(4, 5))
        await delivered()
        assert [batch for room, batch in got if room == ROOM] == [entries(1, 3), entries(4, 5)]
        assert [batch for room, batch in got if room == OTHER_ROOM] == [entries(1, 3, room=OTHER_ROOM)]

    async def test_everyone_who_listens_receives(self, broker: Broker, delivered: Delivered) -> None:
        got: list[str] = []
        broker.listen(lambda room, batch: got.append("first"))
        broker.listen(lambda room, batch: got.append("second"))
        broker.publish(entries(1, 1))
        await delivered()
        assert sorted(got) == ["first", "second"]

    async def test_a_receiver_that_fails_takes_nothing_from_the_others(
        self, broker: Broker, delivered: Delivered
    ) -> None:
        def fail(_: RoomId, __: Sequence[Entry]) -> None:
            raise RuntimeError("broken")

        got: list[RoomId] = []
        broker.listen(fail)
        broker.listen(lambda room, batch: got.append(room))
        broker.publish(entries(1, 1))
        await delivered()
        assert got == [ROOM]

    async def test_nothing_is_delivered_to_nobody(self, broker: Broker, delivered: Delivered) -> None:
        broker.publish(entries(1, 1))
        await delivered()
