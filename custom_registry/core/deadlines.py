"""What is due when: a heap that corrects itself lazily. It does not know what is due, nor what time it is."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Generic, TypeVar

Key = TypeVar("Key")

_SLACK = 64  # outdated entries that are not worth a rebuild


class Deadlines(Generic[Key]):
    """One deadline a key, to be taken in the order of time.

    Putting a deadline off, which is what every heartbeat does, costs O(1): the heap's entry stays where it is and is
    corrected when it comes up. Bringing one forward costs O(log n). Outdated entries never outnumber the live ones by
    more than a constant.
    """

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._heap: list[tuple[float, int, Key]] = []
        self._due: dict[Key, float] = {}
        self._queued: dict[Key, float] = {}  # the time of the one heap entry that counts for a key
        self._order = itertools.count()  # of two that are due at once, the one that was queued first

    def __len__(self) -> int:
        """Return how many keys have a deadline."""
        return len(self._due)

    @property
    def earliest(self) -> float:
        """A time before which nothing is due; infinity where there is nothing. It may be too early, never too late."""
        return self._heap[0][0] if self._heap else math.inf

    def set(self, key: Key, at: float) -> None:
        """Give a key its deadline, in place of any that it had."""
        self._due[key] = at
        queued = self._queued.get(key)
        if queued is None or at < queued:
            self._push(key, at)
            if queued is not None:  # the entry that it had is outdated
                self._compact()

    def __contains__(self, key: Key) -> bool:
        """Return whether a key has a deadline."""
        return key in self._due

    def cancel(self, key: Key) -> None:
        """Take a key's deadline away, if it has one."""
        if key in self._due:
            del self._due[key]
            del self._queued[key]
            self._compact()

    def pop_due(self, now: float) -> tuple[Key, float] | None:
        """Take the key that has been due longest and return it with its deadline; None where nothing is due."""
        while self._heap and self._heap[0][0] <= now:
            queued, _, key = heapq.heappop(self._heap)
            if self._queued.get(key) != queued:
                continue  # cancelled, or brought forward
            due = self._due[key]
            if due > queued:
                self._push(key, due)
                continue
            del self._due[key]
            del self._queued[key]
            return key, due
        return None

    def _push(self, key: Key, at: float) -> None:
        heapq.heappush(self._heap, (at, next(self._order), key))
        self._queued[key] = at

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            self._heap = [(at, next(self._order), key) for key, at in self._due.items()]
            heapq.heapify(self._heap)
            self._queued = dict(self._due)
