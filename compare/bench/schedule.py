"""What is measured in which order, as a list of steps; it measures nothing.

The targets take turns, and each round begins with another, so that what slows the machine for a while meets them all.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.run import CEILING, WorkInfo
from compare.bench.workload import workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.bench.run import Form

LIBRARY = {"library-discover": "discover", "library-heartbeat": "heartbeat"}


class Kind(enum.StrEnum):
    """How a step is measured."""

    RENEW = "renew"
    FILL = "fill"
    LOAD = "load"
    CEILING = CEILING
    CALL = "call"
    WAIT = "wait"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to measure on one target; ``count`` is that of who waits."""

    kind: Kind
    work: str
    size: int
    target: str
    count: int = 0

    @property
    def words(self) -> str:
        """Return what is measured, for people."""
        return f"{self.work} at {self.size:,} on {self.target}"


def works(form: Form) -> tuple[WorkInfo, ...]:
    """Return all that a form measures, in the order in which to show it."""
    rates = ("per_second", "p99")
    awake = ("last", "median", "first", "memory_each", "acknowledged")
    return (
        *(WorkInfo(workload.name, workload.title, rates) for workload in workloads().values()),
        WorkInfo("library-discover", "discover, 10 instances, by the client library", rates),
        WorkInfo("library-heartbeat", "heartbeat, by the client library", rates),
        *(WorkInfo(f"waiting-{count}", f"{count:,} waiting requests", awake) for count in form.waiting),
        WorkInfo(f"lapses-{form.lapses}", f"lateness of {form.lapses:,} lapses at once", ("p99", "last")),
        WorkInfo("fill", "filling", ("memory", "seconds", "per_second")),
        WorkInfo("start", "start to first answer", ("seconds",)),
    )


def schedule(form: Form, targets: Sequence[str], wants: Callable[[str], bool]) -> Iterator[Step]:
    """Yield all steps of a form, but for the works that are not wanted; what is to be filled always is."""
    if not targets:
        return
    first, *larger = form.sizes
    yield from _fills(targets, first)
    yield from _loads(form, targets, wants, first, first=True)
    once = [step for step in _once(form, targets, first) if wants(step.work)]
    yield from once
    if once and larger and form.renews:
        yield from (Step(Kind.RENEW, "start", 0, target) for target in targets)
    for size in larger:
        yield from _fills(targets, size)
        yield from _loads(form, targets, wants, size, first=False)


def _fills(targets: Sequence[str], size: int) -> Iterator[Step]:
    return (Step(Kind.FILL, "fill", size, target) for target in targets)


def _loads(
    form: Form, targets: Sequence[str], wants: Callable[[str], bool], size: int, *, first: bool
) -> Iterator[Step]:
    undoing = {workload.undone_by for workload in workloads().values()}
    for workload in workloads().values():
        if workload.name in undoing or not (wants(workload.name) or wants(workload.undone_by or workload.name)):
            continue
        if not first and form.at_larger and workload.name not in form.at_larger:
            continue
        for turn in range(form.rounds):
            yield from (Step(Kind.LOAD, workload.name, size, target) for target in _turned(targets, turn))
        yield Step(Kind.CEILING, workload.name, size, CEILING)


def _once(form: Form, targets: Sequence[str], size: int) -> Iterator[Step]:
    for turn in range(form.repeats):
        turned = _turned(targets, turn)
        for name in LIBRARY:
            yield from (Step(Kind.CALL, name, size, target) for target in turned)
        for count in form.waiting:
            yield from (Step(Kind.WAIT, f"waiting-{count}", size, target, count) for target in turned)
        yield from (Step(Kind.LAPSE, f"lapses-{form.lapses}", size, target) for target in turned)


def _turned(targets: Sequence[str], turn: int) -> list[str]:
    place = turn % len(targets)
    return [*targets[place:], *targets[:place]]
