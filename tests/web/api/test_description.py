"""REST holds to its own description: Schemathesis reads /api/openapi.json and asks every route, well and badly.

As nobody, as a member and as an administrator, through the whole ASGI app in this process. The cases come from a
fixed seed; PAC_TEST_CASES says how many of them a route gets at random, beside those that every run makes.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from pac.accounts.sessions import Session, session_key, token_key
from pac.clock import DAY_MS, HOUR_MS, Instant
from pac.ids import SeededIds
from pac.messages.model import DeletedBy
from tests.support.clock import SteppedClock
from tests.web.service import House, Person, open_house

SEED = 20261123
CASES = int(os.environ.get("PAC_TEST_CASES", "3"))
PEOPLE = ("nobody", "ada", "root")
"""Nobody, a member with rooms, and an administrator."""

CONFIG: dict[str, Any] = {
    "seed": SEED,
    "generation": {"max-examples": CASES, "database": "none", "with-security-parameters": False},
    "phases": {"stateful": {"enabled": False}},
}


EXCLUDED = {
    # One of two fields has to be there, and a time only with one value of the other and later than now.
    "PUT /api/v1/room/{room_id}/member/{member_id}": [checks.positive_data_acceptance],
}
NEVER_WELCOME = {
    "POST /api/v1/auth/login": "a password is not guessed",
    "POST /api/v1/auth/validate": "a token of the service is needed, and it is nobody's here",
}
LETTERS = "abcdefghijklmnopqrstuvwxyzäéÅ가각힣あ漢字0123456789!'<>&\"{}$"
"""Of which names are made here: what other characters are refused for, tests/test_names.py has."""

schemathesis.openapi.format("name", st.text(LETTERS, min_size=1, max_size=32))
schemathesis.openapi.format("text", st.text(LETTERS + " \n", max_size=256))
schemathesis.openapi.format("password", st.text(LETTERS, min_size=16, max_size=128))


@dataclass
class Town:
    """A service with people and rooms in it, on an event loop of its own."""

    portal: BlockingPortal
    house: House
    people: dict[str, Person] = field(default_factory=dict)
    errands: list[dict[str, Any]] = field(default_factory=list)
    """What belongs together, for the names in a path."""
    led: int = 0
    locked: str = ""
    """Somebody nobody needs any more."""
    tokens: dict[str, str] = field(default_factory=dict)
    is_changed: bool = True
    answers: int = 0
    welcomed: set[str] = field(default_factory=set)
    """Routes that said yes to somebody: a walk that only ever hears no proves little."""

    async def app(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """The service's ASGI app, for a caller on another loop."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        asked = [await receive()]
        while asked[-1].get("more_body"):
            asked.append(await receive())
        told: list[Any] = []

        async def hear() -> Any:
            return asked.pop(0) if asked else {"type": "http.disconnect"}

        async def tell(message: Any) -> None:
            told.append(message)

        await asyncio.wrap_future(self.portal.start_task_soon(self.house.app, scope, hear, tell))
        for message in told:
            await send(message)

    def furnish(self) -> None:
        """Fresh rooms for a route, where something was done to the last ones."""
        self.led = 0
        if self.is_changed:
            self.portal.call(self._furnish)
            self.is_changed = False

    async def _furnish(self) -> None:
        house = self.house
        if not self.people:
            for name in ("ada", "ben", "cyd", "root", "eve"):
                self.people[name] = await house.member(name, admin=name == "root")
        ada, ben, cyd, root, eve = self.people.values()
        ended, self.errands = self.errands[5:], []
        for owner, public, joining in (
            (ada, "AVAILABLE", (ben, cyd, root)),
            (ada, "PRIVATE", (cyd,)),
            (root, "AVAILABLE", (cyd, ada)),
            (ben, "OBSERVER", ()),
            (ben, "INVISIBLE", ()),
            *(() if ended else ((ada, "AVAILABLE", (cyd,)),)),
        ):
            room = await house.room(owner, roomPublic=public)
            for person in joining:
                assert (await person.browser.post(f"/api/v1/room/{room}/join")).status_code in (200, 202)
            # Nobody writes the log here, so a deletion is done at once or never.
            await house.say(room, ada, "", "", deleted=DeletedBy.AUTHOR)
            await house.say(room, root, "", deleted=DeletedBy.AUTHOR)
            await house.say(room, root, "hello")
            link = (await owner.browser.post(f"/api/v1/room/{room}/invitation", json={})).json()
            self.errands.append(
                {"room_id": room, "member_id": cyd.id, "invitation_id": link["id"], "token": link["token"]}
            )
        if not ended:
            await ada.browser.delete(f"/api/v1/room/{self.errands[-1]['room_id']}")
        self.errands += ended
        self.locked = eve.id

    def note(self, case: Any, status: int) -> None:
        self.answers += 1
        if status < 300:
            self.welcomed.add(case.operation.label)
            self.is_changed |= case.method != "GET"
            if case.path.endswith("/logout"):
                self.tokens.clear()

    def credentials(self, who: str) -> dict[str, str]:
        """A live token, until its session is signed out."""
        if who == "nobody":
            return {}
        if who not in self.tokens:
            self.tokens[who] = self.portal.call(self._token_of, self.people[who])
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    async def _token_of(self, person: Person) -> str:
        ids, parts, now = self.house.ids, self.house.parts, self.house.clock.now()
        token, key, far = ids.token(), session_key(ids.token()), Instant(now + DAY_MS)
        await parts.sessions.add(Session(key, person.id, now, far, "192.0.2.0/24", ""))
        await parts.sessions.add_token(token_key(token), key, Instant(now + HOUR_MS))
        return token

    def lead(self, case: Any) -> None:
        """Most paths lead to something that is there: what is drawn at random never does. And what a
        description cannot say is not held against it: that whole numbers are written in plain digits, as 5.0 is an
        integer to JSON Schema; and that a log is asked for in one way at once."""
        if isinstance(case.body, dict):
            case.body = {
                name: int(value) if isinstance(value, float) and value.is_integer() else value
                for name, value in case.body.items()
            }
        if case.path.startswith("/api/v1/chat/log/"):
            for name in [name for name in ("before", "after", "page") if name in case.query][1:]:
                del case.query[name]
        if case.path_parameters and self.led % (len(self.errands) + 1) < len(self.errands):
            errand = self.errands[self.led % (len(self.errands) + 1)]
            if "/admin/member/" in case.path:
                errand = {"member_id": self.locked}
            elif isinstance(case.path_parameters.get("seq"), int):
                errand = {**errand, "seq": 1 + self.led % 3}
            for name in case.path_parameters.keys() & errand.keys():
                case.path_parameters[name] = errand[name]
            if isinstance(case.body, dict) and isinstance(case.body.get("ownerMemberId"), str):
                case.body["ownerMemberId"] = errand["member_id"]
        self.led += 1


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(
            open_house(tmp_path / "data", SteppedClock(), SeededIds(SEED))
        ) as house,
    ):
        yield Town(portal, house)


@pytest.mark.timeout(300)
@pytest.mark.req("5.6")
def test_every_route_answers_everybody_as_it_is_described(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = schemathesis.openapi.from_asgi(
        "/api/openapi.json", town.app, config=SchemathesisConfig.from_dict(CONFIG)
    )
    found: dict[tuple[str, str, str], str] = {}

    def ask(case: Any) -> None:
        town.lead(case)
        route = case.operation.label
        for who in PEOPLE:
            try:
                answer = case.call_and_validate(
                    headers=town.credentials(who), excluded_checks=EXCLUDED.get(route, [])
                )
                town.note(case, answer.status_code)
            except FailureGroup as failures:
                town.is_changed = True
                for failure in failures.exceptions:
                    found.setdefault((who, route, failure.title), str(failures)[:2_000])

    for operation in schema.get_all_operations():
        route = operation.ok()
        town.furnish()
        create_test(
            operation=route,
            test_func=ask,
            config=HypothesisTestConfig(
                project=schema.config,
                modes=list(HypothesisTestMode),
                settings=schema.config.get_hypothesis_settings(operation=route, phase="fuzzing"),
                seed=SEED,
            ),
        )()
    assert not found, "\n\n".join(map(str, found.items()))
    silent = {operation.ok().label for operation in schema.get_all_operations()} - town.welcomed
    assert silent == set(NEVER_WELCOME)
    with capsys.disabled():
        print(f"\n{town.answers} answers of REST are as it is described", end="")
