"""Which connections are closed for having been idle, and when."""

from __future__ import annotations

from custom_registry.serving.idle import Idle
from tests.support.manual_loop import ManualLoop


class Connection:
    closed = False
    active_at: float | None = None

    def close_if_idle(self) -> None:
        self.closed = True


def test_each_is_closed_so_long_after_its_last_answer_and_one_that_is_forgotten_never() -> None:
    loop = ManualLoop()
    idle = Idle(loop.as_event_loop, 75)
    busy, still, gone = Connection(), Connection(), Connection()
    for connection in (busy, still, gone):
        idle.active(connection)
    assert loop.pending == 1
    loop.pass_until(20)
    idle.active(busy)
    idle.forget(gone)
    idle.forget(gone)
    loop.pass_until(74.9)
    assert (busy.closed, still.closed) == (False, False)
    loop.pass_until(75)
    assert (busy.closed, still.closed) == (False, True)
    assert (busy.active_at, still.active_at) == (20, None)
    loop.pass_until(95)
    assert (busy.closed, gone.closed) == (True, False)
    assert loop.pending == 0
    loop.pass_until(100)
    idle.active(gone)
    loop.pass_until(175)
    assert gone.closed
