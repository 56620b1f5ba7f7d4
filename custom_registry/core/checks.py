"""What the status of checks means, and what becomes of their output; it knows neither instances nor time."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SEVERITY: Mapping[str, int] = MappingProxyType({Health.PASSING: 0, Health.WARNING: 1, Health.CRITICAL: 2})


def worst(statuses: Iterable[str]) -> Health:
    """Return the worst of several statuses, passing where there are none.

    A status that is none of the three, which the catalog takes (transcript ``catalog_writes``), is not passing either:
    it counts as critical.
    """
    severity = max((_SEVERITY.get(status, 2) for status in statuses), default=0)
    return (Health.PASSING, Health.WARNING, Health.CRITICAL)[severity]


def expired(said: str) -> str:
    """Return what a TTL check shows once it has lapsed (transcript ``ttl_life``, 1.8.7 and 1.21.4).

    Args:
        said: what came with the last report.
    """
    return f"TTL expired (last output before timeout follows): {said}" if said else "TTL expired"


def cut(output: str, most: int) -> str:
    """Return an output cut to ``most`` bytes of UTF-8, and the note that it was (seen on 1.8.7)."""
    encoded = output.encode(errors="surrogatepass")
    if len(encoded) <= most:
        return output
    return f"{encoded[:most].decode(errors='replace')} ... (captured {most} of {len(encoded)} bytes)"
