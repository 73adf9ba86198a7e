"""A time on the wire is RFC 3339 and nothing else that looks like a time."""

import pytest

from pac.clock import Instant, from_rfc3339, rfc3339
from tests.support.clock import START


@pytest.mark.parametrize("at", [Instant(0), START, Instant(START + 7)])
def test_what_was_written_is_read_again(at: Instant) -> None:
    assert from_rfc3339(rfc3339(at)) == at


@pytest.mark.parametrize(
    "text",
    ["2027-01-31T09:00:00Z", "2027-01-31t09:00:00z", "2027-01-31 09:00:00.000Z", "2027-01-31T18:00:00+09:00"],
)
def test_an_instant_has_many_forms(text: str) -> None:
    assert rfc3339(from_rfc3339(text)) == "2027-01-31T09:00:00.000Z"


@pytest.mark.parametrize(
    "text",
    ["", "2027-01-31", "20270131T090000Z", "2027-W04-7T09:00:00Z", "2027-01-31T09Z", "2027-01-31T09:00Z",
     "2027-01-31T09:00:00", "2027-01-31T09:00:00,5Z", "2027-02-30T09:00:00Z",
     "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "２027-01-31T09:00:00Z"],
)  # fmt: skip
def test_what_is_no_rfc_3339_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_rfc3339(text)


def test_the_last_moment_of_all_is_written_as_it_was_read() -> None:
    assert rfc3339(from_rfc3339("9999-12-31T23:59:59.9999Z")) == "9999-12-31T23:59:59.999Z"
