"""The settings of a consul:// URL, read and checked; this module sends nothing and knows no client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from discovery import Health
from discovery.settings import read_scheme, read_settings, read_timeout, read_verify

if TYPE_CHECKING:
    from discovery.backends import BackendURL

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8500
DEFAULT_TIMEOUT = 10.0

_DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a Consul agent is, and how to talk to it.

    Args:
        host: without brackets.
        port: of the agent's HTTP API.
        scheme: ``http`` or ``https``.
        verify: whether to verify the agent's certificate, or the file or folder of the authorities to trust.
        token: the ACL token sent with every request.
        dc: the datacenter that is read from. Writes go to the agent, and so to the agent's own datacenter.
        timeout: seconds for a connection, and again for an answer; a watch adds its own waiting time.
        status: what a registration sets the TTL check to. Consul's own default is critical; the contract's is passing.
        deregister_after: ``DeregisterCriticalServiceAfter``, such as ``90m``. By default none is sent, so that, as
            everywhere with Consul, a lapsed instance stays until someone removes it. Consul takes less than a minute
            for a minute.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    scheme: str = "http"
    verify: bool | str = True
    token: str | None = None
    dc: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    status: Health = Health.PASSING
    deregister_after: str | None = None

    @classmethod
    def from_url(cls, url: BackendURL) -> Settings:
        """Read the settings of a URL.

        Raises:
            ConfigurationError: a setting is unknown, or its value makes no sense.
        """
        read = read_settings(url, _READERS)
        return cls(host=url.host or DEFAULT_HOST, port=DEFAULT_PORT if url.port is None else url.port, **read)


def _token(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of printable ASCII")  # it becomes a header
    return text


def _name(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _status(text: str) -> Health:
    if text not in set(Health):
        raise ValueError("must be passing, warning or critical")
    return Health(text)


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError("must be a duration such as 90m or 1h30m")
    return text


_READERS = {
    "scheme": read_scheme,
    "verify": read_verify,
    "token": _token,
    "dc": _name,
    "timeout": read_timeout,
    "status": _status,
    "deregister_after": _duration,
}
