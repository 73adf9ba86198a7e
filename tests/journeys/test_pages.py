"""Pages as people meet them: forms, languages, no JavaScript, and text that stays text."""

import pytest

from tests.journeys.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.mark.row("page /auth/join", "page /login", "rest return path")
async def test_signs_up_then_lands_on_the_page_first_asked_for(visitors: Visitors) -> None:
    ada, jieun = await visitors.new(), await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("광장")
    await jieun.go(room)
    await jieun.page.wait_for_url("**/login?next=**")
    await jieun.page.click("main .aside a")
    await jieun.page.fill("#username", "jieun")
    await jieun.page.fill("#nickname", "지은")
    await jieun.page.fill("#password", "a long password of jieun")
    await jieun.page.click("main button.primary")
    await jieun.page.wait_for_url(f"**{room}")


async def test_form_errors_sit_beside_fields_and_keep_input(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.go("/auth/join")
    await ada.page.fill("#username", "Not A Login Name")
    await ada.page.fill("#nickname", "Ada")
    await ada.page.fill("#password", "short")
    await ada.page.click("main button.primary")
    for field in ("username", "password"):
        fault = await ada.page.get_attribute(f"#{field}", "aria-describedby")
        assert fault == f"{field}-fault"
        assert await ada.page.text_content(f"#{fault}")
        assert await ada.page.get_attribute(f"#{field}", "aria-invalid") == "true"
    assert await ada.page.input_value("#username") == "Not A Login Name"
    assert await ada.page.input_value("#nickname") == "Ada"
    assert await ada.page.input_value("#password") == ""
    assert await ada.page.evaluate("() => document.activeElement.id") == "username"


async def test_forms_work_with_javascript_off(visitors: Visitors) -> None:
    ada, plain = await visitors.new(), await visitors.new(javascript=False)
    await ada.sign_up("ada", "Ada")
    room = await ada.make_room("광장")
    await ada.say("can you read this?")
    await ada.sees("can you read this?")
    await plain.sign_up("plain", "Plain")
    await plain.go("/chat/lobby?q=" + "광")
    await plain.page.click("text=Join")
    await plain.page.wait_for_url(f"**{room}")
    assert await plain.bodies() == ["can you read this?"]
    await plain.page.click("summary")
    await plain.page.click("text=Leave the room")
    await plain.page.wait_for_url("**/chat/lobby")
    await plain.page.click("text=Sign out")
    await plain.page.wait_for_url("**/login")


@pytest.mark.row("page /lang")
async def test_language_switch_keeps_page_and_draft(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.go("/auth/join")
    assert await ada.page.get_attribute("html", "lang") == "en"
    await ada.page.click("button[lang=ko]")
    await ada.page.wait_for_url("**/auth/join")
    assert await ada.page.get_attribute("html", "lang") == "ko"
    assert await ada.page.text_content("h1") == "회원 가입"


@pytest.mark.req("1.1", "1.2")
async def test_message_text_is_never_html(visitors: Visitors) -> None:
    mallory, ada = await visitors.new(), await visitors.new()
    mallory.page.on("dialog", lambda _: mallory.trouble.append("a script ran"))
    ada.page.on("dialog", lambda _: ada.trouble.append("a script ran"))
    await mallory.sign_up("mallory", ATTACK)
    room = await mallory.make_room(ATTACK)
    await ada.sign_up("ada", "Ada")
    await ada.go("/chat/lobby")
    assert await ada.page.text_content(".room-name") == ATTACK
    await ada.join(room)
    for text in (ATTACK, "javascript:alert(1)", 'https://example.org/"onmouseover=alert(1)'):
        await mallory.say(text)
    await ada.page.wait_for_function(
        "() => document.querySelectorAll('#messages li.message[data-seq]').length === 3"
    )
    assert (await ada.bodies())[0] == ATTACK
    hrefs = await ada.page.eval_on_selector_all(
        "#messages .body a", "links => links.map(link => link.getAttribute('href'))"
    )
    assert hrefs == ["https://example.org/"]
    assert await ada.page.text_content("#messages .author") == ATTACK
    assert await ada.page.locator("#room img").count() == 0
    await ada.page.reload()
    await ada.live()
    assert (await ada.bodies())[0] == ATTACK
    thrown = await ada.page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'nothing'; } catch (error) { return error.name; } }"
    )
    assert thrown == "TypeError"
    complaints, ada.trouble = ada.trouble, []
    assert len(complaints) == 1, "the browser says what it refused, once, and nothing before"
    assert "TrustedHTML" in complaints[0]


@pytest.mark.req("1.1")
async def test_no_page_asks_another_host_or_breaks_its_policy(visitors: Visitors) -> None:
    ada = await visitors.new(width=390, height=844)
    hosts: set[str] = set()
    ada.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    for path in ("/", "/login", "/auth/join", "/nowhere"):
        await ada.go(path)
    await ada.sign_up("ada", "Ada")
    await ada.make_room("광장")
    for path in ("/chat/lobby", "/chat/rooms", "/chat/room/create"):
        await ada.go(path)
        wide = await ada.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} scrolls sideways on a phone"
    assert hosts == {ada.home.split("/")[2]}
