"""From an upgrade request to a socket, or to the refusal that is sent instead of 101."""

from http import HTTPStatus

import pytest

from pac.live.handshake import Admission, Turned, UpgradeRequest, judge

ORIGINS = frozenset({"https://chat.example.org", "http://localhost:3120"})
GOOD = [
    ("sec-websocket-version", "13"),
    ("sec-websocket-protocol", "pac.v2.json"),
    ("origin", "https://chat.example.org"),
    ("cookie", "PAC_SESSIONID=abc; lang=en"),
]


class OpenDoor:
    def refusal(self, address: str) -> Turned | None:
        return None


class FullDoor:
    def refusal(self, address: str) -> Turned | None:
        return Turned(HTTPStatus.TOO_MANY_REQUESTS, "full")


def knock(
    *, without: str = "", path: str = "/message", method: str = "GET", extra: tuple[tuple[str, str], ...] = ()
) -> Admission | Turned:
    headers = [header for header in GOOD if header[0] != without] + list(extra)
    return judge(UpgradeRequest(method, path, headers, "192.0.2.7"), ORIGINS, "PAC_SESSIONID", OpenDoor())


@pytest.mark.row("identity cookie", "subprotocol")
def test_a_page_of_ours_gets_a_socket_with_its_cookie_and_its_language() -> None:
    assert knock() == Admission("abc", "", "en", "192.0.2.7")


@pytest.mark.req("3.1")
@pytest.mark.row("origin")
@pytest.mark.parametrize(
    "origin",
    [
        "https://chat.example.org.evil.example",
        "https://evil-chat.example.org",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://CHAT.example.org",
        "https://chat.example.org/",
        "null",
        "",
        "http://localhost",
    ],
)
def test_an_origin_that_is_not_on_the_list_byte_for_byte_gets_403(origin: str) -> None:
    turned = knock(without="origin", extra=(("origin", origin),))
    assert isinstance(turned, Turned)
    assert turned.status == HTTPStatus.FORBIDDEN


@pytest.mark.req("3.1")
@pytest.mark.row("origin")
def test_two_origins_get_403() -> None:
    turned = knock(extra=(("origin", "https://chat.example.org"),))
    assert isinstance(turned, Turned)
    assert turned.status == HTTPStatus.FORBIDDEN


@pytest.mark.req("3.1")
@pytest.mark.row("identity cookie", "identity token")
def test_without_an_origin_a_cookie_is_worth_nothing_and_a_token_is() -> None:
    admitted = knock(without="origin", extra=(("authorization", "Bearer live-token"),))
    assert admitted == Admission("", "live-token", "en", "192.0.2.7")


@pytest.mark.req("3.2")
@pytest.mark.row("subprotocol", "version and path")
@pytest.mark.parametrize(
    ("without", "extra", "status"),
    [
        ("sec-websocket-protocol", (("sec-websocket-protocol", "chat"),), 400),
        ("", (("sec-websocket-protocol", "chat"),), 400),
        ("sec-websocket-version", (), 426),
        ("sec-websocket-version", (("sec-websocket-version", "8"),), 426),
    ],
)
def test_another_version_or_subprotocol_is_turned_away(
    without: str, extra: tuple[tuple[str, str], ...], status: int
) -> None:
    turned = knock(without=without, extra=extra)
    assert isinstance(turned, Turned)
    assert turned.status == status


@pytest.mark.req("1.15")
@pytest.mark.row("version and path")
@pytest.mark.parametrize("path", ["/", "/test", "/ws/test", "/message/", "/messages", "/simplemessage/"])
def test_there_is_no_socket_at_any_other_path(path: str) -> None:
    turned = knock(path=path)
    assert isinstance(turned, Turned)
    assert turned.status == HTTPStatus.NOT_FOUND


@pytest.mark.req("3.2")
@pytest.mark.row("identity token")
def test_a_token_in_the_address_is_not_looked_at() -> None:
    admitted = judge(
        UpgradeRequest("GET", "/message", [*GOOD[:3]], "192.0.2.7"), ORIGINS, "PAC_SESSIONID", OpenDoor()
    )
    assert admitted == Admission("", "", "ko", "192.0.2.7")


@pytest.mark.req("3.3")
def test_a_full_node_says_so_before_101() -> None:
    turned = judge(UpgradeRequest("GET", "/message", GOOD, "192.0.2.7"), ORIGINS, "PAC_SESSIONID", FullDoor())
    assert isinstance(turned, Turned)
    assert turned.status == HTTPStatus.TOO_MANY_REQUESTS
