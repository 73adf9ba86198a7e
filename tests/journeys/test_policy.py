"""The pages obey the policy they are sent with (UI specification §11: T56; SECURITY 1.1)."""

import pytest

from tests.journeys.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

REPORT = """window.broken = [];
document.addEventListener('securitypolicyviolation', (event) => {
  const told = `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`;
  window.broken.push(told);
  window.tell(`${location.pathname}: ${told}`);
});"""


@pytest.mark.req("1.1")
async def test_csp_reports_nothing(visitors: Visitors) -> None:
    ada, ben = await visitors.new(), await visitors.new(width=390, height=780, has_touch=True)
    reports: list[str] = []
    for visitor in (ada, ben):
        await visitor.context.expose_function("tell", lambda told: reports.append(told))
        await visitor.context.add_init_script(REPORT)
    for path in ("/", "/login", "/auth/join", "/chat/room/random", "/offline", "/nowhere"):
        await ada.go(path)
        await ada.page.wait_for_timeout(200)
    await ada.sign_up("ada", "Ada")
    await ben.sign_up("ben", "Ben")
    room = await ada.make_room("Plaza")
    await ben.join(room)
    for text in ("hello", "https://example.org/a?b=c", "👍", "<b style='color:red' onclick='x()'>no</b>"):
        await ada.say(text)
    await ben.page.wait_for_selector("#messages li[data-seq] .body:has-text('<b style')")
    await ada.page.hover("#messages li.message[data-seq]")
    await ada.page.click("#messages li.message[data-seq] [data-verb=remove]")
    await ada.page.click("dialog button.danger")
    await ada.page.wait_for_selector("#messages .gone")
    await ben.page.fill("#composer", "from a phone")
    await ben.page.tap("#send")
    await ada.sees("from a phone")
    for path in (
        "/chat/lobby?q=ㅍ", "/chat/rooms", "/chat/room/create", room.replace("/room/", "/room/modify/"),
        f"{room}/members", f"{room}/end", "/chat/log", room.replace("/room/", "/log/"), f"{room}?at=2", "/settings",
    ):  # fmt: skip
        for visitor in (ada, ben):
            await visitor.go(path)
            await visitor.page.wait_for_timeout(200)
    assert reports == []
    await ada.go("/chat/lobby")
    await ada.page.evaluate("() => { document.body.setAttribute('style', 'color: red'); }")
    await ada.page.wait_for_function("window.broken.length === 1")
    assert len(reports) == 1, "what breaks the policy would have been told"
    ada.trouble.clear()
