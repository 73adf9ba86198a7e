"""Whose address counts, whatever a client writes about itself."""

from ipaddress import ip_network

import pytest

from pac.http.address import address_prefix, client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:aaaa::/48")]

CASES = [
    ("no proxy, no header", "192.0.2.1", [], "192.0.2.1"),
    ("no proxy, a forged header", "192.0.2.1", ["1.1.1.1"], "192.0.2.1"),
    ("our proxy", "10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
    ("our proxy, behind a forged hop", "10.0.0.1", ["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
    ("two proxies of ours", "10.0.0.1", ["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
    ("two headers", "10.0.0.1", ["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
    ("hops of ours all the way", "10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    ("our proxy says nothing", "10.0.0.1", [], "10.0.0.1"),
    ("text for a hop", "10.0.0.1", ["192.0.2.1, unknown"], "10.0.0.1"),
    ("text left of a hop", "10.0.0.1", ["<script>, 192.0.2.1"], "192.0.2.1"),
    ("a hop with a port", "10.0.0.1", ["192.0.2.1:1234"], "10.0.0.1"),
    ("an empty header", "10.0.0.1", [""], "10.0.0.1"),
    ("our proxy, written as IPv6", "::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
    ("a client, written as IPv6", "10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
    ("an IPv6 proxy", "2001:db8:aaaa::1", ["2001:DB8::7"], "2001:db8::7"),
    ("an IPv6 stranger", "2001:db8:bbbb::1", ["192.0.2.1"], "2001:db8:bbbb::1"),
    ("no peer", "", ["192.0.2.1"], ""),
    ("a socket file for a peer", "unix:", ["192.0.2.1"], ""),
]


@pytest.mark.req("2.8")
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_rightmost_hop_that_is_none_of_ours_is_the_client(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


@pytest.mark.req("2.8")
def test_without_trusted_proxies_the_header_says_nothing() -> None:
    assert client_address("10.0.0.1", ["192.0.2.1"], []) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_what_is_kept_of_an_address_is_its_network(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix
