"""The page that stands in when the server cannot be reached (UI.md §10, T55)."""

import pytest

from tests.journeys.conftest import Visitors
from tests.live.conftest import House
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

READY = "navigator.serviceWorker.ready.then(() => true)"
KEPT = "() => [...document.querySelectorAll('#kept .kept')].map(row => row.textContent)"


async def test_offline_shell_lists_outbox(visitors: Visitors, server: ServerProcess) -> None:
    house = House(server)
    owner = await house.person("owner")
    room = await owner.create_room("광장")
    ada = await visitors.new(locale="ko-KR")
    await ada.sign_up("ada", "에이다")
    await ada.join(f"/chat/room/{room}")
    assert await ada.page.evaluate(READY)
    server.kill9()
    await ada.say("터널에서 쓴 글")
    await ada.page.wait_for_selector("#messages [data-cid]:not([data-seq])")
    await ada.go("/chat/lobby")
    await ada.page.wait_for_selector("#kept .kept")
    assert await ada.page.inner_text("h1") == "연결이 없습니다"
    assert await ada.page.evaluate(KEPT) == ["터널에서 쓴 글"]
    await ada.page.evaluate("localStorage.setItem('pac-uid', 'somebody else')")
    await ada.page.reload()
    await ada.page.wait_for_selector("h1")
    assert await ada.page.evaluate(KEPT) == [], "another member of this device does not see it"
    ada.trouble.clear()  # a page that was not there is what this was about
    await owner.__aexit__()


async def test_the_worker_keeps_files_and_no_page_of_a_member(visitors: Visitors) -> None:
    ada = await visitors.new()
    await ada.sign_up("ada", "Ada")
    await ada.go("/chat/lobby")
    assert await ada.page.evaluate(READY)
    await ada.go("/chat/rooms")
    kept = await ada.page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.keys()))))"
        ".then(all => all.flat().map(request => new URL(request.url).pathname))"
    )
    assert "/offline" in kept
    assert [path for path in kept if not path.startswith("/static/")] == ["/offline"]
    offline = await ada.page.evaluate("caches.match('/offline').then(answer => answer.text())")
    assert "Ada" not in offline
