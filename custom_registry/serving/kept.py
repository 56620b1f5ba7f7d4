"""Keeps answers for those who ask the same: which ones, under what, and for how long is decided here and nowhere else.

An answer is kept where its view has said how long it lasts, under what was asked and the headers that can change it. It
is used until the version of what it shows is another. Who asks to wait is given one only after waiting.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from custom_registry.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from custom_registry.api.waiting import Parking
    from custom_registry.registry import Registry
    from custom_registry.serving.wire import Sendable

VARYING: Final = frozenset(
    {b"accept", b"accept-encoding", b"cache-control", b"x-consul-namespace", b"x-consul-partition"}
)
"""The headers that a view may read: to the others on the event loop there are none."""

_MAY_WAIT: Final = (b"index", b"hash", b"%")  # with an escape an argument can have any name
_MOST_BYTES: Final = 16 * 1024 * 1024
_LARGEST: Final = _MOST_BYTES // 4
_OVERHEAD: Final = 512  # bytes of an entry beside its body, about


class Keys(Struct, frozen=True):
    """Under what the answers to a request are kept.

    Args:
        asked: what is asked, with all that can change the answer.
        may_wait: whether it may have to wait: then it is not given at once what another was given after waiting.
    """

    asked: Hashable
    may_wait: bool

    def of(self, parking: Parking) -> Hashable | None:
        """Return the key for one who has waited as told, or has not; None where the answer is not kept."""
        if parking.over:
            return parking.woken, self.asked
        return None if self.may_wait else self.asked


class Kept:
    """The answers that are kept, bounded by their bytes; those made longest ago make room. All costs are O(1).

    Args:
        registry: whose versions count.
        clock: seconds, for what lasts a time.
    """

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep none yet."""
        self._registry = registry
        self._clock = clock
        self._answers: Bounded[tuple[Sendable, float]] = Bounded()

    @staticmethod
    def keys(method: str, target: bytes, varying: tuple[tuple[bytes, bytes], ...]) -> Keys | None:
        """Return under what the answers to a request are kept; None of one that is no read."""
        if method != "GET":
            return None
        return Keys((target, varying), may_wait=any(name in target for name in _MAY_WAIT))

    def find(self, key: Hashable) -> Sendable | None:
        """Return an answer that is still the one that would be given."""
        found = self._answers.get(key)
        if found is None:
            return None
        answer, until = found
        lasting = answer.lasting
        if lasting and lasting.version == self._registry.version(lasting.topic) and self._clock() < until:
            return answer
        self._answers.drop(key)
        return None

    def keep(self, key: Hashable, answer: Sendable) -> None:
        """Keep an answer, if it may be kept."""
        if answer.lasting is None or len(answer.body) > _LARGEST:
            return
        until = self._clock() + answer.lasting.seconds
        self._answers.put(key, (answer, until), len(answer.body) + _OVERHEAD, _MOST_BYTES)
