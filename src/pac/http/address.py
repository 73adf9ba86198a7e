"""Who is on the other side of a connection: one answer for throttles, logs and caps, in both services."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

ADDRESSES_KNOWN = 4_096
"""How many are remembered parsed: whoever storms the door comes from few addresses, or is forgotten again."""

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The rightmost hop of X-Forwarded-For that is none of ours, looked at only if the peer is ours (SECURITY 2.8).

    `forwarded_for` holds the header's values in the order they came. A hop that is no address ends the search:
    what stands left of it was written by somebody we do not know. IPv4-mapped addresses count as IPv4.
    """
    address = parsed_address(peer)
    if address is None:
        return ""
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    while hops and any(address in network for network in trusted):
        hop = parsed_address(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address)


@lru_cache(maxsize=ADDRESSES_KNOWN)
def address_prefix(address: str) -> str:
    """What of an address is kept and logged: IPv4 /24, IPv6 /48, "" for what is none (SECURITY 10.2)."""
    parsed = parsed_address(address)
    if parsed is None:
        return ""
    return str(ip_network((parsed, 48 if isinstance(parsed, IPv6Address) else 24), strict=False))


@lru_cache(maxsize=ADDRESSES_KNOWN)
def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address; `::ffff:1.2.3.4` is 1.2.3.4, however the system wrote it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
