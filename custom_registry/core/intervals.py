"""The grids of time on which something comes round, counted from one start; they do not know what."""

from __future__ import annotations

import math

from msgspec import Struct

CLEANUP_INTERVAL = 10.0
REAP_INTERVAL = 30.0
LEAST_DEREGISTER_AFTER = 60.0
SYNC_INTERVAL = 60.0
OUTPUT_INTERVAL = 300.0
OUTPUT_MAX_SIZE = 4096


class Intervals(Struct, frozen=True, kw_only=True):
    """All in seconds.

    Args:
        cleanup: between two removals of native registrations that have lapsed.
        reap: between two looks for services whose checks have been critical for too long (transcript ``reaping``).
        least_deregister_after: below which no check's own time for that counts (likewise).
        sync: between two comparisons of the agent with the catalog. Consul adds as much again by chance.
        output: after which a check's new output reaches the catalog where its status stays the same. Consul, half to
            one and a half of it, by chance.
    """

    cleanup: float = CLEANUP_INTERVAL
    reap: float = REAP_INTERVAL
    least_deregister_after: float = LEAST_DEREGISTER_AFTER
    sync: float = SYNC_INTERVAL
    output: float = OUTPUT_INTERVAL


def next_on_grid(start: float, interval: float, moment: float) -> float:
    """Return the first moment after ``moment`` that lies whole intervals after ``start``."""
    return start + (math.floor((moment - start) / interval) + 1) * interval
