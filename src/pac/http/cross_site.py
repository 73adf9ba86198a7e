"""Whether another site may have started a request: no token is needed to tell (SECURITY 1.6)."""

from collections.abc import Iterable

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site(method: str, headers: Iterable[tuple[bytes, bytes]], origin: str) -> bool:
    """Whether an unsafe request has to be refused; `headers` with names in lower case.

    Browsers tell in Sec-Fetch-Site where a request comes from; where that is absent, in Origin, which is
    compared with the configured origin and never with Host. Where both are absent it is no browser: then only a
    request without a cookie passes, since a cookie is what another site could have abused. A bearer token is
    nothing a browser adds by itself, so with one, and without a cookie, nothing is abused (PROTOCOL §5).
    """
    if method in SAFE_METHODS:
        return False
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    has_cookie = b"cookie" in found
    if not has_cookie and any(
        value.lower().startswith(b"bearer ") for value in found.get(b"authorization", [])
    ):
        return False
    site = found.get(b"sec-fetch-site")
    if site is not None:
        return site not in ([b"same-origin"], [b"none"])
    asked = found.get(b"origin")
    if asked is not None:
        return asked != [origin.encode()]
    return has_cookie
