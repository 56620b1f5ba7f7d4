"""Takes an address apart into host and port; it knows the three forms an address has and no backend."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOST_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65535
_LONGEST_HOST = 253  # RFC 1035, 2.3.4, less the root's dot and length


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The host and the port that an address names; ``port`` is None where it names none."""

    host: str
    port: int | None


def parse_address(address: str) -> Endpoint:
    """Take apart ``host``, ``host:port`` or a URL.

    IPv6 hosts stand in brackets where a port follows. A URL without a port has its scheme's: 80 for http, 443 for
    https.

    Raises:
        ValueError: it is none of the three; the message says what is wrong and what would be right.
    """
    if not address.strip():
        raise ValueError("must not be empty: give a host, host:port or a URL")
    if any(character.isspace() or not character.isprintable() for character in address):
        raise ValueError("must not contain spaces or control characters: give a host, host:port or a URL")
    scheme, separator, _ = address.partition("://")
    if separator and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise ValueError(f"has a scheme that is none: {scheme!r}")
    if _is_ip(address):
        return Endpoint(address, None)
    try:
        parts = urlsplit(address if separator else f"//{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"is not a host, host:port or a URL: {error}") from None
    if not separator and (parts.path or parts.query or parts.fragment or parts.username is not None):
        raise ValueError("is not a host, host:port or a URL: a path needs a scheme, as in http://host:port/path")
    if parts.netloc.endswith(":"):
        raise ValueError("ends in a colon: a port is missing")
    if not _is_host(host):
        raise ValueError(f"names no valid host: {host!r}; give a host, host:port or a URL")
    if port == 0:
        raise ValueError(f"has port 0: a port lies between 1 and {_HIGHEST_PORT}")
    return Endpoint(host, port if port is not None else _DEFAULT_PORTS.get(parts.scheme))


def resolve_endpoint(address: str, port: int | None) -> Endpoint:
    """Take apart an address beside which a port may stand on its own.

    Raises:
        ValueError: the address is none, the port is out of range, or the two contradict each other.
    """
    endpoint = parse_address(address)
    if port is None:
        return endpoint
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError(f"stands beside port {port}: a port lies between 1 and {_HIGHEST_PORT}")
    if endpoint.port not in {None, port}:
        raise ValueError(f"says port {endpoint.port}, but port is {port}: leave one out or make them agree")
    return Endpoint(endpoint.host, port)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(host: str) -> bool:
    if _is_ip(host):
        return True
    labels = host.removesuffix(".").split(".")
    if len(host) > _LONGEST_HOST or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        return False
    return not labels[-1].isdigit()  # 300.1.2.3 is a mistyped IP address, not a name
