"""How an attempt to join an agent ends, where it ends before any gossip: only the agent itself can be joined."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.gotext import join_errors

if TYPE_CHECKING:
    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.api.consul.identity import Identity

_PATIENCE = 1.0  # seconds; a thread is held that long
_REASONS = {
    errno.ECONNREFUSED: "connect: connection refused",
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
}


def is_oneself(address: str, default_port: int, identity: Identity) -> bool:
    """Look whether an address is one of the agent's own for gossip, which it has always joined (seen on 1.8.7).

    Args:
        address: a host, with or without a port.
        default_port: where none is given.
        identity: whose own addresses.

    Raises:
        Refused: the host has no address (transcript ``agent_info``, 1.8.7 and 1.21.4).
    """
    ip, port = _resolve(address, default_port)
    return ip == identity.address and port in {identity.serf_lan_port, identity.serf_wan_port}


def find_listener(address: str, default_port: int, dialect: Dialect) -> None:
    """Look whether anybody listens at an address.

    Args:
        address: a host, with or without a port.
        default_port: where none is given.
        dialect: whose words.

    Raises:
        Refused: nobody does (transcript ``agent_info``, 1.8.7 and 1.21.4).
    """
    ip, port = _resolve(address, default_port)
    endpoint = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    named = endpoint if dialect.join_names_port else ip
    try:
        socket.create_connection((ip, port), timeout=_PATIENCE).close()
    except TimeoutError:
        raise Refused(500, join_errors([f"Failed to join {named}: dial tcp {endpoint}: i/o timeout"])) from None
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"connect: {(error.strerror or str(error)).lower()}")
        raise Refused(500, join_errors([f"Failed to join {named}: dial tcp {endpoint}: {reason}"])) from None


def _resolve(address: str, default_port: int) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        host, port = address, str(default_port)
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        raise Refused(500, join_errors([f"Failed to resolve {address}: lookup {host}: no such host"])) from None
    return str(found[0][4][0]), int(port)
