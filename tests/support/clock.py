"""A clock that stands still until a test moves it."""

from __future__ import annotations


class ManualClock:
    """Seconds, as ``time.monotonic`` gives them; begins where it is told to, so that no test leans on zero."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move forward."""
        assert seconds >= 0, "a monotonic clock does not go back"
        self.now += seconds
