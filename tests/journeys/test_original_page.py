"""A page of the original's kind talks with ours, and what anybody types runs in neither."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page

from tests.journeys.conftest import Visitors
from tests.support.server import running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAGE = (Path(__file__).parent / "fixtures" / "original.html").read_bytes()
HIT = "<img src=x onerror=hit()>"
WATCHED = "() => { window.hits = 0; window.hit = () => { window.hits += 1; }; }"


@asynccontextmanager
async def served_page() -> AsyncIterator[str]:
    """The original's page on an origin of its own, as another web server would serve it; that origin."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        found = request.startswith(b"GET /page")
        body = PAGE if found else b""
        status = b"200 OK" if found else b"404 Not Found"
        writer.write(
            b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%s" % (status, len(body), body)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"


async def open_original(page: Page, origin: str, socket: str, channel: str, nickname: str = "x") -> None:
    await page.goto(
        f"{origin}/page?{urlencode({'socket': socket, 'channel': channel, 'nickname': nickname})}"
    )
    await page.wait_for_selector("#lines p:has-text('입장 했습니다')")
    await page.evaluate(WATCHED)


async def say(page: Page, text: str) -> None:
    await page.fill("#message", text)
    await page.press("#message", "Enter")


async def shows(page: Page, nickname: str, message: str) -> None:
    """The last line is this, as text."""
    await page.wait_for_function(
        "([nickname, message]) => { const last = document.querySelector('#lines p:last-child');"
        " return last?.querySelector('b').textContent === nickname"
        " && last.querySelector('span').textContent === message; }",
        arg=[nickname, message],
    )


async def runs_what_is_unescaped(page: Page) -> None:
    """The counter of hits works: the same markup, written by the page itself, is one."""
    assert await page.evaluate("window.hits") == 0
    await page.evaluate(f"document.getElementById('lines').innerHTML += '{HIT}'")
    await page.wait_for_function("window.hits === 1")


@pytest.mark.req("1.2")
async def test_the_original_s_page_talks_with_ours_and_no_text_runs_in_either(
    browser: Browser, tmp_path: Path
) -> None:
    async with served_page() as origin, running_server(tmp_path / "server", ALLOWED_ORIGINS=origin) as server:
        visitors = Visitors(browser, server)
        ada, mallory = await visitors.new(), await visitors.new()
        await ada.sign_up("ada", "Ada")
        await mallory.sign_up("mallory", HIT)
        room = await ada.make_room("광장")
        await mallory.join(room)
        await ada.page.evaluate(WATCHED)
        socket = f"ws://localhost:{server.message_port}/message"
        await open_original(mallory.page, origin, socket, room.rsplit("/", 1)[1])
        await say(mallory.page, HIT)
        await ada.sees(HIT)
        await shows(mallory.page, HIT, HIT)
        await ada.say("안녕 " + HIT)
        await shows(mallory.page, "Ada", "안녕 " + HIT)
        assert await ada.bodies() == [HIT, "안녕 " + HIT]
        assert await ada.page.evaluate("window.hits") == 0
        await runs_what_is_unescaped(mallory.page)
        for visitor in visitors.all:
            assert visitor.trouble == []


@pytest.mark.req("3.1")
async def test_the_original_s_page_is_refused_where_its_origin_is_not_listed(
    browser: Browser, tmp_path: Path
) -> None:
    async with served_page() as origin, running_server(tmp_path / "server") as server:
        visitor = await Visitors(browser, server).new()
        socket = f"ws://localhost:{server.message_port}/simplemessage"
        await visitor.page.goto(f"{origin}/page?{urlencode({'socket': socket, 'channel': 'random'})}")
        await visitor.page.wait_for_selector("body[data-closed='1006']")


@pytest.mark.req("1.2")
async def test_guests_of_the_original_s_page_talk_and_no_text_runs(browser: Browser, tmp_path: Path) -> None:
    async with served_page() as origin, running_server(tmp_path / "server", ALLOWED_ORIGINS=origin) as server:
        visitors = Visitors(browser, server)
        one, two = (await visitors.new()).page, (await visitors.new()).page
        socket = f"ws://localhost:{server.message_port}/simplemessage"
        await open_original(one, origin, socket, "random", "민")
        await open_original(two, origin, socket, "random", HIT)
        await shows(one, "SYSTEM", f"손님 {HIT}님이 채팅방에 입장 했습니다.")
        await say(two, HIT)
        for page in (one, two):
            await shows(page, f"손님 {HIT}", HIT)
            await runs_what_is_unescaped(page)
