"""When an instance registers and when it sends a heartbeat: an outcome goes in, the next delay comes out.

Pure: it must know no backend, thread, clock or source of chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from discovery.errors import DiscoveryError, InvalidRegistration, UnknownInstance

DEFAULT_TTL = 30.0
_JITTER = 0.2
_FIRST_BACKOFF = 1 / 16  # of the longest one
_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How an instance stands with its backend.

    Args:
        instance_id: as the backend last acknowledged it; ``None`` before that.
        registered: whether the backend has acknowledged the instance and has not said since that it forgot it.
        failures: how many attempts in a row have failed.
        error: what the latest attempt failed with; ``None`` when it succeeded.
    """

    instance_id: str | None = None
    registered: bool = False
    failures: int = 0
    error: DiscoveryError | None = None

    def succeeded(self, instance_id: str) -> Standing:
        """Return the standing after the backend has acknowledged a registration or a heartbeat."""
        return Standing(instance_id, registered=True)

    def failed(self, error: DiscoveryError) -> Standing:
        """Return the standing after an attempt failed.

        A heartbeat that the backend answers with ``UnknownInstance`` is no failure to wait after: the instance lapsed
        or the backend began anew, and it has to register again.
        """
        if self.registered and isinstance(error, UnknownInstance):
            return Standing(self.instance_id, error=error)
        return replace(self, failures=self.failures + 1, error=error)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The pace of one instance.

    Args:
        interval: seconds between two heartbeats, at most.
    """

    interval: float

    @classmethod
    def of_ttl(cls, ttl: float) -> Rhythm:
        """Return the pace for a ttl: a third of it, so that two heartbeats may be lost before the instance lapses.

        Raises:
            InvalidRegistration: the ttl is not a positive, finite number of seconds.
        """
        if not (math.isfinite(ttl) and ttl > 0):
            raise InvalidRegistration(f"ttl must be a positive number of seconds, not {ttl}", field="ttl")
        return cls(ttl / 3)

    def delay(self, standing: Standing, *, took: float, chance: float) -> float:
        """Return how many seconds to wait before the next attempt: to register, or, once registered, a heartbeat.

        A heartbeat's delay counts from the beginning of the attempt before, so that a slow backend does not stretch
        the rhythm. After failures the delay counts from their end, doubles with each, and never exceeds the interval:
        a backend that comes back has all its instances again within one heartbeat.

        Args:
            standing: after the latest attempt.
            took: how many seconds that attempt took.
            chance: from 0 to 1, evenly spread, so that instances do not move in step.
        """
        if standing.failures:
            longest = min(self.interval, _LONGEST_BACKOFF)
            doublings = min(standing.failures - 1, 16)  # enough to have reached the longest
            return min(longest, longest * _FIRST_BACKOFF * 2.0**doublings) * (1 - chance / 2)
        if not standing.registered:
            return 0.0
        return max(0.0, self.interval * (1 - _JITTER * chance) - took)
