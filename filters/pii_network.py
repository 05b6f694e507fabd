"""IP addresses of the public Internet; private, documentation and other special ranges are nobody's (spec pii 3.3).

The ranges are written out: `ipaddress.is_global` differs between Python 3.11 and 3.13, and calls multicast global.
"""

import ipaddress
import re

_V4 = re.compile(rb"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}")
_BEFORE_V4 = re.compile(rb"[\w.+-]\Z")
_AFTER_V4 = re.compile(rb"[\w]|[.-]\d")
_VERSION = re.compile(
    rb"(?:\b(?:v|ver|version|release|build|firmware|sections?|chapters?|update|oid|snmp)\b|\xc2\xa7)[^\n]{0,20}\Z", re.I
)
_BUILD = re.compile(rb"[^\n]{0,3}\b(?:build|release|beta|rc\d)", re.I)
_NETWORK = re.compile(
    rb"\b(?:ip|ips|ipv4|server|dns|hosts?|addr|address|ping|subnet|gateway|firewall|proxy|ssh|http)\b", re.I
)

_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        *(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
        ),
        *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15"),
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),  # RFC 5737: documentation
        *("224.0.0.0/4", "240.0.0.0/4"),
    )
)
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(net)
    for net in (
        *("::/128", "::1/128", "fe80::/10", "fc00::/7", "fec0::/10", "ff00::/8"),
        *("2001:db8::/32", "3fff::/20", "2001::/23", "100::/64", "5f00::/16"),
    )
)
_HOLDS_V4 = tuple(ipaddress.IPv6Network(net) for net in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"))
_6TO4 = ipaddress.IPv6Network("2002::/16")
# Public DNS resolvers, known to everybody (BigCode's list).
_RESOLVERS = frozenset(
    ipaddress.IPv4Address(host)
    for host in (
        *("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "76.76.19.19", "76.223.122.150", "9.9.9.9", "149.112.112.112"),
        *("208.67.222.222", "208.67.220.220", "8.26.56.26", "8.20.247.20", "94.140.14.14", "94.140.15.15"),
    )
)


def find_ipv4(window: bytes, first: int, last: int) -> list[tuple[int, int]]:
    """Public IPv4 addresses within window[first:last]; version numbers and longer dotted numbers are none."""
    found = []
    for match in _V4.finditer(window, first, last):
        start, end = match.span()
        if _BEFORE_V4.search(window[max(0, start - 1) : start]) or _AFTER_V4.match(window[end : end + 2]):
            continue
        before = window[max(0, start - 40) : start]
        version = len(match[0]) == 7 or _VERSION.search(before) or _BUILD.match(window[end : end + 12])
        if version and not _NETWORK.search(before):
            continue
        if _is_public_v4(ipaddress.IPv4Address(match[0].decode())):
            found.append((start, end))
    return found


def find_ipv6(window: bytes, first: int, last: int) -> list[tuple[int, int]]:
    """The public IPv6 address that window[first:last] is, without the full stop or colon that may follow it."""
    text = window[first:last]
    while text.endswith(b".") or (text.endswith(b":") and not text.endswith(b"::")):
        text = text[:-1]
    if text.startswith(b":") and not text.startswith(b"::"):
        text = text[1:]
        first += 1
    try:
        address = ipaddress.IPv6Address(text.decode())
    except ValueError:
        return []
    groups = [group for group in text.split(b":") if group]
    if len(groups) + (b"." in text) < 3 or not re.search(rb"\d", text):  # A::B of Ruby and Perl, face::bad
        return []
    return [(first, first + len(text))] if _is_public_v6(address) else []


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return address not in _RESOLVERS and not any(address in net for net in _SPECIAL_V4)


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if any(address in net for net in _HOLDS_V4):
        return _is_public_v4(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address in _6TO4:
        return _is_public_v4(ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
    return not any(address in net for net in _SPECIAL_V6)
