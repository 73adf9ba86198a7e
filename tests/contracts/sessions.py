"""What every SessionStore promises (pac/accounts/sessions.py). An adapter's test module gives the fixtures
`sessions` and `people`: the ids of two members who exist.
"""

from dataclasses import replace

import pytest

from pac.accounts.model import MemberId
from pac.accounts.sessions import (
    ABSOLUTE_MS,
    IDLE_MS,
    LIVE_TOKEN_MS,
    Session,
    SessionStore,
    session_key,
    token_key,
)
from pac.clock import DAY_MS, HOUR_MS, Instant
from tests.support.clock import START

People = tuple[MemberId, MemberId]


def session(name: str, member_id: MemberId, *, at: Instant = START) -> Session:
    return Session(session_key(name), member_id, at, at, "203.0.113.0/24", "A browser")


def later(ms: int) -> Instant:
    return Instant(START + ms)


class SessionStoreContract:
    async def test_a_session_is_found_as_it_was_added(self, sessions: SessionStore, people: People) -> None:
        added = session("phone", people[0])
        await sessions.add(added)
        assert await sessions.find(added.key) == added
        assert await sessions.find(session_key("another")) is None

    async def test_sessions_are_found_together_as_they_are_alone(
        self, sessions: SessionStore, people: People
    ) -> None:
        phone, desk, ended = (session(name, people[0]) for name in ("phone", "desk", "ended"))
        for one in (phone, desk, ended):
            await sessions.add(one)
        await sessions.end(ended.key, START)
        asked = {phone.key, desk.key, ended.key, session_key("another")}
        assert await sessions.find_many(asked) == {phone.key: phone, desk.key: desk}
        assert await sessions.find_many([]) == {}

    async def test_tokens_are_judged_together_as_they_are_alone(
        self, sessions: SessionStore, people: People
    ) -> None:
        alive, ended = session("alive", people[0]), session("ended", people[1])
        for number, one in enumerate((alive, ended)):
            await sessions.add(one)
            await sessions.add_token(token_key(f"good {number}"), one.key, later(LIVE_TOKEN_MS))
            await sessions.add_token(token_key(f"short {number}"), one.key, later(1_000))
        await sessions.end(ended.key, START)
        names = ("good 0", "short 0", "good 1", "short 1", "never")
        keys = [token_key(name) for name in names]
        for now in (later(0), later(1_000), later(LIVE_TOKEN_MS)):
            alone = {key: await sessions.session_of_token(key, now) for key in keys}
            together = await sessions.sessions_of_tokens(keys, now)
            assert together == {key: found for key, found in alone.items() if found is not None}
        assert await sessions.sessions_of_tokens(keys, later(0)) == {keys[0]: alive.key, keys[1]: alive.key}

    async def test_a_use_is_noted_and_never_goes_back(self, sessions: SessionStore, people: People) -> None:
        added = session("phone", people[0])
        await sessions.add(added)
        await sessions.touch(added.key, later(1_000))
        await sessions.touch(added.key, later(500))
        assert await sessions.find(added.key) == replace(added, last_seen_at=later(1_000))

    async def test_touching_an_ended_session_brings_nothing_back(
        self, sessions: SessionStore, people: People
    ) -> None:
        added = session("phone", people[0])
        await sessions.add(added)
        await sessions.end(added.key, START)
        await sessions.touch(added.key, later(1))
        assert await sessions.find(added.key) is None

    @pytest.mark.req("2.13")
    async def test_a_session_whose_time_has_run_out_is_found_until_it_is_forgotten(
        self, sessions: SessionStore, people: People
    ) -> None:
        idle, old = session("idle", people[0]), session("old", people[0])
        await sessions.add(idle)
        await sessions.add(old)
        for day in range(0, 89, 10):
            await sessions.touch(old.key, later(day * DAY_MS))
        assert await sessions.forget_expired(later(IDLE_MS - 1)) == 0
        found = await sessions.find(idle.key)
        assert found is not None
        assert not found.is_live(later(IDLE_MS))
        assert await sessions.forget_expired(later(IDLE_MS)) == 1
        assert await sessions.find(idle.key) is None
        await sessions.touch(old.key, later(ABSOLUTE_MS - 1))
        assert await sessions.forget_expired(later(ABSOLUTE_MS - 1)) == 0
        assert await sessions.forget_expired(later(ABSOLUTE_MS)) == 1

    async def test_an_ended_session_is_gone_once(self, sessions: SessionStore, people: People) -> None:
        added = session("phone", people[0])
        await sessions.add(added)
        assert await sessions.end(added.key, START)
        assert not await sessions.end(added.key, START)
        assert await sessions.find(added.key) is None

    async def test_all_of_a_members_sessions_end_but_the_one_in_use(
        self, sessions: SessionStore, people: People
    ) -> None:
        ada, ben = people
        for name in ("phone", "desk", "tablet"):
            await sessions.add(session(name, ada))
        await sessions.add(session("bens", ben))
        assert await sessions.end_all(ada, START, but=session_key("desk")) == 2
        assert [found.key for found in await sessions.of_member(ada)] == [session_key("desk")]
        assert await sessions.end_all(ada, START) == 1
        assert await sessions.end_all(ada, START) == 0
        assert len(await sessions.of_member(ben)) == 1

    async def test_a_members_sessions_are_listed_newest_first(
        self, sessions: SessionStore, people: People
    ) -> None:
        for minute in (2, 1, 3):
            await sessions.add(session(f"s{minute}", people[0], at=later(minute)))
        await sessions.add(session("bens", people[1]))
        listed = [found.key for found in await sessions.of_member(people[0])]
        assert listed == [session_key("s3"), session_key("s2"), session_key("s1")]

    @pytest.mark.row("rest bearer")
    async def test_a_live_token_opens_its_session_until_its_time(
        self, sessions: SessionStore, people: People
    ) -> None:
        added, token = session("phone", people[0]), token_key("token")
        await sessions.add(added)
        await sessions.add_token(token, added.key, later(LIVE_TOKEN_MS))
        assert await sessions.session_of_token(token, later(LIVE_TOKEN_MS - 1)) == added.key
        assert await sessions.session_of_token(token, later(LIVE_TOKEN_MS)) is None
        assert await sessions.session_of_token(token_key("guess"), START) is None

    @pytest.mark.row("rest bearer")
    async def test_a_live_token_dies_with_its_session(self, sessions: SessionStore, people: People) -> None:
        for name in ("phone", "desk", "idle"):
            await sessions.add(session(name, people[0]))
            await sessions.add_token(token_key(name), session_key(name), later(ABSOLUTE_MS))
        await sessions.end(session_key("phone"), START)
        assert await sessions.session_of_token(token_key("phone"), START) is None
        assert await sessions.session_of_token(token_key("desk"), START) == session_key("desk")
        assert await sessions.session_of_token(token_key("idle"), later(IDLE_MS)) is None
        await sessions.end_all(people[0], START)
        assert await sessions.session_of_token(token_key("desk"), START) is None

    async def test_a_token_of_a_session_that_ended_meanwhile_opens_nothing(
        self, sessions: SessionStore, people: People
    ) -> None:
        added = session("phone", people[0])
        await sessions.add(added)
        await sessions.end(added.key, START)
        await sessions.add_token(token_key("late"), added.key, later(LIVE_TOKEN_MS))
        assert await sessions.session_of_token(token_key("late"), START) is None

    @pytest.mark.req("2.15")
    async def test_what_ended_since_one_looked_is_told_once_and_in_order(
        self, sessions: SessionStore, people: People
    ) -> None:
        for name in ("before", "first", "second", "third"):
            await sessions.add(session(name, people[0]))
        await sessions.end(session_key("before"), START)
        cursor = await sessions.ended_cursor()
        assert await sessions.ended_after(cursor) == (cursor, [])
        await sessions.end(session_key("second"), START)
        await sessions.end(session_key("first"), START)
        after, ended = await sessions.ended_after(cursor)
        assert list(ended) == [session_key("second"), session_key("first")]
        assert after > cursor
        await sessions.end_all(people[0], START)
        last, ended = await sessions.ended_after(after)
        assert list(ended) == [session_key("third")]
        assert await sessions.ended_cursor() == last

    async def test_a_thousand_ends_are_told_at_a_time(self, sessions: SessionStore, people: People) -> None:
        for number in range(1_001):
            await sessions.add(session(f"s{number}", people[0]))
        await sessions.end_all(people[0], START)
        cursor, ended = await sessions.ended_after(0)
        assert len(ended) == 1_000
        _, rest = await sessions.ended_after(cursor)
        assert len(rest) == 1

    async def test_ends_are_kept_for_an_hour_and_their_numbers_are_never_given_again(
        self, sessions: SessionStore, people: People
    ) -> None:
        await sessions.add(session("phone", people[0]))
        await sessions.add(session("desk", people[0]))
        await sessions.end(session_key("phone"), START)
        cursor = await sessions.ended_cursor()
        await sessions.forget_expired(later(HOUR_MS))
        assert (await sessions.ended_after(0))[1]
        await sessions.forget_expired(later(HOUR_MS + 1))
        assert not (await sessions.ended_after(0))[1]
        await sessions.end(session_key("desk"), later(HOUR_MS + 1))
        assert list((await sessions.ended_after(cursor))[1]) == [session_key("desk")]
