"""Every way to say no over HTTP: its status, its code, its words."""

import inspect
from typing import get_args

import pytest

from pac import errors
from pac.errors import FieldFault
from pac.http.problems import TABLE, ErrorCode, Problem, problem_of, problem_of_status
from pac.language import Language

ERRORS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.PacError)
]
MADE: list[errors.Refusal | errors.Fault] = [
    errors.NotSignedIn(), errors.WrongCredentials(), errors.InvalidFields(FieldFault("capacity", "out_of_range", 9)),
    errors.NameTaken("nickname"), errors.Hidden(), errors.Forbidden(), errors.RoomIsReadOnly(), errors.RoomIsFull(3),
    errors.RoomHasEnded(), errors.AlreadyJoined(), errors.NotJoined(), errors.OwnerMayNotLeave(),
    errors.BadRequest("x"), errors.UnknownOp(), errors.TooLarge(4), errors.NotSubscribed(), errors.TooManyRooms(5),
    errors.CidConflict(), errors.RateLimited(1_001), errors.Unavailable("x"), errors.StoreUnavailable("x"),
    errors.LogUnavailable("x"), errors.Overloaded("x"), errors.SeqTaken(), errors.CidTaken(),
    errors.CannotStart("what", "remedy"),
    errors.SignInAgain(), errors.Banned(None), errors.NotAMember(), errors.CapacityTooSmall(2), errors.SlowMode(9),
]  # fmt: skip


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_row_of_its_own_or_of_its_kind(kind: type[errors.PacError]) -> None:
    if kind in (errors.PacError, errors.Refusal):
        return  # never raised themselves
    if issubclass(kind, errors.Refusal):
        assert kind in TABLE, "a refusal is the caller's turn, so it says which"
    assert any(parent in TABLE for parent in kind.__mro__)


@pytest.mark.row("rest error")
@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_error_becomes_a_document_with_all_members(
    error: errors.Refusal | errors.Fault, language: Language
) -> None:
    problem = problem_of(error, language)
    document = problem.document("an-id", language)
    assert {"type", "title", "status", "detail", "errorId", "errorCode", "errorMessage"} <= set(document)
    assert document["status"] == problem.status
    assert document["errorCode"] in set(ErrorCode)
    assert document["errorMessage"] == document["detail"] == problem.words
    assert "{" not in problem.words, "every number of it is filled in"


def test_the_list_of_errors_made_here_is_complete() -> None:
    abstract = {errors.PacError, errors.Refusal, errors.Fault}
    assert {type(error) for error in MADE} == set(ERRORS) - abstract


def test_the_nearest_class_counts() -> None:
    class Odd(errors.StoreUnavailable):
        pass

    assert problem_of(Odd("x"), "en").status == 503


@pytest.mark.req("1.17")
@pytest.mark.parametrize(
    "error", [errors.StoreUnavailable("disk at /srv"), errors.CannotStart("a", "b"), errors.SeqTaken()]
)
def test_a_fault_tells_nothing_of_the_inside(error: errors.Fault) -> None:
    document = str(problem_of(error, "en").document("id", "en"))
    assert "/srv" not in document
    assert type(error).__name__ not in document


@pytest.mark.row("status 429", "status 503")
@pytest.mark.parametrize(
    ("retry_after_ms", "seconds"), [(1, "1"), (999, "1"), (1_000, "1"), (1_001, "2"), (900_000, "900")]
)
def test_the_time_to_wait_is_rounded_up_to_seconds(retry_after_ms: int, seconds: str) -> None:
    refused = problem_of(errors.RateLimited(retry_after_ms), "en").headers
    assert refused == {"Retry-After": seconds, "RateLimit-Remaining": "0", "RateLimit-Reset": seconds}
    away = problem_of(errors.StoreUnavailable("x", retry_after_ms=retry_after_ms), "en").headers
    assert away == {"Retry-After": seconds}


def test_a_401_says_what_it_takes() -> None:
    assert problem_of(errors.NotSignedIn(), "en").headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.row("rest error")
def test_field_errors_carry_name_code_and_words() -> None:
    found = problem_of(errors.NameTaken("nickname"), "en").document("id", "en")["errors"]
    assert [(fault["field"], fault["code"]) for fault in found] == [("nickname", "taken")]
    assert found[0]["message"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 413, 415, 500])
def test_what_http_itself_refuses_has_words_in_both_languages(status: int) -> None:
    for language in get_args(Language):
        problem = problem_of_status(status, language)
        assert isinstance(problem, Problem)
        assert problem.status == status
        assert problem.words


@pytest.mark.parametrize("status", [418, 502, 599])
def test_a_status_nobody_foresaw_is_a_fault_of_ours(status: int) -> None:
    assert problem_of_status(status, "en").status == 500
