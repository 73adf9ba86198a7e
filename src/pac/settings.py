"""Every setting, once: its name in the environment is PAC_ and the field in capitals (PROTOCOL §2).

Values come from the environment, from NAME_FILE for secrets, and from `.env`, in that order. A wrong value is
one line that names the setting, its fault and an example, before any port is opened; an unknown PAC_ name is a
warning with the nearest name that exists. docs/SETTINGS.md is made from this file.
"""

import difflib
import os
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from pac.errors import CannotStart
from pac.limits.rules import Limits, Rate

PREFIX = "PAC_"


class Profile(StrEnum):
    EMBEDDED = "embedded"


def _comma_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


CommaList = Annotated[list[str], BeforeValidator(_comma_list)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
PerSecond = Annotated[float, Field(gt=0, le=1_000_000)]


class Settings(BaseModel):
    """The values a process runs with; read once at start and handed down as plain values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile = Field(
        Profile.EMBEDDED,
        description="Which parts are in use. This version has `embedded`.",
        examples=["embedded"],
    )
    bind: str = Field("127.0.0.1", description="The address to listen on.", examples=["127.0.0.1"])
    web_host: str = Field("localhost", description="Where the other service reaches this one.")
    web_port: Port = Field(3120, description="Port of pages and REST.", examples=["3120"])
    web_fqdn: str = Field("", description="Public host name of the pages.", examples=["chat.example.org"])
    message_host: str = Field("localhost", description="Where the other service reaches this one.")
    message_port: Port = Field(3121, description="Port of the sockets.", examples=["3121"])
    message_fqdn: str = Field("", description="Public host name of the sockets, if it differs.")
    public_url: str = Field(
        "", description="Scheme and host people type.", examples=["https://chat.example.org"]
    )
    allowed_origins: CommaList = Field(
        default=[],
        description="More origins that may open sockets, by comma.",
        examples=["https://a.example.org"],
    )
    trusted_proxies: CommaList = Field(
        default=[],
        description="Networks whose X-Forwarded-For is believed, by comma.",
        examples=["10.0.0.0/8"],
    )
    data_dir: Path = Field(
        Path("data"), description="Where the embedded profile keeps its files.", examples=["./data"]
    )
    allow_http: bool = Field(
        False, description="Serve plain HTTP on other addresses than loopback (1 or 0).", examples=["1"]
    )
    dev_ui: bool = Field(
        False,
        description="Serve /dev/ui, every component in every state (1 or 0); on loopback only, never in production.",
        examples=["1"],
    )
    metrics_token: str = Field("", description="Bearer token for /metrics from elsewhere than loopback.")
    service_token: str = Field(
        "", description="Bearer token other services use for /api/v1/auth/validate; without it nobody may."
    )
    session_grace_s: Count = Field(
        300, description="How long live sockets outlive their session store, seconds."
    )
    password_min: Annotated[int, Field(ge=8, le=128)] = Field(
        8, description="Shortest password, code points.", examples=["8"]
    )
    timezone: str = Field(
        "Asia/Seoul",
        description="Zone of server-rendered times where a browser names none, and of the original's HH:mm:ss.",
    )
    log_json: bool = Field(False, description="Log JSON lines (1 or 0).", examples=["1"])
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.", examples=["INFO"])

    limit_signup_per_hour: Count = Field(10, description="Sign-ups an hour per address.")
    limit_signin_failures: Count = Field(20, description="Failed sign-ins in 15 minutes per address.")
    limit_send_per_s: PerSecond = Field(5, description="Messages a second per member.")
    limit_send_burst: Count = Field(20, description="Messages at once per member.")
    limit_ops_per_s: PerSecond = Field(50, description="Frames a second per connection.")
    limit_ops_burst: Count = Field(200, description="Frames at once per connection.")
    limit_subscribe_per_s: PerSecond = Field(50, description="Rooms subscribed a second per connection.")
    limit_subscribe_burst: Count = Field(600, description="Rooms subscribed at once per connection.")
    limit_connections_per_member: Count = Field(10, description="Sockets per member.")
    limit_connections: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Sockets of this node; 0: what the open-file limit allows, at most 20,000.",
    )
    limit_ungreeted_per_address: Count = Field(50, description="Sockets per address before `hello`.")
    limit_ungreeted: Count = Field(
        1_000,
        description="Sockets of this node before `hello`: what a crowd that comes back at once may need more of.",
    )
    limit_refusals_per_min: Count = Field(
        100, description="Rate refusals a minute before a socket is closed."
    )
    limit_rooms_per_connection: Count = Field(512, description="Rooms per socket.")
    limit_frame_bytes: Count = Field(65_536, description="Bytes per frame from a client.")
    limit_body_chars: Count = Field(4_000, description="Code points per message.")
    limit_queue_bytes: Count = Field(
        1_048_576, description="Bytes waiting per socket before its reader is slow."
    )
    limit_replay: Count = Field(1_000, description="Messages replayed on subscribe before `reset`.")
    limit_guest_send_per_s: PerSecond = Field(5, description="Guests' messages a second per address.")
    limit_guest_send_burst: Count = Field(20, description="Guests' messages at once per address.")
    limit_guest_sockets_per_address: Count = Field(10, description="Guests' sockets per address.")
    limit_guest_sockets: Count = Field(1_000, description="Guests' sockets of this node.")

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str) -> str:
        if value and origin_of(value) != value.rstrip("/"):
            raise ValueError("scheme and host only, in lower case, without a path")
        return value.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            if origin_of(origin) != origin:
                raise ValueError(f"{origin!r} is no origin: scheme and host only, without a slash at the end")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ip_network(network)
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return value

    @field_validator("log_level")
    @classmethod
    def _level_exists(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def public_origin(self) -> str:
        """Scheme, host and port people type (PROTOCOL §2, PAC_PUBLIC_URL)."""
        if self.public_url:
            return self.public_url
        if self.web_fqdn:
            return self.web_fqdn if "://" in self.web_fqdn else f"https://{self.web_fqdn}"
        return f"http://localhost:{self.web_port}"

    @property
    def is_https(self) -> bool:
        return self.public_origin.startswith("https://")

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(network) for network in self.trusted_proxies)

    def limits(self, connections: int) -> Limits:
        """The limits as the rest of the code takes them; `connections` as the open-file limit allows."""
        return Limits(
            send=Rate("send", self.limit_send_per_s, self.limit_send_burst),
            ops=Rate("ops", self.limit_ops_per_s, self.limit_ops_burst),
            subscribe=Rate("subscribe", self.limit_subscribe_per_s, self.limit_subscribe_burst),
            connections_per_member=self.limit_connections_per_member,
            connections=connections,
            ungreeted_per_address=self.limit_ungreeted_per_address,
            ungreeted=self.limit_ungreeted,
            refusals_per_min=self.limit_refusals_per_min,
            rooms_per_connection=self.limit_rooms_per_connection,
            frame_bytes=self.limit_frame_bytes,
            body_chars=self.limit_body_chars,
            queue_bytes=self.limit_queue_bytes,
            replay=self.limit_replay,
            signup_per_hour=self.limit_signup_per_hour,
            signin_failures=self.limit_signin_failures,
            guest_send=Rate("guest_send", self.limit_guest_send_per_s, self.limit_guest_send_burst),
            guest_sockets_per_address=self.limit_guest_sockets_per_address,
            guest_sockets=self.limit_guest_sockets,
        )


SECRETS = frozenset({"metrics_token", "service_token"})


def origin_of(url: str) -> str | None:
    """`https://host` or `https://host:8443` of an http(s) address, lower case; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def read_settings(
    environ: Mapping[str, str] | None = None, dotenv: Path = Path(".env")
) -> tuple[Settings, list[str]]:
    """The settings and a warning for each PAC_ name that does not exist. Raises CannotStart, naming all faults."""
    given: dict[str, str | None] = {**dotenv_values(dotenv), **(os.environ if environ is None else environ)}
    values: dict[str, str] = {}
    warnings: list[str] = []
    faults: list[str] = []
    for name, value in given.items():
        if not name.startswith(PREFIX) or value is None:
            continue
        field = name.removeprefix(PREFIX).lower()
        if field in Settings.model_fields:
            values[field] = value
        elif field.removesuffix("_file") in Settings.model_fields and field.endswith("_file"):
            base = field.removesuffix("_file")
            if given.get(PREFIX + base.upper()):
                faults.append(f"{PREFIX}{base.upper()} and {name} are both set: keep one of them.")
                continue
            try:
                values[base] = Path(value).read_text(encoding="utf-8").rstrip("\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{name}: the file {value} cannot be read ({type(error).__name__}).")
        else:
            known = [PREFIX + known_field.upper() for known_field in Settings.model_fields]
            near = difflib.get_close_matches(name, known, 1)
            warnings.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults += [_fault_line(dict(fault)) for fault in error.errors(include_url=False)]
    if faults:
        raise CannotStart("\n".join(faults), "docs/SETTINGS.md lists every setting.")
    return settings, warnings


def _fault_line(fault: dict[str, Any]) -> str:
    field = str(fault["loc"][0])
    info = Settings.model_fields[field]
    example = info.examples[0] if info.examples else info.default
    shown = "" if field in SECRETS else f" (it is {fault['input']!r})"
    said = str(fault["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{field.upper()}: {said}{shown}. Example: {PREFIX}{field.upper()}={example}"
