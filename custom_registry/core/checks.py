"""What the status of checks means, and what becomes of their output; it knows neither instances nor time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BY_SEVERITY = (Health.PASSING, Health.WARNING, Health.CRITICAL)
_BEST = Health.PASSING.value
_SEVERITY: Mapping[str, int] = {health.value: severity for severity, health in enumerate(_BY_SEVERITY)}


def worst(statuses: Iterable[str]) -> Health:
    """Return the worst of several statuses, passing where there are none.

    A status that is none of the three, which the catalog takes (transcript ``catalog_writes``), is not passing either:
    it counts as critical.
    """
    severity = 0
    for status in statuses:
        if status != _BEST:
            severity = max(severity, _SEVERITY.get(status, 2))
    return _BY_SEVERITY[severity]


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
