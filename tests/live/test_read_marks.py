"""Marks that are being written while somebody reads the store."""

from pathlib import Path

from structlog.testing import capture_logs

from pac.live.read_marks import LATELY_S
from pac.messages.model import Seq
from pac.rooms.model import RoomId
from tests.fuzz.conftest import Line, open_world
from tests.fuzz.observer import Observer


async def test_who_read_the_store_before_a_mark_was_written_is_not_told_the_old_one(tmp_path: Path) -> None:
    with capture_logs():
        async with open_world(tmp_path, 1) as world:
            marks, room = world.node.read_marks, RoomId(world.places["$room"])
            line = Line(world, Observer(set(), ()))
            marks.move(room, world.mallory.id, Seq(7), line.connection)
            stored = 0  # what a subscribe read a moment ago
            await marks.write()
            assert marks.learn(room, world.mallory.id, stored) == 7
            marks.forget(room, world.mallory.id)
            world.clock.advance(seconds=LATELY_S + 1)
            await marks.write()
            async with world.stores.database.reading() as tx:
                membership = await tx.rooms.membership(room, world.mallory.id)
            assert membership is not None
            assert membership.read_seq == 7
            assert marks.learn(room, world.mallory.id, membership.read_seq) == 7
            assert not marks._lately
            line.hang_up()
