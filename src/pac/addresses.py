"""Where the services listen, and where pages find them, as the settings and the role of the process say."""

from enum import StrEnum

from pac.settings import Settings


class Role(StrEnum):
    """What of the product a process serves."""

    SERVE = "serve"
    WEB = "web"
    MESSAGE = "message"

    @property
    def has_pages(self) -> bool:
        return self is not Role.MESSAGE

    @property
    def has_sockets(self) -> bool:
        return self is not Role.WEB


def ports(settings: Settings, role: Role) -> list[tuple[int, str]]:
    web, message = (settings.web_port, "PAC_WEB_PORT"), (settings.message_port, "PAC_MESSAGE_PORT")
    match role:
        case Role.WEB:
            return [web]
        case Role.MESSAGE:
            return [message]
        case Role.SERVE:
            return [web] if settings.web_port == settings.message_port else [web, message]


def socket_url(settings: Settings, role: Role) -> str:
    """Where pages open their socket: "" for the origin they came from."""
    if role is Role.SERVE and not settings.message_fqdn:
        return ""
    scheme = "wss" if settings.is_https else "ws"
    host = settings.message_fqdn.split("://")[-1] or f"localhost:{settings.message_port}"
    return f"{scheme}://{host}/message"


def socket_source(settings: Settings, role: Role) -> str:
    """What the pages' policy allows beside 'self'. Chromium takes ws of one's own origin for 'self'; older
    browsers do not, so it is named (SECURITY 1.1)."""
    url = socket_url(settings, role)
    if url:
        return url.removesuffix("/message")
    return settings.public_origin.replace("http", "ws", 1)


def origins(settings: Settings) -> frozenset[str]:
    """Which pages may open sockets (PROTOCOL §3, Origin)."""
    hosts = ("localhost", "127.0.0.1", "[::1]")
    local = {f"http://{host}:{port}" for host in hosts for port in (settings.web_port, settings.message_port)}
    return frozenset({*local, settings.public_origin, *settings.allowed_origins})
