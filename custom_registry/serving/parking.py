"""Requests that wait on the event loop: a place each, woken by their topic or their time, answered in portions.

It knows neither what they ask nor their connections. A place costs a subscription and a timer, and no task.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    import asyncio

    from custom_registry.api.waiting import Wait
    from custom_registry.registry import Registry
    from custom_registry.subscriptions import Subscription

_PORTION: Final = 64  # answers at a time; whoever made the change waits for no more than these


class Waiter(Protocol):
    """Who waits."""

    def wake(self, *, called: bool) -> None:
        """Be answered. It must return at once.

        Args:
            called: what was waited for has changed, or nobody may wait any more; otherwise the time is up.
        """


class Place(Struct, eq=False):
    """Where one waits, until it is woken or leaves."""

    lot: Lot
    waiter: Waiter
    subscription: Subscription | None = None
    timer: asyncio.TimerHandle | None = None

    def call(self) -> None:
        """Have the waiter woken soon, whose subscription is over; from any thread."""
        self.subscription = None
        self.lot.call(self)

    def leave(self) -> None:
        """Wait no longer, and be woken no more."""
        self.lot.forget(self)


class Lot:
    """All who wait on one event loop. To be used in its thread only, but for ``call``.

    Args:
        registry: what changes.
        loop: the event loop.
    """

    def __init__(self, registry: Registry, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nobody."""
        self._registry = registry
        self._loop = loop
        self._places: set[Place] = set()
        self._called: deque[Place] = deque()
        self._scheduled = False

    def park(self, waiter: Waiter, wait: Wait) -> Place | None:
        """Have one wait; None where there is nothing to wait for any more."""
        place = Place(self, waiter)
        place.subscription = self._registry.subscribe(wait.topic, wait.index, place.call)
        if place.subscription is None:
            return None
        place.timer = self._loop.call_later(wait.seconds, self._time_up, place)
        self._places.add(place)
        return place

    def forget(self, place: Place) -> None:
        """Let a place go: nobody waits there any more. Idempotent."""
        self._places.discard(place)
        if place.timer is not None:
            place.timer.cancel()
            place.timer = None
        if place.subscription is not None:
            place.subscription.cancel()
            place.subscription = None

    def call(self, place: Place) -> None:
        """Have who waits at a place woken soon; from any thread."""
        self._called.append(place)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._wake_some)

    def wake_all(self) -> None:
        """Wake all, at once."""
        for place in tuple(self._places):
            self._wake(place, called=True)

    def _wake_some(self) -> None:
        """Wake a portion of those who were called, and leave the rest to the loop's next turn."""
        for _ in range(min(_PORTION, len(self._called))):
            self._wake(self._called.popleft(), called=True)
        self._scheduled = False  # first: who is called from now on sees to it again
        if self._called:
            self._scheduled = True
            self._loop.call_soon(self._wake_some)

    def _time_up(self, place: Place) -> None:
        self._wake(place, called=False)

    def _wake(self, place: Place, *, called: bool) -> None:
        if place in self._places:
            self.forget(place)
            place.waiter.wake(called=called)
