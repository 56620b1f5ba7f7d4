"""Deadlines on an event loop: one timer does for all of them. It does not know what is due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic

from custom_registry.core.deadlines import Deadlines, Key

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Timers(Generic[Key]):
    """One deadline a key, which costs the loop nothing until it is there. In the loop's thread only.

    Args:
        loop: the event loop.
        fall_due: called with each key whose time has come, and which has none from then on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, fall_due: Callable[[Key], None]) -> None:
        """Begin with nothing due."""
        self._loop = loop
        self._fall_due = fall_due
        self._deadlines: Deadlines[Key] = Deadlines()
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = math.inf

    def set(self, key: Key, at: float) -> None:
        """Have a key be due at a time of the loop's, in place of any that it had."""
        self._deadlines.set(key, at)
        if at < self._looks_at:
            self._look_at(at)

    def cancel(self, key: Key) -> None:
        """Have a key never be due, if it was to be."""
        self._deadlines.cancel(key)

    def _look_at(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._looks_at = self._loop.call_at(at, self._look), at

    def _look(self) -> None:
        self._timer, self._looks_at = None, math.inf
        try:
            while (due := self._deadlines.pop_due(self._loop.time())) is not None:
                self._fall_due(due[0])
        finally:  # whoever fails when he is told does not keep the others from being told
            if self._deadlines.earliest < self._looks_at:
                self._look_at(self._deadlines.earliest)
