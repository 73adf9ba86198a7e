"""What one may do changes under an open page (UI specification §11: T38, T39, T41, T42)."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def member_of(owner: Visitor, room: str, nickname: str) -> str:
    """The path of this member in the API."""
    api = f"/api/v1/room/{room.rsplit('/', 1)[1]}/member"
    rows = (await owner.api("GET", api))["content"]
    (found,) = [row["id"] for row in rows if row["nickname"] == nickname]
    return f"{api}/{found}"


async def test_private_asks_invisible_is_404(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    hidden = await ada.new_room("Hidden", roomPublic="INVISIBLE")
    private = await ada.make_room("Study", "PRIVATE")
    await ben.go(hidden)
    assert await ben.page.text_content(".status") == "404"
    unknown = await ben.page.text_content("main")
    await ben.go(hidden[:-4] + "0000")
    assert await ben.page.text_content("main") == unknown, "as a room that never was"
    await ben.go(private)
    await ben.page.click(".composer-pane button.primary")
    await expect(ben.page.locator("#notice")).to_contain_text("You asked to join")
    await ada.page.click("#people") if not await ada.page.is_visible("#details") else None
    await ada.page.click("#details .tab:has-text('Let in')")
    await ada.page.click("#details .person:has-text('Ben') button.primary")
    await ben.live()
    await ben.say("thank you")
    await ada.sees("thank you")


async def test_last_seat_goes_to_one_of_two(visitors: Visitors) -> None:
    ada, ben, cleo = await visitors.new(), await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    room = await ada.new_room("Small", capacity=2)
    for visitor, name in ((ben, "Ben"), (cleo, "Cleo")):
        await visitor.sign_up(name.lower(), name)
        await visitor.go(room)
    await asyncio.gather(*(visitor.page.click(".composer-pane button.primary") for visitor in (ben, cleo)))
    for visitor in (ben, cleo):
        await visitor.page.wait_for_selector("#composer:enabled, .status")
    seated = [await visitor.page.locator("#composer").count() for visitor in (ben, cleo)]
    assert sorted(seated) == [0, 1]
    late = ben if seated == [0, 1] else cleo
    assert await late.page.text_content(".status") == "409"
    await late.go(room)
    assert await late.page.text_content(".composer-pane button") == "Full"


async def test_ban_shows_end_and_lifts_itself(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    await ada.say("hello")
    await ben.sees("hello")
    until = (datetime.now(UTC) + timedelta(seconds=6)).isoformat().replace("+00:00", "Z")
    await ada.api("PUT", await member_of(ada, room, "Ben"), {"status": "VOID", "voidUntil": until})
    notice = ben.page.locator("#notice")
    await expect(notice).to_have_text(re.compile(r"You are banned from this room for another 0 min \d s\."))
    assert await ben.page.locator("#messages").count() == 0
    await ben.page.wait_for_selector("#composer:enabled", timeout=30_000)
    await ben.sees("hello")
    await ben.say("back again")
    await ada.sees("back again")


async def test_owner_transfer_moves_controls_live(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    await expect(ben.page.locator(".room-head a[href*='/end']")).to_have_count(0)
    await ada.page.hover("#details .person:has-text('Ben')")
    await ada.page.click("#details .person:has-text('Ben') summary")
    await ada.page.click("#details .person:has-text('Ben') button:has-text('Hand the room over')")
    await ada.page.fill("dialog input", "Plazza")
    await ada.page.click("dialog button[value=yes]")
    await expect(ada.page.locator("dialog")).to_be_visible()
    await ada.page.fill("dialog input", "plaza")
    await ada.page.click("dialog button[value=yes]")
    await expect(ben.page.locator(".room-head a[href*='/end']")).to_have_count(1)
    await expect(ada.page.locator(".room-head a[href*='/end']")).to_have_count(0)
    await expect(ben.page.locator("#details .person:has-text('Ben') .person-marks")).to_contain_text("Owner")
