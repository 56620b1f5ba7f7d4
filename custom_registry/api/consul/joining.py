"""How an attempt to join another agent ends, where it ends before any gossip; nobody can be joined from here."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.gotext import join_errors

if TYPE_CHECKING:
    from custom_registry.api.consul.dialects import Dialect

_PATIENCE = 1.0  # seconds; a thread is held that long
_REASONS = {
    errno.ECONNREFUSED: "connect: connection refused",
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
}


def try_to_join(address: str, default_port: int, dialect: Dialect) -> None:
    """Look whether anybody listens at an address.

    Args:
        address: a host, with or without a port.
        default_port: where none is given.
        dialect: whose words.

    Raises:
        Refused: nobody does (transcript ``agent_info``, 1.8.7 and 1.21.4).
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        host, port = address, str(default_port)
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        raise Refused(500, join_errors([f"Failed to resolve {address}: lookup {host}: no such host"])) from None
    ip = str(found[0][4][0])
    endpoint = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    named = endpoint if dialect.join_names_port else ip
    try:
        socket.create_connection((ip, int(port)), timeout=_PATIENCE).close()
    except TimeoutError:
        raise Refused(500, join_errors([f"Failed to join {named}: dial tcp {endpoint}: i/o timeout"])) from None
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"connect: {(error.strerror or str(error)).lower()}")
        raise Refused(500, join_errors([f"Failed to join {named}: dial tcp {endpoint}: {reason}"])) from None
