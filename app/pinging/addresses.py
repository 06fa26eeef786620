"""Which addresses may be called: none inside this network, unless the environment allows it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult, urlsplit

PORTS = frozenset({80, 443, 8000, 8080, 8443})
LONGEST = 500

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses a name stands for now; OSError if there are none."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def why_not(url: str) -> str:
    """Why an address can't be a ping address by its look alone, "" if it can."""
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError:
        return "This isn't an address. It looks like https://hc-ping.com/your-uuid."
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST:
        return "This isn't an address. It looks like https://hc-ping.com/your-uuid."
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "The address must begin with https://."
    if parts.username or parts.password:
        return "The address must hold no user and no password."
    if parts.fragment:
        return "The address must hold no # part."
    return "" if port in PORTS else f"Port {port} can't be used. Use one of {', '.join(map(str, sorted(PORTS)))}."


def port_of(parts: SplitResult) -> int:
    """The port an address means."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_public(address: str) -> bool:
    """Whether an IP address lies outside: not here, not in a private network, not reserved for anything."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None and not is_public(str(inner)):
        return False
    if isinstance(found, ipaddress.IPv6Address) and found in _TRANSLATED:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): an IPv4 address in disguise
