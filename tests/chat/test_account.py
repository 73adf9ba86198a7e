"""Where the server is."""

import pytest

from pac.chat.account import Server


@pytest.mark.parametrize(
    ("url", "base", "socket"),
    [
        ("http://localhost:3120", "http://localhost:3120", "ws://localhost:3120/message"),
        ("http://localhost:3120/", "http://localhost:3120", "ws://localhost:3120/message"),
        ("localhost:3120", "http://localhost:3120", "ws://localhost:3120/message"),
        ("https://chat.example.org", "https://chat.example.org", "wss://chat.example.org/message"),
        ("https://[::1]:8443/chat", "https://[::1]:8443/chat", "wss://[::1]:8443/chat/message"),
    ],
)
def test_the_sockets_are_found_beside_the_pages(url: str, base: str, socket: str) -> None:
    assert Server.at(url) == Server(base, socket)


def test_the_sockets_may_be_elsewhere() -> None:
    assert Server.at("https://a.example", "wss://b.example/message").socket_url == "wss://b.example/message"


@pytest.mark.parametrize(
    "url", ["ftp://x", "http://", "http://x:port", "http://user:secret@x", "http://x:99999", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Server.at(url)


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://localhost:3120", False),
        ("http://127.0.0.1:3120", False),
        ("http://[::1]:3120", False),
        ("http://192.168.0.7:3120", True),
        ("http://localhost.example.org", True),
        ("http://127.example.org", True),
        ("https://chat.example.org", False),
    ],
)
def test_a_password_in_the_clear_is_known_for_what_it_is(url: str, is_open: bool) -> None:
    assert Server.at(url).is_open_to_listeners is is_open
