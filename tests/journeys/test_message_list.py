"""The list of messages in Chromium, alone over a log that is made up (UI specification §3, §11)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.journeys.conftest import LOOP
from tests.journeys.list_page import ListPage, open_list
from tests.journeys.test_xss import PAYLOADS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Opens = Callable[..., Awaitable[ListPage]]


@pytest_asyncio.fixture(loop_scope=LOOP)
async def opens(browser: Browser) -> AsyncIterator[Opens]:
    pages: list[ListPage] = []

    async def opened(**context: Any) -> ListPage:
        pages.append(await open_list(browser, **context))
        return pages[-1]

    yield opened
    for page in pages:
        assert page.trouble == [], "the browser complained"
        await page.context.close()


def contiguous(seqs: list[int]) -> bool:
    return seqs == list(range(seqs[0], seqs[-1] + 1))


async def test_older_page_keeps_anchor_within_1px(opens: Opens) -> None:
    page = await opens()
    await page.start(total=400, held=50, delay=60)
    await page.scroll("600")
    anchor = await page.first_visible()
    before = await page.top_of(anchor)
    await page.settled()
    assert (await page.seqs())[0] < 351, "an older page was drawn"
    assert abs(await page.top_of(anchor) - before) <= 1

    # Pictures that come late: rows above and in view grow, one after the other.
    for grown in range(1, 6):
        await page.page.evaluate(
            """(grown) => { const bodies = document.querySelectorAll('#messages .body');
              bodies[grown * 2].style.paddingBottom = `${37.3 * grown}px`; }""",
            grown,
        )
        await page.page.wait_for_timeout(40)
        assert abs(await page.top_of(anchor) - before) <= 1


async def test_new_message_never_moves_a_reader(opens: Opens) -> None:
    page = await opens()
    await page.start(total=300, held=200)
    await page.scroll("el.scrollHeight / 2")
    await page.settled()
    anchor = await page.first_visible()
    before = await page.top_of(anchor)
    for _ in range(8):
        await page.room("pushMany(40)")
        await page.page.wait_for_timeout(40)
        assert await page.top_of(anchor) == pytest.approx(before, abs=1)
    await page.settled()
    assert await page.top_of(anchor) == pytest.approx(before, abs=1)
    assert len(await page.seqs()) <= 320


async def test_a_message_that_comes_with_the_first_turn_of_the_wheel_does_not_pull_back(opens: Opens) -> None:
    page = await opens()
    await page.start(total=100)
    moved = await page.page.evaluate(
        """async () => { const el = document.getElementById('scroller');
          el.scrollTop -= 300; // the scroll event is still to come when the next drawing is made
          const before = el.scrollTop;
          room.pushMany(3); room.mayDelete.value = true;
          await new Promise((done) => setTimeout(done, 200));
          return el.scrollTop - before; }"""
    )
    assert abs(moved) <= 1


async def test_a_reader_at_the_end_stays_there_whatever_grows(opens: Opens) -> None:
    page = await opens()
    await page.start(total=100)
    for _ in range(5):
        await page.room("pushMany(7)")
        await page.settled()
        assert await page.from_end() < 1
    await page.page.evaluate("document.querySelector('#messages').lastChild.style.paddingBottom = '300px'")
    await page.page.wait_for_timeout(60)
    assert await page.from_end() < 1
    await page.page.set_viewport_size({"width": 900, "height": 400})  # a keyboard on the screen
    await page.page.wait_for_timeout(60)
    assert await page.from_end() < 1


async def test_pill_counts_and_jumps(opens: Opens) -> None:
    page = await opens()
    pill = page.page.locator("#pill")
    await page.start(total=200, held=100)
    assert await pill.is_hidden()
    await page.scroll("el.scrollTop - 400")
    await page.room("pushMany(3)")
    await page.settled()
    assert await pill.text_content() == "새 메시지 3개 ↓"
    await page.room("push({member: {id: 'me', nickname: '하늘'}})")  # one's own, from elsewhere
    await page.settled()
    assert await pill.text_content() == "새 메시지 3개 ↓"
    await page.room("pushMany(120)")
    await page.settled()
    assert await pill.text_content() == "새 메시지 99+개 ↓"
    await pill.click()
    await page.settled()
    assert await pill.is_hidden()
    assert await page.from_end() < 1
    assert (await page.seqs())[-1] == await page.room("top")


async def test_an_own_message_goes_to_the_end_even_from_history(opens: Opens) -> None:
    page = await opens()
    await page.start(total=1_000, at=300)
    await page.page.wait_for_selector('li[data-seq="300"]')
    await page.settled()
    await page.room("send('안녕하세요')")
    await page.settled()
    assert await page.from_end() < 1
    assert (await page.seqs())[-1] == 1_000
    last = page.page.locator("#messages > li").last
    assert await last.get_attribute("data-state") == "sending"


async def test_unread_divider_stays_until_leaving(opens: Opens) -> None:
    page = await opens()
    line = page.page.locator("#unread-line")
    await page.start(total=300, held=200, unreadAfter=180)
    assert await line.count() == 1
    at = await line.evaluate(
        "(line) => line.getBoundingClientRect().top - document.getElementById('scroller').getBoundingClientRect().top"
    )
    height = await page.page.evaluate("document.getElementById('scroller').clientHeight")
    assert at == pytest.approx(height / 3, abs=1)
    assert await line.evaluate("(line) => line.nextElementSibling.dataset.seq") == "181"
    assert (await page.page.locator("#unread-pill").text_content()) == "읽지 않은 메시지 120개 · 처음으로"
    await page.scroll("el.scrollHeight")
    await page.room("pushMany(3)")
    await page.settled()
    assert await line.count() == 1, "reading does not take it away"
    assert await page.page.locator("#unread-pill").count() == 0
    await page.page.keyboard.press("Escape")
    await page.settled()
    assert await line.count() == 0

    await page.again(total=300, held=200, unreadAfter=297)
    assert await page.from_end() < 1, "what fits is shown from the end"
    assert await line.count() == 1
    await page.again(total=300, held=50, unreadAfter=120)
    await page.settled()
    assert "around 121" in await page.room("calls"), "what is unread begins before what is held"
    assert await line.evaluate("(line) => line.nextElementSibling.dataset.seq") == "121"
    await page.again(total=300, held=50, unreadAfter=300)
    await page.room("pushMany(2)")
    await page.settled()
    assert await line.count() == 0, "nothing was unread when the room was opened"


async def test_100k_room_keeps_at_most_320_rows_and_contiguous_seq(opens: Opens) -> None:
    page = await opens()
    await page.start(total=100_000, held=50, delay=2)
    lowest = 100_000
    for turn in range(40):
        await page.scroll("el.scrollTop - 2500")
        await page.page.wait_for_timeout(30 if turn % 5 else 250)
        seqs = await page.seqs()
        assert contiguous(seqs)
        assert len(seqs) <= 320
        lowest = min(lowest, seqs[0])
    assert lowest < 99_200
    for turn in range(60):
        await page.scroll("el.scrollTop + 2500")
        await page.page.wait_for_timeout(30 if turn % 5 else 250)
        seqs = await page.seqs()
        assert contiguous(seqs)
        assert len(seqs) <= 320
        if seqs[-1] == 100_000 and await page.from_end() < 1:
            break
    assert (await page.seqs())[-1] == 100_000
    assert (
        await page.page.evaluate("document.getElementById('messages').getElementsByTagName('*').length")
        < 6_000
    )


async def test_permalink_opens_in_the_middle_and_scrolls_both_ways(opens: Opens) -> None:
    page = await opens()
    await page.start(total=100_000, held=50, at=50_000)
    await page.page.wait_for_selector('li.flash[data-seq="50000"]')
    row = await page.page.evaluate(
        """() => { const row = document.querySelector('li[data-seq="50000"]').getBoundingClientRect();
          const pane = document.getElementById('scroller').getBoundingClientRect();
          return (row.top + row.bottom) / 2 - (pane.top + pane.bottom) / 2; }"""
    )
    assert abs(row) < 2
    assert await page.page.locator("#pill").text_content() == "최신 메시지로 ↓"
    await page.settled()
    for by, turns, beyond in ((-1_500, 6, 49_900), (1_500, 14, 50_100)):
        for _ in range(turns):
            await page.scroll(f"el.scrollTop + {by}")
            await page.settled()
            assert contiguous(await page.seqs())
        first = await page.first_visible()
        assert first < beyond if by < 0 else first > beyond
    await page.page.locator("#pill").click()
    await page.settled()
    assert (await page.seqs())[-1] == 100_000
    assert await page.from_end() < 1
    assert await page.page.locator(".flash").count() == 0


async def test_times_follow_viewer_zone_and_midnight(opens: Opens) -> None:
    special = {
        "1": {"ts": "2026-11-23T14:58:31.000Z"},
        "2": {"ts": "2026-11-23T14:59:00.000Z", "member": {"id": "a1", "nickname": "지은"}},
        "3": {"ts": "2026-11-23T15:00:30.000Z"},
    }
    options = {"total": 3, "held": 3, "special": special}

    seoul = await opens(timezone_id="Asia/Seoul")
    await seoul.page.clock.install(time="2026-11-24T14:59:50Z")  # 23:59:50 there
    await seoul.page.goto("http://list.example/")
    await seoul.page.wait_for_function("() => window.ready")
    await seoul.page.evaluate("(options) => start(options)", options)
    days = seoul.page.locator("#messages .day")
    assert await days.all_text_contents() == ["어제", "오늘"]
    times = await seoul.page.locator("#messages time").all_text_contents()
    assert times == ["오후 11:58", "오후 11:59", "오전 12:00"]
    assert await seoul.page.locator("li.continues").count() == 1, "midnight begins a new group"
    await seoul.page.clock.run_for(15_000)
    assert await days.all_text_contents() == ["11월 23일 월요일", "어제"]
    first = seoul.page.locator("a.moment").first
    await first.hover()
    tip = seoul.page.locator("#time-tip")
    assert await tip.text_content() == "2026년 11월 23일 월요일 오후 11시 58분 31초"
    await seoul.page.mouse.move(5, 500)
    assert await tip.count() == 0
    await seoul.page.locator('li[data-seq="1"]').focus()
    await seoul.page.keyboard.press("Tab")
    assert await tip.count() == 1
    assert await first.get_attribute("aria-describedby") == "time-tip"
    await seoul.page.keyboard.press("Escape")
    assert await tip.count() == 0

    new_york = await opens(timezone_id="America/New_York", locale="en-US")
    await new_york.page.clock.install(time="2026-11-24T14:59:50Z")
    await new_york.page.goto("http://list.example/")
    await new_york.page.wait_for_function("() => window.ready")
    await new_york.page.evaluate("(options) => start(options)", options | {"language": "en"})
    assert await new_york.page.locator("#messages .day").all_text_contents() == ["Yesterday"]
    times = await new_york.page.locator("#messages time").all_text_contents()
    assert times == ["9:58 AM", "9:59 AM", "10:00 AM"]


async def test_hidden_tab_does_not_mark_read(opens: Opens) -> None:
    page = await opens()
    await page.page.add_init_script(
        """window.shown = 'visible'; window.focused = true;
           Object.defineProperty(Document.prototype, 'visibilityState', { get: () => window.shown });
           Document.prototype.hasFocus = () => window.focused;"""
    )
    await page.start(total=100)
    await page.page.wait_for_timeout(700)
    assert (await page.room("seen"))[-1] == 100
    await page.page.evaluate("shown = 'hidden'; document.dispatchEvent(new Event('visibilitychange'))")
    await page.room("pushMany(2)")
    await page.page.wait_for_timeout(800)
    assert (await page.room("seen"))[-1] == 100
    await page.page.evaluate(
        "shown = 'visible'; focused = false; document.dispatchEvent(new Event('visibilitychange'))"
    )
    await page.page.wait_for_timeout(700)
    assert (await page.room("seen"))[-1] == 100, "visible, but somebody works in another window"
    await page.page.evaluate("focused = true; window.dispatchEvent(new Event('focus'))")
    await page.page.wait_for_timeout(300)
    assert (await page.room("seen"))[-1] == 100, "a glance is not reading"
    await page.page.wait_for_timeout(400)
    assert (await page.room("seen"))[-1] == 102
    await page.scroll("0")
    await page.page.wait_for_timeout(700)
    assert await page.room("seen") == sorted(await page.room("seen")), "it never goes back"


async def test_message_text_is_never_html(opens: Opens) -> None:
    page = await opens()
    await page.page.add_init_script("window.ran = 0; window.alert = () => { window.ran += 1; };")
    await page.start(total=3)
    names = [{"member": {"id": f"x{at}", "nickname": text}, "body": text} for at, text in enumerate(PAYLOADS)]
    await page.page.evaluate("(said) => room.push(...said)", names)
    await page.page.evaluate(
        "(said) => said.forEach((text) => room.send(text, 'failed', {reason: text}))", list(PAYLOADS[:5])
    )
    await page.settled()
    shown = await page.page.eval_on_selector_all(
        "#messages li.message:not(.own):not([data-seq='1']):not([data-seq='2']):not([data-seq='3']) .body",
        "rows => rows.map(row => row.textContent)",
    )
    assert shown == list(PAYLOADS)
    kinds = await page.page.eval_on_selector_all(
        "#messages .body *, #messages .author *", "found => [...new Set(found.map(one => one.tagName))]"
    )
    assert set(kinds) <= {"A"}
    links = await page.page.eval_on_selector_all(
        "#messages .body a", "found => found.map(one => one.protocol)"
    )
    assert set(links) <= {"http:", "https:"}
    assert await page.page.evaluate("window.ran") == 0


async def test_an_answer_changes_nothing_but_the_clock(opens: Opens) -> None:
    page = await opens()
    await page.start(total=20)
    for in_two in ("false", "true"):  # the push with the ok, and the push first
        cid = await page.room("send('보낸 글 https://a.example/')")
        await page.settled()
        row = page.page.locator(f'li[data-cid="{cid}"]')
        await row.evaluate("(row) => { row.mine = true; }")
        before = await row.bounding_box()
        await page.room(f"ack('{cid}', {in_two})")
        for _ in range(3):
            await page.page.wait_for_timeout(30)
            assert await page.page.locator("#messages .body", has_text="보낸 글").count() == 1 + (
                in_two == "true"
            )
        await page.settled()
        assert await row.evaluate("(row) => row.mine"), "the same element"
        assert await row.bounding_box() == before
        assert await row.get_attribute("data-seq") == str(await page.room("top"))
        assert await row.get_attribute("data-state") is None


async def test_states_on_the_way_say_what_can_be_done(opens: Opens) -> None:
    page = await opens()
    await page.start(total=5)
    failed = await page.room("send('너무 길어요', 'failed', {reason: '메시지가 너무 깁니다.'})")
    waiting = await page.room("send('잠시만', 'waiting', {until: Date.now() + 2500})")
    await page.settled()
    row = page.page.locator(f'li[data-cid="{failed}"]')
    assert "전송 실패: 메시지가 너무 깁니다." in await row.inner_text()
    told = page.page.locator(f'li[data-cid="{waiting}"] .state')
    assert await told.text_content() == "3초 후 전송"
    await page.page.wait_for_selector("[data-state=waiting] .state span:text('1초 후 전송')")
    for name in ("다시 시도", "수정"):
        await row.get_by_role("button", name=name).click()
    await row.focus()
    await row.get_by_role("button", name="삭제").click()
    await page.settled()
    assert await page.room("calls") == [f"retry {failed}", f"edit {failed}", f"discard {failed}"]
    focused = await page.page.evaluate("document.activeElement.dataset.cid")
    assert focused == waiting, "the focus goes to the next row"


async def test_rows_under_the_keyboard(opens: Opens) -> None:
    page = await opens()
    await page.start(total=120, held=120, special={"118": {"member": {"id": "me", "nickname": "하늘"}}})
    key = page.page.keyboard
    focused = "document.activeElement.dataset.seq ?? document.activeElement.id"
    await page.page.focus("#composer")
    await key.press("Shift+Tab")
    assert await page.page.evaluate(focused) == "120"
    await key.press("ArrowUp")
    await key.press("ArrowUp")
    assert await page.page.evaluate(focused) == "118"
    # No secure context here: the copy goes the old way, and the focus comes back.
    await page.page.evaluate("document.execCommand = () => { window.put = document.activeElement.value; }")
    await key.press("c")
    await page.page.wait_for_function("() => window.put?.startsWith('메시지 118, 1번째 줄')")
    assert await page.page.evaluate(focused) == "118"
    for letter in "re":
        await key.press(letter)
    assert await page.page.locator("[role=menu], dialog").count() == 0, "R and E are kept for later"
    await key.press("Enter")
    assert await page.page.locator("[role=menuitem]").all_text_contents() == [
        "내용 복사",
        "링크 복사",
        "삭제",
    ]
    await key.press("Escape")
    assert await page.page.evaluate(focused) == "118"
    await key.press("Delete")
    await key.press("Escape")
    assert await page.room("calls") == []
    await key.press("Delete")
    await page.page.get_by_role("button", name="삭제").click()
    await page.settled()
    assert await page.room("calls") == ["remove 118"]
    assert await page.page.locator('li[data-seq="118"] .gone').text_content() == "삭제된 메시지입니다."
    assert await page.page.evaluate(focused) == "118"
    assert contiguous(await page.seqs()), "the deletion has a seq too"
    await key.press("ArrowUp")
    await key.press("Delete")
    assert await page.page.locator("dialog").count() == 0, "somebody else's"
    for _ in range(40):
        await key.press("ArrowUp")
    row = await page.page.evaluate("document.activeElement.getBoundingClientRect().top")
    day = await page.page.evaluate("document.querySelector('#messages .day').getBoundingClientRect().bottom")
    assert row >= day, "the day that sticks covers no focus"
    await key.press("Escape")
    assert await page.page.evaluate(focused) == "composer"


async def test_copying_rows_gives_lines_with_names_and_times(opens: Opens) -> None:
    page = await opens(timezone_id="Asia/Seoul")
    people = {"1": "지은", "2": "지은", "3": "민수"}
    special = {
        seq: {
            "ts": f"2026-11-23T05:0{seq}:00Z",
            "body": f"내용 {seq}",
            "member": {"id": name, "nickname": name},
        }
        for seq, name in people.items()
    }
    await page.start(total=3, special=special)
    copied = """([from, to]) => {
      const [a, b] = [from, to].map((seq) => document.querySelector(`li[data-seq="${seq}"] .body`));
      getSelection().setBaseAndExtent(a, 0, b, b.childNodes.length);
      const event = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
      a.dispatchEvent(event);
      return [event.clipboardData.getData('text/plain'), event.defaultPrevented]; }"""
    lines = "지은 (오후 2:01): 내용 1\n지은 (오후 2:02): 내용 2\n민수 (오후 2:03): 내용 3"
    assert await page.page.evaluate(copied, [1, 3]) == [lines, True]
    assert await page.page.evaluate(copied, [2, 2]) == ["", False], "one row is copied as it is"


async def test_a_room_opens_where_it_was_left(opens: Opens) -> None:
    page = await opens()
    await page.start(total=400, held=300)
    await page.scroll("el.scrollTop - 3333")
    await page.settled()
    await page.page.evaluate("stop()")
    place = await page.room("place.at")
    await page.again(total=400, held=300, place=place)
    assert await page.top_of(place["seq"]) == pytest.approx(place["top"], abs=1)
