"""Three people and a room: its owner, somebody who wants in, and a stranger; on a desk and on a phone."""

import asyncio
import re

import pytest

from tests.journeys.conftest import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def pressed(visitor: Visitor, selector: str) -> None:
    async with visitor.page.expect_navigation():
        await visitor.page.click(selector)


async def in_menu_of(visitor: Visitor, name: str, button: str) -> None:
    row = visitor.page.locator(".person", has_text=name)
    await row.locator("summary").click()
    async with visitor.page.expect_navigation():
        await row.get_by_role("button", name=button, exact=True).click()


async def test_a_private_room_is_asked_let_in_and_moderated(visitors: Visitors) -> None:
    owner = await visitors.new()
    member = await visitors.new(locale="ko-KR", width=390, height=844)
    stranger = await visitors.new()
    await owner.sign_up("ada", "Ada")
    await member.sign_up("jieun", "지은")
    await stranger.sign_up("cleo", "Cleo")
    room = await owner.make_room("Study", public="PRIVATE")
    room_id = room.rsplit("/", 1)[1]
    for visitor in (member, stranger):
        await visitor.go(room)
        assert await visitor.page.locator("#messages").count() == 0, "its log is its members'"
        await pressed(visitor, ".composer-pane button.primary")
        assert await visitor.page.locator(".composer-pane button").count() == 0, "asked"
    await owner.page.wait_for_selector("#requests:text-is('2')", state="attached")
    await owner.go(f"/chat/room/modify/{room_id}")
    await pressed(owner, ".line:has-text('지은') button[value=ACCEPT]")
    await pressed(owner, ".line:has-text('Cleo') button[value=REFUSE]")
    assert "Nobody asks at the moment." in (await owner.page.text_content("main") or "")
    await member.go(room)
    await member.live()
    await owner.go(room)
    await owner.live()
    await member.say("안녕하세요")
    await owner.sees("안녕하세요")
    await owner.page.wait_for_selector("#online:text-is('2')")
    await stranger.go(f"{room}/members")
    assert await stranger.page.text_content(".status") == "403"

    await owner.go(f"{room}/members")
    await in_menu_of(owner, "지은", "Ban for a day")
    await member.page.wait_for_selector("#notice")
    assert re.fullmatch(
        r"20\d\d년 .*까지 참여할 수 없습니다\.", await member.page.text_content("#notice") or ""
    )
    assert await member.page.locator("#messages").count() == 0, "no history for who is banned"
    await member.go(room)
    assert await member.page.text_content(".status") == "403"
    assert "Banned" in (await owner.page.locator(".person", has_text="지은").text_content() or "")
    await in_menu_of(owner, "지은", "Pardon")
    await member.go(room)
    await member.live()
    await owner.go(f"{room}/members")
    row = owner.page.locator(".person", has_text="지은")
    await row.locator("summary").click()
    await row.get_by_role("link", name="Hand the room over").click()
    await owner.page.fill("#name", "Study")
    await pressed(owner, "main button.danger")
    await member.page.wait_for_selector("a[href*='/chat/room/modify/']", state="attached")
    await member.go(f"/chat/room/modify/{room_id}")
    await member.page.fill("#roomName", "새 이름")
    await pressed(member, "main form button.primary")
    await owner.go(room)
    await owner.live()
    assert await owner.page.text_content("h1 bdi") == "새 이름"


@pytest.mark.row("page /invite/{token}")
async def test_an_invitation_leads_a_guest_through_sign_up_into_the_room(visitors: Visitors) -> None:
    owner, guest = await visitors.new(), await visitors.new(locale="ko-KR", width=390, height=844)
    await owner.sign_up("ada", "Ada")
    room = await owner.make_room("Secret", public="INVISIBLE")
    await owner.go(f"/chat/room/modify/{room.rsplit('/', 1)[1]}")
    await owner.page.select_option("#uses", "1")
    await pressed(owner, "form[action$=invitations] button")
    link = await owner.page.input_value("#link")
    await guest.page.goto(link)
    await guest.page.wait_for_url("**/login?next=/invite/**")
    await guest.page.click("main .aside a")
    await guest.page.fill("#username", "jieun")
    await guest.page.fill("#nickname", "지은")
    await guest.page.fill("#password", "a long password of jieun")
    await guest.page.click("main button.primary")
    await guest.page.wait_for_url("**/invite/**")
    assert "Secret" in (await guest.page.text_content("h1") or "")
    await guest.page.click("main button.primary")
    await guest.page.wait_for_url(f"**{room}")
    await guest.live()
    await guest.say("들어왔어요")
    await owner.go(room)
    await owner.sees("들어왔어요")
    other = await visitors.new()
    await other.sign_up("cleo", "Cleo")
    await other.page.goto(link)
    assert await other.page.text_content(".status") == "404", "it was for one"


async def test_who_types_what_is_deleted_and_renamed_is_seen_by_the_others(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "벤")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    await ada.live()
    async with asyncio.timeout(30):
        while not await ada.page.is_visible("#typing:text-is('벤 is writing…')"):
            await ben.page.type(
                "#composer", "안"
            )  # told once in three seconds, to whom the line reaches by then
            await ada.page.wait_for_timeout(500)
    await ben.say("잘못 쓴 말")
    await ada.sees("잘못 쓴 말")
    await ada.page.wait_for_selector("#typing", state="hidden")
    await ben.page.hover("li.message.own")
    await ben.page.click("li.message.own [data-verb=remove]")
    await ben.page.click("dialog[open] button.danger")
    for visitor in (ada, ben):
        await visitor.page.wait_for_selector("li.message .gone")
        assert await visitor.bodies() == []
    shown = await ada.page.locator("#messages li[data-seq]").evaluate_all(
        "rows => rows.map(row => [row.dataset.seq, row.hidden, row.textContent.replace(/\\s+/g, '')])"
    )
    await ada.page.reload()
    await ada.live()
    again = await ada.page.locator("#messages li[data-seq]").evaluate_all(
        "rows => rows.map(row => [row.dataset.seq, row.hidden, row.textContent.replace(/\\s+/g, '')])"
    )
    assert [row[:2] for row in again] == [row[:2] for row in shown], "what was applied is what is loaded"
    assert again == shown
    await ada.go(f"/chat/room/modify/{room.rsplit('/', 1)[1]}")
    await ada.page.fill("#roomName", "Square")
    await pressed(ada, "main form button.primary")
    await ben.page.wait_for_selector("h1 bdi:text-is('Square')")
    await ben.page.wait_for_selector("li.system:has-text('Ada님이 방 이름을 바꾸었습니다.')")


async def test_unread_is_shown_and_goes_when_the_room_is_read(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    await ben.go("/chat/rooms")
    for number in range(3):
        await ada.say(f"message {number}")
    await ada.sees("message 2")
    await ben.go("/chat/rooms")
    assert (await ben.page.text_content(".unread") or "").startswith("3")
    await ben.go(room)
    await ben.sees("message 2")
    async with ben.page.expect_response("**/chat/rooms"):
        await ben.page.wait_for_timeout(1_200)  # a mark is written down within a second
        await ben.go("/chat/rooms")
    assert await ben.page.locator(".unread").count() == 0


@pytest.mark.row("page /chat/log/{room_id}")
async def test_a_log_is_searched_by_words_and_by_day(visitors: Visitors) -> None:
    plain = await visitors.new()
    await plain.sign_up("ada", "Ada")
    room = await plain.make_room("Plaza")
    for text in ("Straße nach Busan", "부산 가는 길", "nothing here"):
        await plain.say(text)
        await plain.sees(text)
    await plain.go("/chat/log")
    await plain.page.click(".room-name")
    await plain.page.wait_for_url(f"**/chat/log/{room.rsplit('/', 1)[1]}")
    assert await plain.page.locator("li.message").count() == 3
    for words, count in (("BUSAN", 1), ("부산", 1), ("strasse", 1), ("%", 0)):
        await plain.page.fill("#q", words)
        await pressed(plain, ".search button")
        assert await plain.page.locator("li.message").count() == count, words
    await plain.page.fill("#q", "")
    await plain.page.fill("#at", "2020-01-01")
    await pressed(plain, ".search button")
    assert await plain.page.locator("li.message").count() == 0


async def test_settings_change_the_password_and_end_other_sessions(visitors: Visitors) -> None:
    desk, phone = await visitors.new(), await visitors.new(width=390, height=844)
    await desk.sign_up("ada", "Ada")
    await phone.go("/login")
    await phone.page.fill("#username", "ada")
    await phone.page.fill("#password", "a long password of ada")
    await phone.page.click("main button.primary")
    await phone.page.wait_for_url("**/chat/lobby")
    await desk.go("/settings")
    assert await desk.page.locator("li.line").count() == 2
    assert "Chrome · Linux" in (await desk.page.text_content("li.line") or "")
    await desk.page.fill("#current", "wrong")
    await desk.page.fill("#password", "quite another password")
    await pressed(desk, "form[action='/settings/password'] button.primary")
    assert await desk.page.text_content("#current-fault") == "This is not the password you have now."
    await desk.page.fill("#current", "a long password of ada")
    await desk.page.fill("#password", "quite another password")
    await pressed(desk, "form[action='/settings/password'] button.primary")
    assert await desk.page.text_content(".done") == "Saved."
    assert await desk.page.locator("li.line").count() == 1
    await phone.go("/chat/rooms")
    await phone.page.wait_for_url("**/login?next=/chat/rooms")
