"""Connects to ``host:port`` and says what went wrong in the words of Go's dialer; it knows no protocol above TLS.

The words are those that Consul 1.8.7 put into the output of TCP and HTTP checks.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from custom_registry.core.probes import Tls

_HIGHEST_PORT = 65_535
_LOOKUPS = 16  # threads; the system resolves a name in a call that blocks, and nothing else here needs one

_X509 = {  # OpenSSL's verify codes, in Go's words
    9: "certificate has expired or is not yet valid",
    10: "certificate has expired or is not yet valid",
    18: "certificate signed by unknown authority",
    19: "certificate signed by unknown authority",
    20: "certificate signed by unknown authority",
}


class ProbeError(Exception):
    """A probe found no answer; the message is what the check shows."""


class Stream(Struct, frozen=True):
    """An open connection, and its two ends as Go writes them."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def ends(self) -> str:
        """``here->there``."""
        return "->".join(_join(*self.writer.get_extra_info(end)[:2]) for end in ("sockname", "peername"))

    def close(self) -> None:
        """Let go at once, whatever the other end does."""
        self.writer.transport.abort()


def split(address: str) -> tuple[str, str]:
    """Part an address into host and port, as text; the host may be empty.

    Raises:
        ProbeError: it is no address.
    """
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        raise ProbeError(f"dial tcp: address {address}: missing port in address")
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1], port
    if ":" in host:
        raise ProbeError(f"dial tcp: address {address}: too many colons in address")
    return host, port


async def connect(host: str, port: str, time_limit: float, tls: Tls | None = None) -> Stream:
    """Connect to the first of a host's addresses that takes it; each has its share of the time.

    Args:
        host: a name or an address; empty for this machine.
        port: a number, or a service's name.
        time_limit: seconds for all of it.
        tls: how to greet by TLS; None for a connection in the clear.

    Raises:
        ProbeError: no address takes it.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + time_limit
    number = _port_number(port)
    try:
        async with asyncio.timeout_at(deadline):
            addresses = await _look_up(host or "127.0.0.1")
    except TimeoutError:
        raise ProbeError(f"dial tcp: lookup {host}: i/o timeout") from None
    first_failure: ProbeError | None = None
    for place, address in enumerate(addresses):
        share = (deadline - loop.time()) / (len(addresses) - place)
        try:
            return await _connect_one(address, number, share, tls, host)
        except ProbeError as failure:
            first_failure = first_failure or failure
    assert first_failure is not None  # noqa: S101 - a look-up gives one address at least
    raise first_failure


async def _connect_one(address: str, port: int, time_limit: float, tls: Tls | None, host: str) -> Stream:
    context = tls and tls_context(skip_verify=tls.skip_verify)
    name = (tls.server_name or host or address) if tls else None
    try:
        async with asyncio.timeout(time_limit):
            reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        reason = _X509.get(error.verify_code, error.verify_message)
        raise ProbeError(f"tls: failed to verify certificate: x509: {reason}") from error
    except ssl.SSLError as error:
        raise ProbeError(_tls_failure(error)) from error
    except TimeoutError:
        raise ProbeError(f"dial tcp {_join(address, port)}: i/o timeout") from None
    except OSError as error:
        raise ProbeError(f"dial tcp {_join(address, port)}: connect: {_reason(error)}") from error
    return Stream(reader, writer)


@functools.cache
def tls_context(*, skip_verify: bool) -> ssl.SSLContext:
    """Return what a client of TLS looks at: the system's authorities, or nothing."""
    context = ssl.create_default_context()
    if skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def read_failure(stream: Stream, error: OSError) -> ProbeError:
    """Return Go's words for a connection that broke while its answer was awaited."""
    return ProbeError(f"read tcp {stream.ends}: read: {_reason(error)}")


@functools.cache
def _resolver() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="registry-lookup")


async def _look_up(host: str) -> list[str]:
    """Return a host's addresses; one that is an address already needs no thread."""
    try:
        return _addresses(host, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    except UnicodeError as error:
        raise ProbeError(f"dial tcp: lookup {host}: no such host") from error
    try:
        return await asyncio.get_running_loop().run_in_executor(_resolver(), _addresses, host, 0)
    except OSError as error:
        raise ProbeError(f"dial tcp: lookup {host}: no such host") from error


def _addresses(host: str, flags: int) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _port_number(port: str) -> int:
    if port.isascii() and port.isdigit():
        if int(port) > _HIGHEST_PORT:
            raise ProbeError(f"dial tcp: address {port}: invalid port")
        return int(port)
    try:
        return socket.getservbyname(port, "tcp")
    except (OSError, UnicodeError, ValueError) as error:
        raise ProbeError(f"dial tcp: lookup tcp/{port}: unknown port") from error


def _tls_failure(error: ssl.SSLError) -> str:
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return "tls: first record does not look like a TLS handshake"
    return f"tls: {(error.reason or str(error)).replace('_', ' ').lower()}"


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
