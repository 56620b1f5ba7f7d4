"""What is due when: a heap that corrects itself lazily. It does not know what is due, nor what time it is."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Generic, TypeVar

from msgspec import Struct

Key = TypeVar("Key")

_SLACK = 64  # outdated entries that are not worth a rebuild


class _Deadline(Struct, gc=False):
    """When a key is due, and the time of the one heap entry that counts for it."""

    due: float
    queued: float


class Deadlines(Generic[Key]):
    """One deadline a key, to be taken in the order of time.

    Putting a deadline off, which is what every heartbeat does, costs O(1): the heap's entry stays where it is and is
    corrected when it comes up. Bringing one forward costs O(log n). Outdated entries never outnumber the live ones by
    more than a constant.
    """

    def __init__(self) -> None:
        """Begin with nothing due."""
        self._heap: list[tuple[float, int, Key]] = []
        self._by_key: dict[Key, _Deadline] = {}
        self._order = itertools.count()  # of two that are due at once, the one that was queued first

    def __len__(self) -> int:
        """Return how many keys have a deadline."""
        return len(self._by_key)

    @property
    def earliest(self) -> float:
        """A time before which nothing is due; infinity where there is nothing. It may be too early, never too late."""
        return self._heap[0][0] if self._heap else math.inf

    def set(self, key: Key, at: float) -> None:
        """Give a key its deadline, in place of any that it had."""
        deadline = self._by_key.get(key)
        if deadline is None:
            self._by_key[key] = _Deadline(at, at)
            self._push(key, at)
            return
        deadline.due = at
        if at < deadline.queued:
            deadline.queued = at
            self._push(key, at)
            self._compact()  # the entry that it had is outdated

    def __contains__(self, key: Key) -> bool:
        """Return whether a key has a deadline."""
        return key in self._by_key

    def cancel(self, key: Key) -> None:
        """Take a key's deadline away, if it has one."""
        if self._by_key.pop(key, None) is not None:
            self._compact()

    def pop_due(self, now: float) -> tuple[Key, float] | None:
        """Take the key that has been due longest and return it with its deadline; None where nothing is due."""
        while self._heap and self._heap[0][0] <= now:
            queued, _, key = heapq.heappop(self._heap)
            deadline = self._by_key.get(key)
            if deadline is None or deadline.queued != queued:
                continue  # cancelled, or brought forward
            if deadline.due > queued:
                deadline.queued = deadline.due
                self._push(key, deadline.due)
                continue
            del self._by_key[key]
            return key, deadline.due
        return None

    def _push(self, key: Key, at: float) -> None:
        heapq.heappush(self._heap, (at, next(self._order), key))

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._by_key) + _SLACK:
            self._heap = [(one.due, next(self._order), key) for key, one in self._by_key.items()]
            heapq.heapify(self._heap)
            for one in self._by_key.values():
                one.queued = one.due
