"""Who is there, as it is told: at most once a second, by name while few are there (PROTOCOL §3, presence)."""

import json
from typing import Any

import pytest

from pac.accounts.model import Actor, AppRole, MemberId
from pac.limits.rules import Limits
from pac.live.connection import Connection, State
from pac.live.handshake import Admission
from pac.live.outbox import Outbox
from pac.live.presence import EVERY_S, GRACE_S, NAMED_UP_TO, SOON_S, RoomPresence
from pac.live.subscriptions import Subscription, Subscriptions
from tests.live.test_broadcaster import ROOM, STANDING, Rig


class Hall:
    """A room whose readers come and go."""

    def __init__(self) -> None:
        rig = Rig()
        self.pass_time = rig.pass_time
        self.presence = RoomPresence(rig.clock, rig.call_later, lambda room: self.subscriptions.readers(room))
        self.subscriptions = Subscriptions(self.presence.arrived, self.presence.gone)

    def enter(self, name: str) -> tuple[Subscription, list[bytes]]:
        """One socket of this member, and what it is sent."""
        written: list[bytes] = []
        outbox: Outbox[Subscription] = Outbox(written.append, 1_000_000)
        connection = Connection(
            Admission("", "", "en", ""), Limits(), outbox, id=name, ping_every=25, now=0.0
        )
        connection.state = State.OPEN
        connection.actor = Actor(MemberId(name), name, AppRole.ROLE_USER)
        subscription = self.subscriptions.register(connection, ROOM)
        self.subscriptions.grant(subscription, STANDING, MemberId(name), name)
        return subscription, written


def told(written: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(frame[4:] if frame[1] == 126 else frame[2:]) for frame in written]


@pytest.mark.row("hear presence")
def test_who_comes_is_told_together_and_at_most_once_a_second() -> None:
    hall = Hall()
    _, heard = hall.enter("ada")
    hall.pass_time(SOON_S)
    for name in ("ben", "cleo", "ben"):
        hall.enter(name)
    hall.pass_time(EVERY_S - SOON_S * 2)
    assert [frame["online"] for frame in told(heard)] == [1]
    hall.pass_time(SOON_S * 2)
    assert told(heard)[1:] == [
        {
            "op": "presence",
            "room": ROOM,
            "online": 3,
            "joined": [{"id": "ben", "nickname": "ben"}, {"id": "cleo", "nickname": "cleo"}],
            "left": [],
        }
    ]


@pytest.mark.row("hear presence", "presence")
def test_beyond_two_hundred_only_the_count_is_told() -> None:
    hall = Hall()
    _, heard = hall.enter("ada")
    people = [hall.enter(f"guest{number}")[0] for number in range(NAMED_UP_TO)]
    hall.pass_time(SOON_S)
    assert NAMED_UP_TO == 200
    assert (told(heard)[-1]["online"], told(heard)[-1]["joined"]) == (201, [])
    assert len(hall.presence.named(ROOM)) == 200
    for subscription in people[:2]:
        hall.subscriptions.remove(subscription, subscription.connection.actor.id)  # type: ignore[union-attr]
    hall.pass_time(GRACE_S)
    hall.pass_time(SOON_S)
    assert told(heard)[-1]["online"] == 199
    assert len(told(heard)[-1]["left"]) == 2
