"""Requests that wait on the event loop: a place each, woken by their topic or their time, answered in portions.

It knows neither what they ask nor their connections. A place costs a timer, and no task; who waits for the same shares
a subscription.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, field

from custom_registry.api.waiting import Parking

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from custom_registry.api.waiting import Wait
    from custom_registry.core.topics import Topic
    from custom_registry.registry import Registry
    from custom_registry.subscriptions import Subscription

_PORTION: Final = 64  # answers at a time; whoever made the change waits for no more than these
_TURN: Final = 0.002  # seconds for a portion, since none of it is sent before its end; reads carry out what is due


class Waiter(Protocol):
    """Who waits."""

    def wake(self, over: Parking) -> None:
        """Be answered. It must return at once.

        Args:
            over: how the waiting ended; the very same for all who are woken at once.
        """


class Group(Struct, eq=False):
    """All who wait for the same: that a topic passes an index.

    Whoever joins it until it is let go is woken with it, be it called already: a change has come that all of them wait
    for.
    """

    lot: Lot
    key: tuple[Topic, int]
    places: dict[Place, None] = field(default_factory=dict)  # in the order in which they came
    subscription: Subscription | None = None

    def add(self, place: Place) -> None:
        """Have one more wait."""
        self.places[place] = None
        self._count()

    def drop(self, place: Place) -> None:
        """Have one wait no longer."""
        self.places.pop(place, None)
        self._count()

    def _count(self) -> None:
        if self.subscription is not None:
            self.subscription.waiters = len(self.places)

    def call(self) -> None:
        """Have all of it woken soon, its subscription being over; from any thread."""
        self.lot.call(self)


class Place(Struct, eq=False):
    """Where one waits, until it is woken or leaves."""

    group: Group
    waiter: Waiter
    timer: asyncio.TimerHandle | None = None  # None once nobody waits here any more

    def vacate(self) -> bool:
        """Have nobody wait here any more; return whether anybody did."""
        if self.timer is None:
            return False
        self.timer.cancel()
        self.timer = None
        return True

    def leave(self) -> None:
        """Wait no longer, and be woken no more. Idempotent."""
        if self.vacate():
            self.group.lot.forget(self)


class Lot:
    """All who wait on one event loop. To be used in its thread only, but for ``call``.

    Args:
        registry: what changes.
        loop: the event loop.
        clock: the time in seconds, by which a portion is cut short.
    """

    def __init__(
        self, registry: Registry, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with nobody."""
        self._registry = registry
        self._loop = loop
        self._clock = clock
        self._groups: dict[tuple[Topic, int], Group] = {}
        self._called: deque[Group] = deque()
        self._leaving: deque[Place] = deque()  # of groups that were called
        self._scheduled = False

    def park(self, waiter: Waiter, wait: Wait) -> Place | None:
        """Have one wait; None where there is nothing to wait for any more."""
        key = wait.topic, wait.index
        group = self._groups.get(key)
        if group is None:
            group = Group(self, key)
            group.subscription = self._registry.subscribe(wait.topic, wait.index, group.call)
            if group.subscription is None:
                return None
            self._groups[key] = group
        place = Place(group, waiter)
        place.timer = self._loop.call_later(wait.seconds, self._time_up, place)
        group.add(place)
        return place

    def forget(self, place: Place) -> None:
        """Let a place go that has been vacated."""
        group = place.group
        group.drop(place)
        if not group.places and self._groups.get(group.key) is group:
            self._let_go(group)

    def call(self, group: Group) -> None:
        """Have a group woken soon; from any thread."""
        self._called.append(group)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._wake_some)

    def wake_all(self) -> None:
        """Wake all, at once."""
        for group in tuple(self._groups.values()):
            self._let_go(group)
        self._wake(len(self._leaving), math.inf)

    def _wake_some(self) -> None:
        """Wake a portion of those who were called, and leave the rest to the loop's next turn."""
        for _ in range(len(self._called)):
            self._let_go(self._called.popleft())
        self._wake(_PORTION, _TURN)
        self._scheduled = False  # first: who is called from now on sees to it again
        if self._called or self._leaving:
            self._scheduled = True
            self._loop.call_soon(self._wake_some)

    def _let_go(self, group: Group) -> None:
        """Have nobody join a group any more, and all of it leave. Idempotent."""
        if self._groups.get(group.key) is group:
            del self._groups[group.key]
        if group.subscription is not None:
            group.subscription.cancel()
            group.subscription = None
        self._leaving.extend(group.places)
        group.places.clear()

    def _wake(self, most: int, seconds: float) -> None:
        """Wake some of those who leave, so many at most, and none after so many seconds."""
        over = Parking(over=True, woken=True)
        end = self._clock() + seconds
        for _ in range(min(most, len(self._leaving))):
            place = self._leaving.popleft()
            if place.vacate():
                place.waiter.wake(over)
            if self._clock() > end:
                break

    def _time_up(self, place: Place) -> None:
        place.leave()
        place.waiter.wake(Parking(over=True))
