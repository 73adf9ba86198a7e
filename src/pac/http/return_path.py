"""Where somebody goes after signing in: a path of ours, or the start page (SECURITY 1.11)."""

import re
from urllib.parse import parse_qsl, urlencode

_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/_-]*")
_FIELDS = frozenset({"at", "q", "sort", "page"})


def safe_return_path(asked: str | None) -> str:
    """`asked`, if it is `/` or a plain path of ours with at most `at`, `q`, `sort` and `page`; else `/`.

    The whole text has to match (`$` would let a newline at the end pass), so no scheme, host, backslash, escape
    or control character gets through. Fields are written anew, each once.
    """
    path, question, query = (asked or "").partition("?")
    if not _PATH.fullmatch(path):
        return "/"
    if not question:
        return path
    try:
        fields = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=8)
    except ValueError:
        return "/"
    names = [name for name, _ in fields]
    if len(set(names)) != len(names) or not set(names) <= _FIELDS:
        return "/"
    if any(ord(character) < 32 or len(value) > 200 for _, value in fields for character in value):
        return "/"
    return f"{path}?{urlencode(fields)}"
