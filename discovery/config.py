"""Where the URL of the backend comes from; it reads settings and opens nothing."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from discovery.errors import ConfigurationError

DEFAULT_URL = "registry://127.0.0.1:5001"
ENVIRONMENT_VARIABLE = "DISCOVERY_URL"
FILE = "discovery.toml"


def configured_url() -> str:
    """Return the URL of the backend to use.

    The first of these that there is: the environment variable ``DISCOVERY_URL``; the key ``url`` of ``discovery.toml``
    in the working directory; our own registry on its default port, ``registry://127.0.0.1:5001``.

    Raises:
        ConfigurationError: ``discovery.toml`` is there but cannot be read, or has no text under ``url``.
    """
    url = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if url:
        return url
    file = Path(FILE)
    if not file.exists():
        return DEFAULT_URL
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file.resolve()} cannot be read: {error}") from error
    unknown = settings.keys() - {"url"}
    if unknown:
        raise ConfigurationError(f"{file.resolve()}: unknown key {min(unknown)!r}; the one key is url")
    configured = settings.get("url")
    if not isinstance(configured, str) or not configured.strip():
        raise ConfigurationError(f'{file.resolve()}: set url, as in url = "{DEFAULT_URL}"')
    return configured.strip()
