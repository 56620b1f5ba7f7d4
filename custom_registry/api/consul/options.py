"""The arguments that Consul's reads share: consistency, waiting, filters and so on, with Consul's errors.

They are read in Consul's order, since of several faults the first is told (``agent/http.go``; transcripts ``blocking``
and ``health_reads``, 1.8.7 and 1.21.4). It reads nothing from the registry.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from msgspec import Struct

from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.durations import SECOND, InvalidDuration, parse_duration
from custom_registry.api.consul.gotext import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.api.consul.call import Call

DEFAULT_WAIT = 300.0  # seconds
LONGEST_WAIT = 600.0  # seconds
_STAGGER = 16  # a wait is longer by up to this part of it
_HIGHEST_INDEX = 2**64
_INDEX = re.compile(r"[0-9]{1,20}")
_AGE = re.compile(r"[+-]?[0-9]{1,18}")
_NOT_OF_WHAT = frozenset({"cached", "consistent", "hash", "index", "leader", "max_stale", "pretty", "stale", "wait"})
_MOST_CACHED = 1024


class Options(Struct, frozen=True):
    """How a read is to be done.

    Args:
        datacenter: of which one; the agent's own unless another is named.
        consistency: as ``X-Consul-Effective-Consistency`` tells it.
        cached: whether the agent's cache may answer.
        index: wait for a higher one; 0 answers at once.
        wait: how long at most, in seconds, as it was asked for; 0 where it was not.
        filter: an expression; empty for none.
    """

    datacenter: str
    consistency: str
    cached: bool
    index: int
    wait: float
    filter: str


def read_options(call: Call) -> Options:
    """Read the arguments that all reads of the catalog and of health take.

    Raises:
        Refused: one is wrong.
    """
    consistency, cached = _consistency(call)
    _check_cache_control(call)
    wait, index = read_wait(call)
    return Options(
        datacenter=call.arguments.first("dc") or call.identity.datacenter,
        consistency=consistency,
        cached=cached,
        index=index,
        wait=wait,
        filter=call.arguments.first("filter"),
    )


def read_wait(call: Call) -> tuple[float, int]:
    """Read how long to wait, in seconds, and for an index above which.

    Raises:
        Refused: one of them is wrong.
    """
    wait, index = 0.0, 0
    if text := call.arguments.first("wait"):
        try:
            wait = parse_duration(text) / SECOND
        except InvalidDuration:
            raise Refused(400, "Invalid wait time") from None
    if text := call.arguments.first("index"):
        index = int(text) if _INDEX.fullmatch(text) else _HIGHEST_INDEX
        if index >= _HIGHEST_INDEX:
            raise Refused(400, "Invalid index")
    return wait, index


def bounded_wait(call: Call, wait: float) -> float:
    """Return how many seconds a wait takes in the end: within bounds, and staggered so that not all end at once."""
    seconds = min(wait, LONGEST_WAIT) if wait > 0 else DEFAULT_WAIT
    return seconds + call.facade.stagger(seconds / _STAGGER)


def node_meta(call: Call) -> Mapping[str, str]:
    """Return what ``node-meta`` demands of a node's metadata."""
    demanded = {}
    for pair in call.arguments.all("node-meta"):
        key, _, value = pair.partition(":")
        demanded[key] = value
    return demanded


class CachedReads:
    """Which reads have been asked for with ``cached``: the first time a miss, afterwards a hit.

    What is answered is always new, so that the header is all there is of a cache. The reads longest unasked are
    forgotten beyond a thousand.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: OrderedDict[object, None] = OrderedDict()

    def look_up(self, call: Call) -> dict[str, str]:
        """Return the headers that tell whether a read has been asked for before, and remember that it has."""
        key = (call.path, call.rest, call.arguments.without(_NOT_OF_WHAT))
        hit = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        while len(self._seen) > _MOST_CACHED:
            self._seen.popitem(last=False)
        return {"X-Cache": "HIT", "Age": "0"} if hit else {"X-Cache": "MISS"}


def _consistency(call: Call) -> tuple[str, bool]:
    arguments = call.arguments
    stale, consistent, cached = "stale" in arguments, "consistent" in arguments, "cached" in arguments
    if text := arguments.first("max_stale"):
        try:
            stale = parse_duration(text) > 0 or stale
        except InvalidDuration:
            raise Refused(400, f"Invalid max_stale value {quote(text)}") from None
    if stale and consistent:
        raise Refused(400, "Cannot specify ?stale with ?consistent, conflicting semantics.")
    if cached and consistent:
        raise Refused(400, "Cannot specify ?cached with ?consistent, conflicting semantics.")
    return "consistent" if consistent else "stale" if stale else "leader", cached


def _check_cache_control(call: Call) -> None:
    for directive in call.headers.get("Cache-Control", "").lower().split(","):
        name, given, age = directive.strip().partition("=")
        if given and name in {"max-age", "stale-if-error"} and not _AGE.fullmatch(age):
            raise Refused(400, "Invalid Cache-Control header.")
