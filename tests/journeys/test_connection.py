"""What is written while the line is bad arrives once and in order.

UI specification §11: T17, T18, T20, T21, T24, T25, T28.
"""

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Visitor, Visitors
from tests.journeys.line import Line
from tests.journeys.test_xss import say
from tests.live.conftest import House
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def two_in_a_room(visitors: Visitors) -> tuple[Visitor, Visitor, Line, str]:
    """Ada on a good line, Ben on one that is in our hands."""
    ada, ben = await visitors.new(), await visitors.new()
    line = await Line().over(ben.context)
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    return ada, ben, line, room


async def test_offline_messages_queue_and_send_in_order_once_after_reconnect(visitors: Visitors) -> None:
    ada, ben, line, _ = await two_in_a_room(visitors)
    await line.cut()
    for number in range(4):
        await ben.say(f"queued {number}")
    await expect(ben.page.locator("li[data-state=queued]")).to_have_count(4)
    line.is_cut = False
    await ada.sees("queued 3")
    await ben.sees("queued 3")
    wanted = [f"queued {number}" for number in range(4)]
    assert await ada.bodies() == wanted
    assert await ben.bodies() == wanted
    assert await ben.page.locator("li[data-state]").count() == 0


async def test_ack_lost_then_retry_yields_one_message(visitors: Visitors) -> None:
    ada, ben, line, _ = await two_in_a_room(visitors)
    line.loses_next_ok_of_a_send = True
    await ben.say("once")
    await ada.sees("once")
    await ben.sees("once")
    await expect(ben.page.locator("li[data-state]")).to_have_count(0)
    await ben.say("twice")
    await ada.sees("twice")
    assert line.opened >= 2
    assert await ada.bodies() == await ben.bodies() == ["once", "twice"]


async def test_two_tabs_flush_one_outbox_once(visitors: Visitors) -> None:
    ada, ben, line, room = await two_in_a_room(visitors)
    second = Visitor(ben.context, await ben.context.new_page(), ben.home)
    await second.go(room)
    await second.live()
    await line.cut()
    await ben.say("from the first")
    await second.say("from the second")
    await expect(second.page.locator("li[data-state=queued]")).to_have_count(1)
    line.is_cut = False
    for text in ("from the first", "from the second"):
        for visitor in (ada, ben, second):
            await visitor.sees(text)
    await ada.page.wait_for_timeout(500)
    assert sorted(await ada.bodies()) == ["from the first", "from the second"]
    assert await second.bodies() == await ada.bodies()


async def test_banned_while_queued_shows_failed_with_text(visitors: Visitors) -> None:
    ada, ben, line, room = await two_in_a_room(visitors)
    await line.cut()
    await ben.say("too late")
    await ben.page.wait_for_selector("li[data-state=queued]")
    room_id = room.rsplit("/", 1)[1]
    members = (await ada.api("GET", f"/api/v1/room/{room_id}/member"))["content"]
    (member,) = [one["id"] for one in members if one["nickname"] == "Ben"]
    await ada.api("PUT", f"/api/v1/room/{room_id}/member/{member}", {"role": "OBSERVER"})
    line.is_cut = False
    failed = ben.page.locator("li[data-state=failed]")
    await expect(failed.locator(".body")).to_have_text("too late")
    assert await failed.locator("[role=alert]").count() == 1
    assert await ada.bodies() == []


async def test_gap_is_filled_without_reload_and_without_scroll_jump(visitors: Visitors) -> None:
    ada, ben, line, _ = await two_in_a_room(visitors)
    for number in range(60):
        await ada.say(f"before {number}")
    await ben.sees("before 59")
    await ben.page.evaluate(
        "() => { window.stayed = true; document.getElementById('scroller').scrollTop = 300; }"
    )
    await ben.page.wait_for_timeout(300)
    top = "() => document.querySelector(\"li[data-seq='12']\").getBoundingClientRect().top"
    before = await ben.page.evaluate(top)
    await line.cut()
    for number in range(20):
        await ada.say(f"missed {number}")
    await ada.sees("missed 19")
    line.is_cut = False
    await expect(ben.page.locator("#pill")).to_contain_text("20 new messages", timeout=20_000)
    assert abs(await ben.page.evaluate(top) - before) <= 1
    assert await ben.page.evaluate("() => window.stayed")
    await ben.page.click("#pill")
    await ben.sees("missed 19")
    seqs = await ben.seqs()
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_gap_over_the_replay_limit_detaches_tail(visitors: Visitors, server: ServerProcess) -> None:
    house = House(server)
    mallory = await house.person("mallory")
    room = await mallory.create_room("Plaza")
    wire = await house.reader(mallory, room)
    await say(wire, room, 0, *(f"before {number}" for number in range(30)))
    ben = await visitors.new()
    line = await Line().over(ben.context)
    await ben.sign_up("ben", "Ben")
    await ben.join(f"/chat/room/{room}")
    await ben.page.evaluate(
        "() => { window.stayed = true; document.getElementById('scroller').scrollTop = 0; }"
    )
    await ben.page.wait_for_timeout(300)
    await line.cut()
    await say(wire, room, 1_000, *(f"missed {number}" for number in range(1_100)))
    line.is_cut = False
    await expect(ben.page.locator("#pill")).to_contain_text("99+ new messages", timeout=30_000)
    assert (await ben.bodies())[0] == "before 0", "what was read stays"
    await ben.page.click("#pill")
    await ben.sees("missed 1099")
    assert await ben.page.evaluate("() => window.stayed")
    await say(wire, room, 5_000, "and on")
    await ben.sees("and on")
    seqs = await ben.seqs()
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    for open_wire in house.wires:
        open_wire.writer.close()
    for person in house.people:
        await person.__aexit__()


async def test_half_open_socket_is_detected(visitors: Visitors) -> None:
    ada, ben, line, _ = await two_in_a_room(visitors)
    line.is_mute = True
    await ben.say("into the void")
    await ben.page.wait_for_selector(
        "#connection:not([hidden])", timeout=30_000
    )  # 8 s for the answer, 5 for the pong
    line.is_mute = False
    await ada.sees("into the void")
    await ben.sees("into the void")
    assert await ada.bodies() == ["into the void"]
