"""Which connections are closed for having been idle, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from custom_registry.serving.idle import Idle

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Loop:
    """As much of an event loop as is needed, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], object]]] = []
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        self.timers.append((self._now + delay, callback))

    def pass_until(self, end: float) -> None:
        while self.timers and min(self.timers)[0] <= end:
            due = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(due)
            self._now = due[0]
            due[1]()
        self._now = end


class Connection:
    closed = False

    def close_if_idle(self) -> None:
        self.closed = True


def test_each_is_closed_so_long_after_its_last_answer_and_one_that_is_forgotten_never() -> None:
    loop = Loop()
    idle = Idle(cast("asyncio.AbstractEventLoop", loop), 75)
    busy, still, gone = Connection(), Connection(), Connection()
    for connection in (busy, still, gone):
        idle.answered(connection)
    assert len(loop.timers) == 1
    loop.pass_until(20)
    idle.answered(busy)
    idle.forget(gone)
    idle.forget(gone)
    loop.pass_until(74.9)
    assert (busy.closed, still.closed) == (False, False)
    loop.pass_until(75)
    assert (busy.closed, still.closed) == (False, True)
    assert busy in idle
    assert still not in idle
    loop.pass_until(95)
    assert (busy.closed, gone.closed) == (True, False)
    assert loop.timers == []
    loop.pass_until(100)
    idle.answered(gone)
    loop.pass_until(175)
    assert gone.closed
