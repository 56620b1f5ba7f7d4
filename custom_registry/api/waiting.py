"""How a request waits for a topic to change without saying who waits: the thread here, or an event loop in front.

Under a plain WSGI server the request's own thread waits. A front that wants no thread held gives the request a
``Parking``, through WSGI in the environment under ``PARKING``. Then the application does not wait: it writes down in it
what it would have waited for and answers with nothing. The front throws that answer away, waits for the change by
``Registry.subscribe`` on its event loop, sets ``over`` and asks the application again: what is answered then is defined
here, once, for both.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from custom_registry.core.topics import Topic
    from custom_registry.registry import Registry

PARKING = "custom_registry.parking"  # the key in the WSGI environment


class Wait(Struct, frozen=True):
    """What a request waits for: a change of ``topic`` after ``index``, at most ``seconds``."""

    topic: Topic
    index: int
    seconds: float


class Parking(Struct):
    """What a front and the application tell each other about one request.

    Args:
        wait: set by the application: it has not answered, it would have had to wait for this.
        over: set by the front: the waiting is done, answer with what there is.
        woken: set by the front too: it was a change that ended it, and not the time.
    """

    wait: Wait | None = None
    over: bool = False
    woken: bool = False


class Settled(enum.IntEnum):
    """How a wait ended; true where it is time to answer."""

    PARKED = 0  # it has not: any answer will be thrown away
    QUIET = 1  # the time ran out, and nobody was woken
    CHANGED = 2


def settle(registry: Registry, parking: Parking | None, wait: Wait) -> Settled:
    """Wait, unless there is nothing to wait for (any more) or a front does so."""
    if parking is None:
        return Settled.CHANGED if registry.wait(wait.topic, wait.index, wait.seconds) else Settled.QUIET
    if parking.over:
        return Settled.CHANGED if parking.woken else Settled.QUIET
    if registry.changed(wait.topic, wait.index):
        return Settled.CHANGED
    parking.wait = wait
    return Settled.PARKED
