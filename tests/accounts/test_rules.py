"""What a password and an e-mail address may be."""

import pytest

from pac.accounts.rules import fault_in_email, fault_in_password, faults_in_sign_up, password_text


@pytest.mark.req("2.2", "5.1")
@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("😀" * 7, "too_short"), ("😀" * 8, None), ("😀" * 128, None), ("😀" * 129, "too_long"),
        ("a" * 8, None), ("é" * 128, None), ("가" * 128, None), ("가" * 129, "too_long"),
        ("        ", None), ("e\u0301" * 8, None), ("e\u0301" * 7, "too_short"), ("e\u0301" * 128, None),
        ("1234567\0", "characters"), ("1234567\ud800", "characters"), ("a" * 100_000, "too_long"), ("", "too_short"),
    ],
)  # fmt: skip
def test_a_password_is_8_to_128_code_points_after_nfc(password: str, fault: str | None) -> None:
    found = fault_in_password("password", password, 8)
    assert (found.code if found else None) == fault


@pytest.mark.req("2.2")
def test_the_minimum_is_a_setting() -> None:
    found = fault_in_password("password", "a" * 14, 15)
    assert found is not None
    assert (found.code, found.limit) == ("too_short", 15)


@pytest.mark.req("2.2")
def test_nothing_of_a_password_is_trimmed() -> None:
    assert password_text(" pass word\t") == " pass word\t"


@pytest.mark.parametrize(
    ("email", "fault"),
    [
        ("a@b", None), ("ada@example.org", None), ("가@예.한국", None), ("a@" + "b" * 252, None),
        ("a@" + "b" * 253, "too_long"), ("@b", "email_form"), ("a@", "email_form"), ("a", "email_form"),
        ("a@b@c", "email_form"), ("a b@c", "email_form"), ("a@b\r\nBcc: c@d", "email_form"), ("a@b\0", "email_form"),
    ],
)  # fmt: skip
def test_an_address_has_something_on_both_sides_of_its_at(email: str, fault: str | None) -> None:
    found = fault_in_email("email", email)
    assert (found.code if found else None) == fault


def test_every_fault_of_a_form_is_found_at_once() -> None:
    found = faults_in_sign_up("A", "", "short", "nowhere", 8)
    assert [(fault.field, fault.code) for fault in found] == [
        ("username", "username_form"), ("nickname", "required"), ("password", "too_short"), ("email", "email_form"),
    ]  # fmt: skip
