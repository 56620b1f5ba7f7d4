"""Watches a service while something happens, and tells whether and how soon the watch woke; it must not judge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from discovery import NotOffered, Watchable

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare import steps
    from compare.history import Json
    from compare.stage import Stage

_SETTLE = 0.3
"""Seconds for earlier changes to have arrived, and for the watch to have begun, before something happens."""


def watch(stage: Stage, args: steps.Watch, act: Callable[[], None]) -> Json:
    """Begin a watch, do something, and see.

    Returns:
        ``{"woke": whether it returned before its timeout, "after": seconds from the act's beginning to that,
        "after_within": how long the act was under way}``; without an act ``after`` is None.

    Raises:
        NotOffered: the backend cannot watch.
    """
    backend = stage.backend
    if not isinstance(backend, Watchable):
        raise NotOffered("this backend cannot watch a service")
    service = stage.service(args.service)
    stage.clock.wait(_SETTLE)
    index = backend.watch(service).index
    with ThreadPoolExecutor(1) as pool:
        began = stage.clock.now()

        def waiting() -> float:
            backend.watch(service, index=index, timeout=args.timeout)
            return stage.clock.now()

        returned = pool.submit(waiting)
        stage.clock.wait(_SETTLE)
        acted = stage.clock.now()
        act()
        done = stage.clock.now()
        woke_at = returned.result()
    woke = woke_at - began < args.timeout
    return {
        "woke": woke,
        "after": round(woke_at - acted, 3) if woke and args.act.do != "nothing" else None,
        "after_within": round(done - acted, 3),
    }
