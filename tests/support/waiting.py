"""Waits for what a real component does in its own time, at most as long as it could ever need."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 10.0  # seconds; only ever spent by a test that fails


def eventually(condition: Callable[[], bool], within: float = LONGEST) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: it does not within the time, in seconds.
    """
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)
