"""What the stories in Python share; it needs the standard library alone, for py-consul's environment has no more."""

from __future__ import annotations

import json
import sys
import time
from traceback import TracebackException
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PATIENCE = 10.0  # seconds; only ever spent by a story that fails


def tell(steps: Iterable[Callable[[], None]]) -> None:
    """Take the steps in their order, and print a line of JSON after each; an assertion that fails ends the process."""
    for step in steps:
        begun = time.monotonic()
        try:
            step()
        except AssertionError as error:
            sys.exit("".join(TracebackException.from_exception(error, capture_locals=True).format()))
        told = {"step": step.__name__, "seconds": round(time.monotonic() - begun, 3)}
        sys.stdout.write(json.dumps(told) + "\n")


def eventually(read: Callable[[], Any], expected: object) -> None:
    """Read again until it is as expected: an agent tells its catalog of a change a little later."""
    deadline = time.monotonic() + PATIENCE
    while (found := read()) != expected:
        assert time.monotonic() < deadline, f"{found!r} is not {expected!r}"
        time.sleep(0.02)
