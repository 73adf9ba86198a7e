"""Who is on the other side of a connection: one answer for throttles, logs and caps, in both services."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The rightmost hop of X-Forwarded-For that is none of ours, looked at only if the peer is ours (SECURITY 2.8).

    `forwarded_for` holds the header's values in the order they came. A hop that is no address ends the search:
    what stands left of it was written by somebody we do not know. IPv4-mapped addresses count as IPv4.
    """
    address = _parsed(peer)
    if address is None:
        return ""
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    while hops and any(address in network for network in trusted):
        hop = _parsed(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
