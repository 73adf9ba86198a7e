"""Every kind of losing a right, again and again: how long until the socket has heard, and nothing after it.

PAC_TEST_ROUNDS trials of each kind (SECURITY 2.15: 200, by hand; a few here).
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.live.conftest import House, Wire, house, make_house
from tests.live.test_rooms_over_tcp import heard, promote, rest

__all__ = ["house", "make_house"]

TRIALS = int(os.environ.get("PAC_TEST_ROUNDS", "3"))
WITHIN_S = 2.0


class Trial:
    """One member in one fresh room, with a socket that reads it."""

    def __init__(self, house: House, number: int) -> None:
        self.house, self.number = house, number

    async def begin(self, owner: object, name: str, public: str) -> None:
        self.owner = owner
        self.member = await self.house.person(f"{name}{self.number}")
        self.room = await owner.create_room(name, public=public)  # type: ignore[attr-defined]
        if public != "OBSERVER":
            await self.member.join(self.room)
        self.wire: Wire = await self.house.reader(self.member, self.room)

    async def call(self, by: object, method: str, path: str, **body: object) -> None:
        answer = await rest(self.house, by, method, path, **body)
        assert answer.status_code == 200, answer.text


async def unsubscribed(trial: Trial) -> None:
    await heard(trial.wire, "unsubscribed", room=trial.room)


Told = Callable[[Trial], Awaitable[None]]


def closed(code: int) -> Told:
    async def told(trial: Trial) -> None:
        assert await trial.wire.close_code() == code

    return told


Kind = tuple[str, Callable[[Trial, object], Awaitable[None]], Told]

KINDS: dict[str, Kind] = {
    "kick": (
        "AVAILABLE",
        lambda t, _: t.call(t.owner, "DELETE", f"/api/v1/room/{t.room}/member/{t.member.id}"),
        unsubscribed,
    ),
    "ban": (
        "AVAILABLE",
        lambda t, _: t.call(t.owner, "PUT", f"/api/v1/room/{t.room}/member/{t.member.id}", status="VOID"),
        unsubscribed,
    ),
    "leave": (
        "AVAILABLE",
        lambda t, _: t.call(t.member, "POST", f"/api/v1/room/{t.room}/exit"),
        unsubscribed,
    ),
    "private": (
        "OBSERVER",
        lambda t, _: t.call(t.owner, "PUT", f"/api/v1/room/{t.room}", public="PRIVATE"),
        unsubscribed,
    ),
    "end": ("AVAILABLE", lambda t, _: t.call(t.owner, "DELETE", f"/api/v1/room/{t.room}"), unsubscribed),
    "void": (
        "AVAILABLE",
        lambda t, root: t.call(root, "PUT", f"/api/v1/admin/room/{t.room}", void=True, reason="x"),
        unsubscribed,
    ),
    "lock": (
        "AVAILABLE",
        lambda t, root: t.call(root, "PUT", f"/api/v1/admin/member/{t.member.id}", locked=True, reason="x"),
        closed(4503),
    ),
    "sign-out": ("AVAILABLE", lambda t, _: t.member.sign_out(), closed(4502)),
}


@pytest.mark.timeout(1_800)
@pytest.mark.req("2.15", "3.15")
@pytest.mark.row("promise 5", "close 4502", "close 4503")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_lost_right_is_heard_of_in_time(
    house: House, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    public, revoke, told = KINDS[kind]
    owner, root = await house.person("owner"), await house.person("root")
    await asyncio.to_thread(promote, house, "root")
    await root.sign_in()
    slowest = 0.0
    for number in range(TRIALS):
        trial = Trial(house, number)
        await trial.begin(owner, kind.replace("-", ""), public)
        await revoke(trial, root)
        since = time.monotonic()
        await told(trial)
        slowest = max(slowest, time.monotonic() - since)
        if told is unsubscribed:
            trial.wire.say(op="send", id="late", room=trial.room, cid="late", body="still here?")
            assert (await heard(trial.wire, "error", id="late"))["code"] == "not_subscribed"
        trial.wire.writer.close()
    assert slowest <= WITHIN_S
    with capsys.disabled():
        print(f"\n{kind}: {TRIALS} trials, slowest {slowest * 1_000:.0f} ms after the answer", end="")
