"""The message list alone in a browser: files of the source tree, a log made up by fixtures/list.js, no server."""

import json
import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Route

from pac.web.templating import Static

HOME = "http://list.example"
FIXTURES = Path(__file__).parent / "fixtures"
PAGE = {"/": "list.html", "/list.js": "list.js"}
STATIC = Static()


async def _serve(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path in PAGE:
        body, name = (FIXTURES / PAGE[path]).read_bytes(), PAGE[path]
    else:
        found = STATIC.find(path.removeprefix("/static/").removeprefix("/"))
        if found is None:
            await route.fulfill(status=404)
            return
        body, name = found.body, path
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "text/plain"
    await route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")


class ListPage:
    """A page that shows the list, and what its fake room was asked."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.trouble: list[str] = []
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda said: self.trouble.append(said.text) if said.type == "error" else None)

    async def start(self, **options: Any) -> None:
        await self.page.goto(HOME + "/")
        await self.page.wait_for_function("() => window.ready")
        await self.again(**options)

    async def again(self, **options: Any) -> None:
        await self.page.evaluate(f"start({json.dumps(options)})")
        await self.page.wait_for_selector("#messages > li, #nothing")
        await self.settled()

    async def settled(self) -> None:
        """Nothing is being fetched, and the last drawing is painted."""
        await self.page.evaluate(
            """async () => {
              const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
              for (let quiet = 0; quiet < 4; ) {
                const before = room.calls.length + document.getElementById('messages').innerHTML.length;
                await new Promise((done) => setTimeout(done, 15));
                await frame();
                const after = room.calls.length + document.getElementById('messages').innerHTML.length;
                quiet = before === after && !document.querySelector('.loading') ? quiet + 1 : 0;
              }
            }"""
        )

    async def room(self, call: str) -> Any:
        return await self.page.evaluate(f"room.{call}")

    async def seqs(self) -> list[int]:
        found: list[int] = await self.page.evaluate(
            "[...document.querySelectorAll('#messages li[data-seq]')].map((row) => Number(row.dataset.seq))"
        )
        return found

    async def scroll(self, expression: str) -> None:
        """`el` is the scroller; as a reader's wheel would: the page is told by a scroll event."""
        await self.page.evaluate(
            "(code) => { const el = document.getElementById('scroller'); el.scrollTop = eval(code); }",
            expression,
        )

    async def top_of(self, seq: int) -> float:
        """How far this row is below the scroller's top."""
        found: float = await self.page.evaluate(
            """(seq) => document.querySelector(`li[data-seq="${seq}"]`).getBoundingClientRect().top
                 - document.getElementById('scroller').getBoundingClientRect().top""",
            seq,
        )
        return found

    async def first_visible(self) -> int:
        found: int = await self.page.evaluate(
            """() => { const top = document.getElementById('scroller').getBoundingClientRect().top;
              return Number([...document.querySelectorAll('#messages li[data-seq]:not([hidden])')]
                .find((row) => row.getBoundingClientRect().bottom > top).dataset.seq); }"""
        )
        return found

    async def from_end(self) -> float:
        found: float = await self.page.evaluate(
            """(() => { const el = document.getElementById('scroller');
              return el.scrollHeight - el.scrollTop - el.clientHeight; })()"""
        )
        return found


async def open_list(browser: Browser, **context_options: Any) -> ListPage:
    options = {"viewport": {"width": 900, "height": 700}, "locale": "ko-KR"} | context_options
    context = await browser.new_context(**options)
    page = await context.new_page()
    await page.route(HOME + "/**", _serve)
    return ListPage(context, page)
