"""Opens the backend that a URL names, by entry point; it imports a backend only when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from discovery.config import configured_url
from discovery.errors import ConfigurationError, UnknownBackend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

    from discovery.interface import Discovery

ENTRY_POINT_GROUP = "discovery.backends"


@dataclass(frozen=True, slots=True)
class BackendURL:
    """A backend's URL, taken apart: ``scheme://host:port?setting=value``; what a backend's factory receives.

    Args:
        text: the URL as it was given.
        scheme: which backend.
        host: without brackets; empty where the URL names none.
        port: ``None`` where the URL names none.
        settings: the query's settings, each given once.
    """

    text: str
    scheme: str
    host: str
    port: int | None
    settings: Mapping[str, str]

    @classmethod
    def parse(cls, url: str) -> BackendURL:
        """Take a URL apart.

        Raises:
            ConfigurationError: it is no URL of this form; the message shows the right one.
        """
        shape = "scheme://host:port?setting=value, as in registry://127.0.0.1:5001"
        try:
            parts = urlsplit(url)
            port = parts.port
            pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError as error:
            raise ConfigurationError(f"{url!r} is not a backend's URL ({error}); its form is {shape}") from error
        if port == 0:
            raise ConfigurationError(f"{url!r} names port 0, at which nothing can be reached")
        if not parts.scheme or "://" not in url:
            raise ConfigurationError(f"{url!r} is not a backend's URL: it has no scheme; its form is {shape}")
        if parts.path not in {"", "/"} or parts.fragment or parts.username is not None:
            raise ConfigurationError(f"{url!r} has more than a host, a port and settings; its form is {shape}")
        settings = dict(pairs)
        if len(settings) != len(pairs):
            raise ConfigurationError(f"{url!r} gives a setting twice")
        return cls(url, parts.scheme, unquote(parts.hostname or ""), port, settings)


def backends() -> dict[str, EntryPoint]:
    """Return the installed backends by URL scheme."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - its import takes longer than that of all else here

    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def open_discovery(url: str | None = None) -> Discovery:
    """Open the backend that a URL names. Nothing is sent yet.

    Args:
        url: ``registry://127.0.0.1:5001`` or ``consul://127.0.0.1:8500?dc=dc1&token=...``; without one, what
            ``discovery.config.configured_url`` finds.

    Raises:
        UnknownBackend: no backend is installed for the scheme, or a package that it needs is missing.
        ConfigurationError: the URL or one of its settings is wrong.
    """
    parsed = BackendURL.parse(url if url is not None else configured_url())
    installed = backends()
    point = installed.get(parsed.scheme)
    if point is None:
        known = ", ".join(f"{scheme}://" for scheme in sorted(installed)) or "none is installed"
        raise UnknownBackend(f"no backend for {parsed.scheme}:// in {parsed.text!r}; there are: {known}")
    try:
        factory = point.load()
    except ImportError as error:
        raise UnknownBackend(
            f"the backend for {parsed.scheme}:// needs a package that is not installed ({error}); "
            f'try: pip install "discovery-compare[{parsed.scheme}]"'
        ) from error
    backend: Discovery = factory(parsed)
    return backend
