"""Which requests another site may have started: every value browsers send, and none."""

import pytest

from pac.http.cross_site import is_cross_site

ORIGIN = "https://chat.example.org"

SITES = ["same-origin", "none", "same-site", "cross-site", "Same-Origin", None]
ORIGINS = [ORIGIN, "https://chat.example.org:8443", "http://chat.example.org", "null", None]


def headers(**values: str | None) -> list[tuple[bytes, bytes]]:
    return [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in values.items()
        if value is not None
    ]


@pytest.mark.req("1.6")
@pytest.mark.row("rest cross-site")
@pytest.mark.parametrize("cookie", ["PAC_SESSIONID=x", "lang=ko", None])
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_table_of_sec_fetch_site_and_origin(
    method: str, site: str | None, origin: str | None, cookie: str | None
) -> None:
    given = headers(sec_fetch_site=site, origin=origin, cookie=cookie)
    if site is not None:
        passes = site in ("same-origin", "none")
    elif origin is not None:
        passes = origin == ORIGIN
    else:
        passes = cookie is None
    assert is_cross_site(method, given, ORIGIN) is not passes


@pytest.mark.req("1.6")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_passes_since_it_changes_nothing(method: str) -> None:
    assert not is_cross_site(method, headers(sec_fetch_site="cross-site", cookie="a=b"), ORIGIN)


@pytest.mark.req("1.6")
@pytest.mark.row("rest cross-site")
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("origin", ORIGINS)
def test_a_bearer_token_without_a_cookie_is_nothing_to_abuse(site: str | None, origin: str | None) -> None:
    given = headers(sec_fetch_site=site, origin=origin, authorization="Bearer x")
    assert not is_cross_site("POST", given, ORIGIN)


@pytest.mark.req("1.6")
def test_a_bearer_token_beside_a_cookie_changes_nothing() -> None:
    given = headers(sec_fetch_site="cross-site", authorization="Bearer x", cookie="PAC_SESSIONID=x")
    assert is_cross_site("POST", given, ORIGIN)
    assert is_cross_site("POST", headers(sec_fetch_site="cross-site", authorization="Basic x"), ORIGIN)


@pytest.mark.req("1.6")
def test_a_header_given_twice_is_none_of_a_browsers() -> None:
    twice = [(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"same-origin")]
    assert is_cross_site("POST", twice, ORIGIN)
    assert is_cross_site("POST", [(b"origin", ORIGIN.encode()), (b"origin", b"https://e.com")], ORIGIN)


@pytest.mark.req("1.12")
def test_the_host_header_is_never_compared_with() -> None:
    assert is_cross_site("POST", headers(host="e.com", origin="https://e.com", cookie="a=b"), ORIGIN)
    assert not is_cross_site("POST", headers(host="e.com", origin=ORIGIN, cookie="a=b"), ORIGIN)
