"""Where somebody goes after signing in: never off this origin."""

from urllib.parse import urljoin, urlsplit

import pytest

from pac.http.return_path import safe_return_path

HERE = "https://chat.example.org"

HOSTILE = [
    "//e.com", "/\\e.com", "\\/e.com", "/%09/e.com", "/\t/e.com", "https:e.com", "https://e.com", "///e.com",
    "/%2f%2fe.com", "javascript:alert(1)", "/a%0A", "/a\n", "/a\r\nLocation: //e.com", "\n/a", " /a", "/ a", "/a b",
    "", "a", ".", "/.", "/..", "/../a", "/a/../b", "/a?next=//e.com", "/a?q=1&q=2", "/a?q=1&at=2&sort=3&page=4&x=5",
    "/a?q=a%0Ab", "/a?q=a%0D%0Ab", "/a?q=%00", "/a#b", "/a;b", "/a@e.com", "/@e.com", "http://", "/-a", "/_a",
    "/a?q=" + "x" * 201, "/가", "／a", "/a\u2028", "/a\x00", "/a?q=1;at=2&", "/a?q", "data:text/html,x", "//", "/\\",
]  # fmt: skip


@pytest.mark.req("1.11")
@pytest.mark.row("rest return path")
@pytest.mark.parametrize("asked", [*HOSTILE, None], ids=repr)
def test_anything_but_a_plain_path_of_ours_is_the_start_page(asked: str | None) -> None:
    assert safe_return_path(asked) == "/"


@pytest.mark.req("1.11")
@pytest.mark.row("rest return path")
@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/", "/"),
        ("/chat/lobby", "/chat/lobby"),
        ("/chat/room/8f3a0c", "/chat/room/8f3a0c"),
        ("/chat/room/8f3a0c?at=41", "/chat/room/8f3a0c?at=41"),
        ("/chat/lobby?q=%EC%B0%BD&sort=name&page=2", "/chat/lobby?q=%EC%B0%BD&sort=name&page=2"),
        ("/chat/lobby?q=", "/chat/lobby?q="),
        ("/chat/lobby?q=//e.com", "/chat/lobby?q=%2F%2Fe.com"),
        ("/chat/lobby?q=1#b", "/chat/lobby?q=1%23b"),
    ],
)
def test_a_path_of_ours_is_kept_with_its_fields_written_anew(asked: str, path: str) -> None:
    assert safe_return_path(asked) == path


@pytest.mark.req("1.11")
@pytest.mark.parametrize("asked", HOSTILE, ids=repr)
def test_a_browser_stays_on_the_origin(asked: str) -> None:
    assert urlsplit(urljoin(HERE + "/login", safe_return_path(asked))).netloc == "chat.example.org"
