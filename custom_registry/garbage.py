"""When the garbage collector looks: not while the program starts, seldom afterwards; it knows not what is served."""

from __future__ import annotations

import gc

_COLLECTIONS = (10_000, 10, 1_000)  # the young ones take 2 ms, the next 15, and the oldest hardly ever come


def put_off() -> None:
    """Have it not look until ``spare``: next to nothing of what is imported goes.

    Where no byte code is kept, and all modules are compiled at each start, its looking took a quarter of that.
    """
    gc.disable()


def spare() -> None:
    """Have it never look at what is there, and seldom at what comes: what is registered is in no cycle, and much."""
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)
    gc.enable()
