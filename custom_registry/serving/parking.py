"""Requests that wait on the event loop, are woken by their topic or their time, and are answered in portions.

It knows neither what they ask nor their connections. To wait costs no task and no timer of one's own; who waits for the
same shares a subscription.
"""

from __future__ import annotations

import math
import time
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, field

from custom_registry.api.waiting import Parking
from custom_registry.serving.timers import Timers

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
    """Who waits, for one thing at a time."""

    group: Group | None
    """With whom it waits; None while it does not. Kept here."""

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
    waiters: dict[Waiter, None] = field(default_factory=dict)  # in the order in which they came
    subscription: Subscription | None = None

    def add(self, waiter: Waiter) -> None:
        """Have one more wait."""
        self.waiters[waiter] = None
        self._count()

    def drop(self, waiter: Waiter) -> None:
        """Have one wait no longer."""
        self.waiters.pop(waiter, None)
        self._count()

    def _count(self) -> None:
        if self.subscription is not None:
            self.subscription.waiters = len(self.waiters)

    def call(self) -> None:
        """Have all of it woken soon, its subscription being over; from any thread."""
        self.lot.call(self)


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
        self._leaving: deque[tuple[Group, Waiter]] = deque()  # of groups that were called
        # Nobody's time is taken away when he is woken: mostly he comes again, and it is put off.
        self._timers: Timers[Waiter] = Timers(loop, self._time_up)
        self._scheduled = False

    def park(self, waiter: Waiter, wait: Wait) -> bool:
        """Have one wait; return False where there is nothing to wait for any more."""
        key = wait.topic, wait.index
        group = self._groups.get(key)
        if group is None:
            group = Group(self, key)
            group.subscription = self._registry.subscribe(wait.topic, wait.index, group.call)
            if group.subscription is None:
                return False
            self._groups[key] = group
        self._timers.set(waiter, self._loop.time() + wait.seconds)
        waiter.group = group
        group.add(waiter)
        return True

    def leave(self, waiter: Waiter) -> None:
        """Have one wait no longer, and be woken no more. Idempotent."""
        self._timers.cancel(waiter)
        group, waiter.group = waiter.group, None
        if group is None:
            return
        group.drop(waiter)
        if not group.waiters and self._groups.get(group.key) is group:
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
        self._leaving.extend(zip(repeat(group), group.waiters))
        group.waiters.clear()

    def _wake(self, most: int, seconds: float) -> None:
        """Wake some of those who leave, so many at most, and none after so many seconds."""
        over = Parking(over=True, woken=True)
        end = self._clock() + seconds
        for _ in range(min(most, len(self._leaving))):
            group, waiter = self._leaving.popleft()
            if waiter.group is group:
                waiter.group = None
                waiter.wake(over)
            if self._clock() > end:
                break

    def _time_up(self, waiter: Waiter) -> None:
        if waiter.group is not None:
            self.leave(waiter)
            waiter.wake(Parking(over=True))
