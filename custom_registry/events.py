"""What befalls instances, told to the log in the order in which it befell them; it knows no state, and judges nothing.

A line costs as much as a third of a lapse, and its writing lets other threads in: who waits is not to wait for it.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from custom_registry.core.commands import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custom_registry.core.commands import Occurrence

_log = logging.getLogger("custom_registry")
_LEVELS = dict.fromkeys(Kind, logging.INFO) | {
    Kind.RENEWED: logging.DEBUG,
    Kind.LAPSED: logging.WARNING,
    Kind.REMOVED: logging.WARNING,
}


class Events:
    """Noted when they occur, told when there is time. Any thread may use it at any time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._untold: deque[Occurrence] = deque()
        self._telling = threading.Lock()  # so that each is told after all that were noted before it

    def __len__(self) -> int:
        """Return how many are not told yet."""
        return len(self._untold)

    def note(self, occurrences: Iterable[Occurrence]) -> bool:
        """Keep in mind what is to be told; return whether any of it is, at the level that the log has."""
        noted = False
        for one in occurrences:
            if _log.isEnabledFor(_LEVELS[one.kind]):
                self._untold.append(one)
                noted = True
        return noted

    def tell(self, most: int | None = None) -> None:
        """Tell what was noted, the oldest first, all of it or so many."""
        with self._telling:
            for _ in range(len(self._untold) if most is None else min(most, len(self._untold))):
                _tell(self._untold.popleft())


def _tell(occurrence: Occurrence) -> None:
    definition = occurrence.definition
    _log.log(
        _LEVELS[occurrence.kind],
        "%s at %s %s (id %s, %s)",
        definition.service,
        occurrence.address,
        occurrence.kind.value,
        definition.id,
        occurrence.health,
        extra={
            "event": occurrence.kind.value,
            "service": definition.service,
            "id": definition.id,
            "address": occurrence.address,
        },
    )
