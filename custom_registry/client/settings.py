"""The settings of a registry:// URL, read and checked; this module sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from discovery.address import parse_address
from discovery.errors import ConfigurationError
from discovery.settings import read_scheme, read_settings, read_timeout, read_verify

if TYPE_CHECKING:
    from discovery.backends import BackendURL


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where a registry is, and how to talk to it.

    Args:
        host: without brackets.
        port: of its HTTP API.
        scheme: ``https`` where a proxy in front of the registry speaks TLS; the registry itself speaks ``http``.
        verify: whether to verify the certificate, or the file or folder of the authorities to trust.
        timeout: seconds for a connection, and again for an answer; a watch adds its own waiting time.
    """

    host: str = "127.0.0.1"
    port: int = 5001
    scheme: str = "http"
    verify: bool | str = True
    timeout: float = 10.0

    @property
    def base(self) -> str:
        """The URL of the API, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @classmethod
    def from_url(cls, url: BackendURL) -> ClientSettings:
        """Read the settings of a URL; host and port have defaults.

        Raises:
            ConfigurationError: the host is none, a setting is unknown, or its value makes no sense.
        """
        read = read_settings(url, _READERS)
        if url.host:
            try:
                read["host"] = parse_address(url.host).host
            except ValueError as error:
                raise ConfigurationError(f"registry:// host {url.host!r} {error}") from None
        if url.port is not None:
            read["port"] = url.port
        return cls(**read)


_READERS = {"scheme": read_scheme, "verify": read_verify, "timeout": read_timeout}
