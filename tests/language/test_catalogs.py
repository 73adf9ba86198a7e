"""Korean and English are complete, and say the same things (UI specification §9)."""

import re

import pytest
from scripts.texts import fallbacks, texts

from pac import errors
from pac.errors import FieldFault
from pac.language import LANGUAGES, Language, catalog, negotiate, ntranslate, words_of, words_of_fault

PLACEHOLDER = re.compile(r"\{(\w+)\}")

SAMPLES: list[errors.Refusal | errors.Fault] = [
    errors.NotSignedIn(), errors.WrongCredentials(), errors.InvalidFields(FieldFault("f", "required")),
    errors.NameTaken("username"), errors.NameTaken("nickname"), errors.Hidden(), errors.Forbidden(),
    errors.RoomIsReadOnly(), errors.RoomIsFull(10), errors.RoomHasEnded(), errors.AlreadyJoined(), errors.NotJoined(),
    errors.OwnerMayNotLeave(), errors.BadRequest("x"), errors.UnknownOp(), errors.TooLarge(4_000),
    errors.NotSubscribed(), errors.TooManyRooms(512), errors.CidConflict(), errors.RateLimited(1_500),
    errors.Unavailable(), errors.StoreUnavailable(), errors.LogUnavailable(), errors.Overloaded(), errors.SeqTaken(),
    errors.CidTaken(),
    errors.SignInAgain(), errors.Banned(None), errors.Banned(1_800_000_000_000), errors.NotAMember(),
    errors.CapacityTooSmall(7), errors.SlowMode(9_500),
]  # fmt: skip


def leaves(kind: type) -> set[type]:
    return {kind} | {leaf for child in kind.__subclasses__() for leaf in leaves(child)}


def test_the_samples_are_every_refusal_and_fault_a_person_can_meet() -> None:
    roots = {errors.Refusal, errors.Fault, errors.CannotStart}
    ours = {kind for kind in leaves(errors.PacError) if kind.__module__ == "pac.errors"}
    assert {type(sample) for sample in SAMPLES} | roots | {errors.PacError} == ours


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_has_every_text_and_no_other(language: Language) -> None:
    single, plural = texts()
    wanted = single | fallbacks() | {one for one, _ in plural}
    found = {
        message.id[0] if isinstance(message.id, tuple) else message.id for message in catalog(language)
    } - {""}
    assert found == wanted, "run `python -m scripts.texts` and translate what is new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_none_is_fuzzy_and_placeholders_agree(language: Language) -> None:
    for message in catalog(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        for string in strings:
            assert set(PLACEHOLDER.findall(string)) == set(PLACEHOLDER.findall(ids[-1])), message.id


def test_korean_is_korean() -> None:
    for message in catalog("ko"):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        says = [text for text in ids if re.search("[a-z]", PLACEHOLDER.sub("", text))]
        assert not says or all(re.search("[가-힣]", string) for string in strings), message.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_has_words_that_say_more_than_that_there_was_one(
    error: errors.Refusal | errors.Fault, language: Language
) -> None:
    words = words_of(error, language)
    assert len(words) > 10
    assert "{" not in words
    if language == "ko":
        assert re.search("[가-힣]", words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_of_a_field_names_its_limit(language: Language) -> None:
    assert "128" in words_of_fault(FieldFault("password", "too_long", 128), language)


def test_plurals_follow_the_language() -> None:
    one = "That was too fast. Try again in {count} second."
    many = "That was too fast. Try again in {count} seconds."
    assert ntranslate("en", one, many, 1).endswith("1 second.")
    assert ntranslate("en", one, many, 2).endswith("2 seconds.")
    assert "2초" in ntranslate("ko", one, many, 2)


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("en", "ko", "en"),
        ("ko", "en", "ko"),
        ("xx", "en-GB,en;q=0.9", "en"),
        (None, "fr,en;q=0.3,ko;q=0.8", "ko"),
        (None, "fr", "ko"),
        (None, None, "ko"),
        (None, "en;q=oops, ko;q=0.1", "ko"),
    ],
)
def test_the_cookie_decides_then_the_browser_then_korean(
    cookie: str | None, accept: str | None, language: Language
) -> None:
    assert negotiate(cookie, accept) == language
