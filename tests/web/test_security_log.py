"""Events of security over REST: each told once, with the fields it may have, and exactly when the change is."""

import pytest

from pac import security_log, telemetry
from pac.accounts.events import Audited
from pac.accounts.model import MemberId
from pac.bootstrap import tell_audit
from pac.rooms import moderation
from pac.rooms.model import RoomMemberStatus
from tests.support.security_lines import Lines, lines
from tests.web.api.test_moderation import a_room_of, put
from tests.web.service import PASSWORD, House

__all__ = ["lines"]


@pytest.mark.req("10.1", "10.2")
async def test_each_event_is_told_once_with_the_fields_it_may_have(house: House, lines: Lines) -> None:
    house.parts.listeners.on(Audited, tell_audit)
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    root = await house.member("root", admin=True)
    guest = await house.guest()
    await guest.post("/api/v1/auth/login", json={"username": "ada", "password": "a wrong password"})
    await guest.post("/api/v1/room", headers={"Sec-Fetch-Site": "cross-site"}, json={"roomName": "x"})
    await put(ben, room, ada, role="OBSERVER")
    await put(ada, room, ben, role="SYSOP")
    await put(ada, room, ben, status="WARNING")
    await put(ada, room, ben, status="VOID", reason="spam\nand more")
    await ada.browser.delete(f"/api/v1/room/{room}/member/{ben.id}")
    await ada.browser.post(f"/api/v1/room/{room}/invitation", json={})
    await ada.browser.put(f"/api/v1/room/{room}", json={"public": "PRIVATE"})
    await root.browser.post(f"/api/v1/admin/room/{room}/log", json={"reason": "report 17"})
    await ada.browser.delete(f"/api/v1/room/{room}")
    await root.browser.put(f"/api/v1/admin/member/{ben.id}", json={"locked": True, "reason": "spam"})
    await ada.browser.post("/api/v1/auth/logout")
    for event in (
        telemetry.SIGN_IN_FAILED,
        telemetry.CROSS_SITE,
        telemetry.DENIED,
        "room.created",
        "member.role",
        "member.warning",
        "member.void",
        "member.kicked",
        "room.invitation",
        "room.visibility",
        "room.broke_glass",
        "room.ended",
        "member.locked",
    ):
        assert len(lines.of(event)) == 1, (event, lines)
    assert len(lines.of(telemetry.SIGN_IN_OK)) == 3
    assert len(lines.of(telemetry.SIGN_OUT)) == 2, "her own, and the session of the one who was locked"
    assert lines.of("member.void")[0] | {"request": ""} == {
        "event": "member.void",
        "outcome": "ok",
        "actor": ada.id,
        "room": room,
        "target": ben.id,
        "reason": "spam and more",
        "address": "192.0.2.0/24",
        "request": "",
    }
    for line in lines:
        assert set(line) <= {"event", *security_log.FIELDS}, line
        assert PASSWORD not in str(line)
        assert ada.token not in str(line)


@pytest.mark.req("10.4")
async def test_an_audit_line_is_there_exactly_when_the_change_is(house: House, lines: Lines) -> None:
    house.parts.listeners.on(Audited, tell_audit)
    room, (ada, ben) = await a_room_of(house, "ada", "ben")
    before = house.dump()

    class PulledPlug(Exception):
        pass

    async def ban_and_fail() -> None:
        async with house.parts.database.writing() as tx:
            viewer = await tx.accounts.by_id(MemberId(ada.id))
            assert viewer is not None
            await moderation.set_status(
                tx,
                viewer.actor,
                room,
                MemberId(ben.id),
                RoomMemberStatus.VOID,
                now=house.clock.now(),
                ids=house.ids,
            )
            raise PulledPlug

    with pytest.raises(PulledPlug):
        await ban_and_fail()
    assert house.dump() == before
    assert lines.of("member.void") == []
