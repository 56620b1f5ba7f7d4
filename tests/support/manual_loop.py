"""As much of an event loop as timers need, with a clock that is moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class ManualLoop:
    """Calls what is due while its clock is moved, in the order of time."""

    def __init__(self) -> None:
        """Begin at 0 with nothing due."""
        self._timers: list[_Timer] = []
        self._now = 0.0

    @property
    def as_event_loop(self) -> asyncio.AbstractEventLoop:
        """Itself, to those who want a whole one."""
        return cast("asyncio.AbstractEventLoop", self)

    @property
    def pending(self) -> int:
        """How many timers there are."""
        return len(self._timers)

    def time(self) -> float:
        """Return the time in seconds."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], object]) -> _Timer:
        """Call somebody at a time."""
        timer = _Timer(self._timers, when, callback)
        self._timers.append(timer)
        return timer

    def pass_until(self, end: float) -> None:
        """Move the clock, and call who is due by then."""
        while self._timers and (due := min(self._timers, key=lambda timer: timer.when)).when <= end:
            due.cancel()
            self._now = max(self._now, due.when)
            due.callback()
        self._now = end


class _Timer:
    def __init__(self, among: list[_Timer], when: float, callback: Callable[[], object]) -> None:
        self._among = among
        self.when = when
        self.callback = callback

    def cancel(self) -> None:
        if self in self._among:
            self._among.remove(self)
