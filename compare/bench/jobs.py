"""What is said between the bench and its generators: jobs and their results, as JSON; it carries out nothing.

Requests travel as the text that goes over the wire, so that ``wrk``, our generator and the checks send the same bytes.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Those of a distribution that are kept."""

Curve: TypeAlias = tuple[tuple[float, float], ...]
"""Points of a distribution: a quantile, and the seconds within which that part was done."""


class Stream(msgspec.Struct, frozen=True):
    """A running number: where it begins, and after how many it begins again (0: never)."""

    first: int
    span: int = 0


class Slot(msgspec.Struct, frozen=True):
    """A request of a cycle: the pieces of its text, between which a stream's number goes, in seven digits."""

    pieces: tuple[str, ...]
    stream: int = 0


class Load(msgspec.Struct, frozen=True, tag=True):
    """Requests in a closed loop: each connection sends the next as soon as it has its answer.

    Args:
        host: where to.
        port: where to.
        slots: a cycle of requests, sent again and again.
        streams: the numbers that they use.
        connections: how many at the same time.
        seconds: after which none is begun any more.
        most: requests after which none is begun any more; 0 for no such limit.
    """

    host: str
    port: int
    slots: tuple[Slot, ...]
    streams: tuple[Stream, ...] = ()
    connections: int = 16
    seconds: float = 1.0
    most: int = 0


class LoadResult(msgspec.Struct, frozen=True):
    """What came of a load.

    Args:
        answered: how many were answered with a status below 300 (from wrk: below 400).
        seconds: from the first request to the last answer.
        bytes: received in all, as the wire has them.
        curve: the latency's distribution.
        errors: how many of which kind: ``connect``, ``closed``, ``status``, ``timeout``; none is an answer.
        cpu: seconds of processor time that the generator took.
        example: the first answer that was an error, where it was kept.
    """

    answered: int
    seconds: float
    bytes: int
    curve: Curve
    errors: dict[str, int]
    cpu: float = 0.0
    example: str = ""


class Waiting(msgspec.Struct, frozen=True, tag=True):
    """Requests that wait, all for the same service, and the change that wakes them.

    Args:
        host: where to.
        port: where to.
        watch: the request that waits.
        change: the request that changes what is waited for.
        sign: what every answer must contain.
        count: how many wait.
        within: seconds after the change within which all must be awake.
    """

    host: str
    port: int
    watch: str
    change: str
    sign: str
    count: int
    within: float = 30.0


class Parked(msgspec.Struct, frozen=True):
    """How many wait, how many connections were closed, and how many were answered though nothing had changed."""

    waiting: int
    closed: int
    early: int


class WaitingResult(msgspec.Struct, frozen=True):
    """When who waited was awake.

    Args:
        awake: seconds from the sending of the change to the end of each answer, in order.
        acknowledged: seconds until the change was acknowledged.
        wrong: answers without the change in them, and changes not acknowledged.
        closed: connections that were closed instead.
    """

    awake: tuple[float, ...]
    acknowledged: float
    wrong: int
    closed: int


class Lapsing(msgspec.Struct, frozen=True, tag=True):
    """Instances that lapse all at once, and watchers that see it.

    Args:
        host: where to.
        port: where to.
        api: whose answers these are.
        services: for each service the ids of its instances, and the requests that concern it.
        ttl: seconds after which an instance lapses.
        connections: for registrations and heartbeats.
        ready_within: seconds within which all must be seen as passing.
        lapsed_within: seconds after the ttl within which all must be seen as lapsed.
    """

    host: str
    port: int
    api: str
    services: tuple[LapsingService, ...]
    ttl: float
    connections: int = 16
    ready_within: float = 20.0
    lapsed_within: float = 10.0


class LapsingService(msgspec.Struct, frozen=True):
    """One service of those that lapse; ``watch`` has an index to be put between its two pieces."""

    ids: tuple[str, ...]
    register: tuple[str, ...]
    heartbeat: tuple[str, ...]
    watch: tuple[str, ...]


class LapsingResult(msgspec.Struct, frozen=True):
    """How late lapses were seen.

    Args:
        passing: how many instances were seen as passing before any lapsed; nothing follows unless it was all.
        late: seconds from the end of each ttl, counted from the sending of the last heartbeat, until a watcher had an
            answer without the instance; in order.
        unseen: how many were not seen to lapse in time.
        problem: what went wrong; empty where nothing did.
    """

    passing: int
    late: tuple[float, ...] = ()
    unseen: int = 0
    problem: str = ""


class Calls(msgspec.Struct, frozen=True, tag=True):
    """Calls of a client library, one after the other.

    Args:
        url: for ``discovery.open_discovery``.
        do: ``discover`` or ``heartbeat``.
        service: for ``discover``.
        ids: for ``discover`` what each answer must have, for ``heartbeat`` the one to renew.
        seconds: for how long.
    """

    url: str
    do: str
    service: str
    ids: tuple[str, ...]
    seconds: float


class FixedAnswers(msgspec.Struct, frozen=True, tag=True):
    """A server that gives every request the same answer; ``/<n>/...`` asks for n bytes of it."""

    port: int


class Listening(msgspec.Struct, frozen=True):
    """A server of fixed answers listens."""

    port: int


Job: TypeAlias = Load | Waiting | Lapsing | Calls | FixedAnswers


def texts(load: Load) -> Iterator[bytes]:
    """Yield the requests of a load, without end; ``load.lua`` does the same."""
    counts = [0] * len(load.streams)
    fixed = {slot: slot.pieces[0].encode() for slot in load.slots if len(slot.pieces) == 1}
    for slot in cycle(load.slots):
        if slot in fixed:
            yield fixed[slot]
            continue
        stream, count = load.streams[slot.stream], counts[slot.stream]
        counts[slot.stream] = count + 1
        number = stream.first + (count % stream.span if stream.span else count)
        yield f"{number:07d}".join(slot.pieces).encode()


def curve(seconds: Sequence[float]) -> Curve:
    """Return the distribution of some times; none of none."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return tuple((quantile, ordered[min(last, int(quantile * len(ordered)))]) for quantile in QUANTILES if ordered)
