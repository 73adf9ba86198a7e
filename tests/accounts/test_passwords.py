"""Argon2id: its parameters, what never verifies, and the bound on how much of it runs."""

import asyncio
import os
import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, Type

from pac import telemetry
from pac.accounts.passwords import MEMORY_FLOOR_KIB, QUEUE, TIME_FLOOR, Passwords
from pac.errors import CannotStart, Overloaded


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(memory_kib=MEMORY_FLOOR_KIB, time_cost=TIME_FLOOR, lanes=1)
    yield passwords
    passwords.close()


def hashes() -> float:
    return telemetry.registry.get_sample_value("pac_passwords_hashed_total") or 0


@pytest.mark.req("2.1")
async def test_a_stored_hash_names_the_parameters_that_are_asked_for() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    passwords.close()
    form = r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"  # 16 and 32 bytes
    assert re.fullmatch(form, stored)


@pytest.mark.req("2.1")
@pytest.mark.parametrize(
    "weak", [{"memory_kib": MEMORY_FLOOR_KIB - 1}, {"time_cost": TIME_FLOOR - 1}, {"lanes": 0}]
)
def test_parameters_below_the_floor_do_not_start(weak: dict[str, int]) -> None:
    with pytest.raises(CannotStart):
        Passwords(**weak)


@pytest.mark.req("2.1")
async def test_a_hash_with_other_parameters_wants_to_be_made_again(passwords: Passwords) -> None:
    assert not passwords.needs_rehash(await passwords.hash("correct horse"))
    stronger = PasswordHasher(time_cost=TIME_FLOOR + 1, memory_cost=MEMORY_FLOOR_KIB, parallelism=1)
    assert passwords.needs_rehash(stronger.hash("correct horse"))


@pytest.mark.req("2.2")
async def test_one_password_typed_on_two_keyboards_is_one(passwords: Passwords) -> None:
    stored = await passwords.hash("cafe\u0301 가나다라")
    assert await passwords.verify(stored, "caf\u00e9 가나다라")
    assert await passwords.verify(stored, "cafe\u0301 \u1100\u1161나다라")


@pytest.mark.req("2.2")
async def test_the_last_character_and_a_space_at_the_end_matter(passwords: Passwords) -> None:
    long = "가" * 127 + "나"
    stored = await passwords.hash(long)
    assert await passwords.verify(stored, long)
    assert not await passwords.verify(stored, "가" * 127 + "다")
    assert not await passwords.verify(stored, long + " ")


@pytest.mark.req("2.5", "2.4")
@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "x",
        "$argon2id$",
        "$argon2id$v=19$m=1,t=1,p=1$%%%$%%%",
        "$2b$12$abcdefghijklmnopqrstuv",
        "plain password",
        "{noop}password",
    ],
)
@pytest.mark.parametrize("password", ["", "plain password", "correct horse"])
async def test_what_is_no_hash_never_verifies_and_costs_one(
    passwords: Passwords, stored: str | None, password: str
) -> None:
    before = hashes()
    assert not await passwords.verify(stored, password)
    assert hashes() - before == 1


@pytest.mark.req("2.5")
async def test_a_hash_of_another_kind_of_argon_never_verifies(passwords: Passwords) -> None:
    other = PasswordHasher(time_cost=2, memory_cost=MEMORY_FLOOR_KIB, parallelism=1, type=Type.I)
    assert not await passwords.verify(other.hash("correct horse"), "correct horse")


@pytest.mark.req("2.2")
@pytest.mark.parametrize("password", ["a" * 1_025, "가" * 60_000, "\ud800" * 8, "correct horse\0"])
async def test_what_can_be_no_password_is_wrong_like_any_other(passwords: Passwords, password: str) -> None:
    stored = await passwords.hash("correct horse")
    assert not await passwords.verify(stored, password)


@pytest.mark.req("2.1")
async def test_the_queue_is_bounded_and_takes_more_when_it_has_drained(passwords: Passwords) -> None:
    most = (os.cpu_count() or 1) + QUEUE
    outcomes = await asyncio.gather(
        *(passwords.verify(None, "correct horse") for _ in range(200)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Overloaded)]
    assert len(refused) >= 200 - most - 20  # a few may have finished while the rest were put in
    assert [outcome for outcome in outcomes if not isinstance(outcome, Overloaded)] == [False] * (
        200 - len(refused)
    )
    assert all(refusal.retry_after_ms > 0 for refusal in refused)
    assert not await passwords.verify(None, "correct horse")


@pytest.mark.req("2.1")
async def test_who_goes_away_while_waiting_leaves_the_bound_as_it_was(passwords: Passwords) -> None:
    waiting = [asyncio.ensure_future(passwords.verify(None, "correct horse")) for _ in range(40)]
    await asyncio.sleep(0)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    # The workers are still busy with some of them; once they are done, the whole bound is there again.
    most = (os.cpu_count() or 1) + QUEUE
    while True:
        outcomes = await asyncio.gather(
            *(passwords.verify(None, "x") for _ in range(most)), return_exceptions=True
        )
        if not any(isinstance(outcome, Overloaded) for outcome in outcomes):
            break
