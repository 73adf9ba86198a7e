"""Settings: every fault is one line a person understands, before any port is opened (PROTOCOL §2)."""

from pathlib import Path

import pytest

from pac.addresses import Role, origins, socket_source, socket_url
from pac.errors import CannotStart
from pac.settings import Settings, read_settings

NOWHERE = Path("/nonexistent/.env")


@pytest.mark.row(
    "limit send", "limit ops", "limit subscribe", "limit frame", "limit body", "limit queue", "limit replay"
)
def test_defaults_are_the_protocols() -> None:
    settings, warnings = read_settings({}, NOWHERE)
    assert warnings == []
    assert (settings.web_port, settings.message_port, settings.bind) == (3120, 3121, "127.0.0.1")
    assert settings.public_origin == "http://localhost:3120"
    limits = settings.limits(20_000)
    assert (limits.send.per_s, limits.send.burst, limits.ops.per_s, limits.subscribe.burst) == (
        5,
        20,
        50,
        600,
    )
    assert (limits.frame_bytes, limits.body_chars, limits.queue_bytes, limits.replay) == (
        65_536,
        4_000,
        1_048_576,
        1_000,
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PAC_WEB_PORT", "http", "PAC_WEB_PORT"),
        ("PAC_WEB_PORT", "70000", "Example: PAC_WEB_PORT=3120"),
        ("PAC_PROFILE", "huge", "embedded"),
        ("PAC_PUBLIC_URL", "chat.example.org", "scheme and host"),
        ("PAC_PUBLIC_URL", "https://chat.example.org/chat", "without a path"),
        ("PAC_ALLOWED_ORIGINS", "https://a.example/", "no origin"),
        ("PAC_TRUSTED_PROXIES", "everybody", "PAC_TRUSTED_PROXIES"),
        ("PAC_TIMEZONE", "Mars/Olympus", "no such time zone"),
        ("PAC_LOG_LEVEL", "LOUD", "DEBUG"),
        ("PAC_LIMIT_SEND_BURST", "0", "PAC_LIMIT_SEND_BURST"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name_and_an_example(name: str, value: str, words: str) -> None:
    with pytest.raises(CannotStart) as caught:
        read_settings({name: value}, NOWHERE)
    assert words in caught.value.what
    assert name in caught.value.what
    assert "\n" not in caught.value.what


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(CannotStart) as caught:
        read_settings({"PAC_WEB_PORT": "x", "PAC_TIMEZONE": "y"}, NOWHERE)
    assert len(caught.value.what.splitlines()) == 2


def test_an_unknown_name_is_a_warning_with_the_nearest_one() -> None:
    _, warnings = read_settings({"PAC_WEB_PROT": "1", "OTHER": "x"}, NOWHERE)
    assert warnings == ["PAC_WEB_PROT is not a setting; did you mean PAC_WEB_PORT?"]


def test_a_secret_comes_from_a_file_and_never_shows(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret-value\n")
    settings, _ = read_settings({"PAC_METRICS_TOKEN_FILE": str(secret)}, NOWHERE)
    assert settings.metrics_token == "s3cret-value"
    with pytest.raises(CannotStart) as caught:
        read_settings({"PAC_METRICS_TOKEN_FILE": str(secret), "PAC_METRICS_TOKEN": "s3cret-value"}, NOWHERE)
    assert "both set" in caught.value.what
    assert "s3cret" not in str(caught.value)
    with pytest.raises(CannotStart, match="cannot be read"):
        read_settings({"PAC_METRICS_TOKEN_FILE": str(tmp_path / "nothing")}, NOWHERE)


def test_dotenv_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("PAC_WEB_PORT=4000\nPAC_MESSAGE_PORT=4001\n")
    settings, _ = read_settings({"PAC_WEB_PORT": "5000"}, dotenv)
    assert (settings.web_port, settings.message_port) == (5000, 4001)


@pytest.mark.req("3.1")
@pytest.mark.row("origin list")
def test_origins_are_the_local_ports_the_public_address_and_those_allowed() -> None:
    settings = Settings(public_url="https://chat.example.org", allowed_origins=["https://other.example"])
    allowed = origins(settings)
    assert {
        "https://chat.example.org",
        "https://other.example",
        "http://localhost:3120",
        "http://[::1]:3121",
    } <= allowed
    assert "http://chat.example.org" not in allowed


@pytest.mark.req("1.1")
def test_pages_find_their_socket_on_their_own_origin_or_where_it_is() -> None:
    assert socket_url(Settings(), Role.SERVE) == ""
    assert socket_source(Settings(), Role.SERVE) == "ws://localhost:3120"
    https = Settings(public_url="https://chat.example.org")
    assert socket_source(https, Role.SERVE) == "wss://chat.example.org"
    apart = Settings(public_url="https://chat.example.org", message_fqdn="live.example.org")
    assert socket_url(apart, Role.WEB) == "wss://live.example.org/message"
    assert socket_source(apart, Role.WEB) == "wss://live.example.org"
    assert socket_url(Settings(), Role.WEB) == "ws://localhost:3121/message"
