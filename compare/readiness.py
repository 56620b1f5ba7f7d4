"""Tells when a Consul agent that has just been started serves as it will from then on; it must not start or stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discovery import DiscoveryError, open_discovery

if TYPE_CHECKING:
    from compare.stage import Clock

CONSUL_SETTINGS = "deregister_after=1m"
"""Without it Consul never removes what has lapsed; a minute is the shortest that it takes (seen on 1.8.7)."""

WITHIN = 40.0
"""Seconds in which an agent must be ready."""

_SETTLING = 3.5
"""For its first three seconds an agent may bring a change to its catalog that much late: a ttl of 1 s showed as lapsed
after 1.0 to 3.0 s on ten new agents of 1.8.7, and after 1.0 s on one that had run for a while."""


class Readiness:
    """Whether the agent at a URL has answered for some seconds, and can list services: the last thing it learns."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Begin before its first answer."""
        self._url = url
        self._clock = clock
        self._answered: float | None = None

    def __call__(self) -> bool:
        """Ask it, until it has answered once; then only let the time pass."""
        if self._answered is None and self._answers():
            self._answered = self._clock.now()
        return self._answered is not None and self._clock.now() >= self._answered + _SETTLING

    def _answers(self) -> bool:
        try:
            with open_discovery(self._url) as backend:
                backend.ping()
                return bool(backend.services())
        except DiscoveryError:
            return False
