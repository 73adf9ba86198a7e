"""What a password and an e-mail address may be."""

import pytest

from pac.accounts.rules import (
    common_passwords,
    fault_in_email,
    fault_in_password,
    faults_in_sign_up,
    password_text,
)


@pytest.mark.req("2.2", "5.1")
@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("😀" * 7, "too_short"), ("😀" * 8, None), ("😀" * 128, None), ("😀" * 129, "too_long"),
        ("ab" * 8, None), ("é" * 128, None), ("가" * 128, None), ("가" * 129, "too_long"),
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


@pytest.mark.req("2.3")
def test_passwords_others_try_first_are_refused() -> None:
    assert len(common_passwords()) >= 3_000
    listed = sorted(common_passwords())[:: len(common_passwords()) // 50][:50]
    for password in listed:
        for typed in (password, password.upper()):
            fault = fault_in_password("password", typed, 8)
            assert fault is not None, typed
            assert fault.code == "common"
    assert fault_in_password("password", listed[0] + " and more", 8) is None, "only the whole of it"


@pytest.mark.req("2.3")
def test_what_is_known_of_a_member_is_no_password() -> None:
    def code(password: str) -> str | None:
        found = faults_in_sign_up("ada.lovelace", "Countess Ada", password, "ada@example.org", 8)
        return found[0].code if found else None

    for password in ("ada.lovelace", "COUNTESS ADA", "ada@example.org", "Plata Anywhere Chat"):
        assert code(password) == "common", password
    assert code("ada.lovelace writes programs") is None


@pytest.mark.parametrize("nickname", ["SYSTEM", "system", "ＳＹＳＴＥＭ", "시스템"])
def test_nobody_is_called_as_the_server_itself(nickname: str) -> None:
    from pac import names

    found = faults_in_sign_up("ada", names.normalized(nickname), "a fine password", None, 8)
    assert [fault.code for fault in found] == ["reserved"]
