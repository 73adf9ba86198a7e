"""The headers of every answer, letter by letter."""

import pytest

from pac.http.headers import DATA_POLICY, HeaderRules, page_policy

PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    b"font-src 'self'; connect-src 'self' wss://chat.example.org; manifest-src 'self'; form-action 'self'; "
    b"base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    b"trusted-types pac-sw; upgrade-insecure-requests"
)
EVERYWHERE = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
    b"x-frame-options": b"DENY",
}
HTML = (b"content-type", b"text/html; charset=utf-8")
JSON = (b"content-type", b"application/json")
KEPT = (b"cache-control", b"public, max-age=31536000, immutable")

RULES = HeaderRules(page_policy("wss://chat.example.org", is_https=True), is_https=True)


@pytest.mark.req("1.1")
def test_the_policy_of_a_page_is_this_one() -> None:
    assert page_policy("wss://chat.example.org", is_https=True) == PAGE_POLICY
    plain = page_policy("ws://localhost:3121", is_https=False)
    assert plain == PAGE_POLICY.replace(b"wss://chat.example.org", b"ws://localhost:3121").removesuffix(
        b"; upgrade-insecure-requests"
    )
    assert b"connect-src 'self';" in page_policy("", is_https=False)


@pytest.mark.req("1.1", "1.9", "1.13")
def test_a_page_has_its_policy_and_data_another_and_both_have_the_rest() -> None:
    https = {b"strict-transport-security": b"max-age=31536000", b"cache-control": b"no-store"}
    assert dict(RULES.completed([HTML])) == {
        **dict([HTML]), **EVERYWHERE, **https, b"content-security-policy": PAGE_POLICY,
    }  # fmt: skip
    assert dict(RULES.completed([JSON])) == {
        **dict([JSON]), **EVERYWHERE, **https, b"content-security-policy": DATA_POLICY,
    }  # fmt: skip
    assert DATA_POLICY == b"default-src 'none'; frame-ancestors 'none'; sandbox"


@pytest.mark.req("1.9")
def test_over_plain_http_nothing_is_promised_about_https() -> None:
    plain = HeaderRules(page_policy("", is_https=False), is_https=False)
    assert b"strict-transport-security" not in dict(plain.completed([HTML]))


@pytest.mark.req("1.10")
def test_only_what_says_so_and_sets_no_cookie_and_is_no_page_is_kept() -> None:
    def kept(*headers: tuple[bytes, bytes]) -> list[bytes]:
        return [value for name, value in RULES.completed(headers) if name == b"cache-control"]

    assert kept(JSON) == [b"no-store"]
    assert kept((b"content-type", b"text/css"), KEPT) == [KEPT[1]]
    assert kept((b"content-type", b"text/css"), KEPT, (b"set-cookie", b"a=b")) == [b"no-store"]
    assert kept(HTML, KEPT) == [b"no-store"]


@pytest.mark.req("1.1")
def test_a_route_that_needs_its_own_policy_keeps_it_and_there_is_one() -> None:
    own = (b"Content-Security-Policy", b"default-src 'none'; connect-src 'self'")
    found = [value for name, value in RULES.completed([JSON, own]) if name.lower() == own[0].lower()]
    assert found == [own[1]]
