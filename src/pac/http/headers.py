"""The headers every answer has, refusals included (SECURITY 1.1, 1.9, 1.10, 1.13)."""

from collections.abc import Sequence
from dataclasses import dataclass

Header = tuple[bytes, bytes]

DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'; sandbox"
"""The content security policy of everything that is no page."""

_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"x-frame-options", b"DENY"),
)


def page_policy(socket_source: str, *, is_https: bool) -> bytes:
    """The content security policy of every page; `socket_source` is where it connects beside 'self', or ""."""
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "font-src 'self'",
        f"connect-src 'self' {socket_source}".rstrip(),
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types pac-sw",
    ]
    if is_https:
        parts.append("upgrade-insecure-requests")
    return "; ".join(parts).encode()


@dataclass(frozen=True, slots=True)
class HeaderRules:
    policy: bytes
    is_https: bool

    def completed(self, headers: Sequence[Header]) -> list[Header]:
        """What the route said, and the rest. Only an answer that sets no cookie may be kept by anybody, and only
        where its route said so."""
        names = {name.lower() for name, _ in headers}
        kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        is_page = kind.startswith(b"text/html")
        added = [(b"content-security-policy", self.policy if is_page else DATA_POLICY), *_ALWAYS]
        if self.is_https:
            added.append((b"strict-transport-security", b"max-age=31536000"))
        kept = list(headers)
        if is_page or b"set-cookie" in names or b"cache-control" not in names:
            kept = [header for header in kept if header[0].lower() != b"cache-control"]
            added.append((b"cache-control", b"no-store"))
        return kept + [
            (name, value) for name, value in added if name not in names or name == b"cache-control"
        ]
