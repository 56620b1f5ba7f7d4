"""Reads the settings of a backend's URL, among them those that all backends over HTTP share; it knows no backend."""

from __future__ import annotations

import math
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discovery.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from discovery.backends import BackendURL

_LONGEST_TIMEOUT = 86_400.0  # seconds; above a day a number is a slip


def read_settings(url: BackendURL, readers: Mapping[str, Callable[[str], object]]) -> dict[str, Any]:
    """Return the values of the settings that a URL gives, by name.

    Args:
        url: the backend's.
        readers: for each setting that there is, what makes a value of its text. A ValueError of theirs says what the
            text must be.

    Raises:
        ConfigurationError: a setting is unknown, or its value makes no sense; the message names it.
    """
    values: dict[str, Any] = {}
    for name, text in url.settings.items():
        if name not in readers:
            raise ConfigurationError(f"{url.scheme}:// has no setting {name!r}; it has: {', '.join(sorted(readers))}")
        try:
            values[name] = readers[name](text)
        except ValueError as error:
            raise ConfigurationError(f"{url.scheme}:// setting {name}: {error}, not {text!r}") from None
    return values


def read_scheme(text: str) -> str:
    """Read ``http`` or ``https``.

    Raises:
        ValueError: it is neither.
    """
    if text not in {"http", "https"}:
        raise ValueError("must be http or https")
    return text


def read_verify(text: str) -> bool | str:
    """Read whether to verify a server's certificate, or the file or folder of the authorities to trust.

    Raises:
        ValueError: it is neither true nor false, and nothing that could be trusted is there. An empty text is no
            folder, and above all not false, for which requests would take it.
    """
    if text in {"true", "false"}:
        return text == "true"
    if not text or not _can_be_trusted(text):
        raise ValueError("must be true, false, or an existing file or folder of certificates")
    return text


def read_timeout(text: str) -> float:
    """Read a time in seconds, at most a day.

    Raises:
        ValueError: it is no such time.
    """
    seconds = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else math.nan
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise ValueError(f"must be a number of seconds above 0, at most {_LONGEST_TIMEOUT:g}")
    return seconds


def _can_be_trusted(path: str) -> bool:
    try:
        if not Path(path).is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):  # those of ssl are OSErrors; what can be no path at all is a ValueError
        return False
    return True
