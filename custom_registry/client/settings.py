"""The settings of a registry:// URL, read and checked; this module sends nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discovery.address import parse_address
from discovery.errors import ConfigurationError

if TYPE_CHECKING:
    from discovery.backends import BackendURL

_LONGEST_TIMEOUT = 86_400.0  # seconds; above a day a number is a slip


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
        read: dict[str, Any] = {}
        if url.host:
            try:
                read["host"] = parse_address(url.host).host
            except ValueError as error:
                raise ConfigurationError(f"registry:// host {url.host!r} {error}") from None
        if url.port is not None:
            read["port"] = url.port
        for name, text in url.settings.items():
            if name not in _READERS:
                raise ConfigurationError(f"registry:// has no setting {name!r}; it has: {', '.join(sorted(_READERS))}")
            try:
                read[name] = _READERS[name](text)
            except ValueError as error:
                raise ConfigurationError(f"registry:// setting {name}: {error}, not {text!r}") from None
        return cls(**read)


def _scheme(text: str) -> str:
    if text not in {"http", "https"}:
        raise ValueError("must be http or https")
    return text


def _verify(text: str) -> bool | str:
    if text in {"true", "false"}:
        return text == "true"
    if "\0" in text or not Path(text).exists():
        raise ValueError("must be true, false, or an existing file or folder of certificates")
    return text


def _timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise ValueError(f"must be a number of seconds above 0, at most {_LONGEST_TIMEOUT:g}")
    return seconds


_READERS = {"scheme": _scheme, "verify": _verify, "timeout": _timeout}
