"""A whole bench as one value: what was measured on what, and the same as JSON; it measures and shows nothing."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from compare.bench.jobs import Curve  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.run import INTERRUPTED, TARGET_MISSING, UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA = 1
"""The version of a run's JSON form; it grows by one when an older reader would misread it."""

CEILING = "ceiling"
"""The name under which the server of fixed answers stands among the targets."""

WRONG = "wrong answers"
"""How a problem begins that makes the run a failure: the target answered, but not with what it should."""

METRICS: Mapping[str, bool] = MappingProxyType(
    {
        "per_second": True,
        "p50": False,
        "p99": False,
        "seconds": False,
        "memory": False,
        "memory_each": False,
        "first": False,
        "median": False,
        "last": False,
        "acknowledged": False,
    }
)
"""All that is measured, and whether more of it is better. Times are in seconds, memory in bytes."""


class UnreadableRun(Exception):
    """This is no run of a bench, or one of another schema."""


class Observation(msgspec.Struct, frozen=True):
    """What one round of one work gave on one target.

    Args:
        work: its name.
        size: how many instances were there, as the form calls it; 0 before any.
        target: its name.
        values: by metric.
        curve: a distribution of times, where there is one.
        problem: why there are no values; empty where there are.
        generator: what made the load; empty where none was made.
        limited: whether the generator had no time left, so that the target may be faster.
        answered: how many requests were answered, where they were counted.
    """

    work: str
    size: int
    target: str
    values: dict[str, float] = {}
    curve: Curve = ()
    problem: str = ""
    generator: str = ""
    limited: bool = False
    answered: int = 0


class Sample(msgspec.Struct, frozen=True):
    """A metric over some rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def spread(self) -> float:
        """Return the half of the distance between the highest and the lowest, as a part of the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0.0


class Measurement(msgspec.Struct, frozen=True):
    """All rounds of one work on one target at one size; the fields are those of ``Observation``, the answers of all."""

    work: str
    size: int
    target: str
    values: dict[str, Sample] = {}
    curve: Curve = ()
    problem: str = ""
    generator: str = ""
    limited: bool = False
    answered: int = 0


class TargetInfo(msgspec.Struct, frozen=True):
    """What was measured.

    Args:
        name: as it was asked for; a Consul's has its mode.
        version: what it says of itself.
        how: how it was come by, in words.
        api: ``consul`` or ``native``.
        reference: whether it is a real Consul, by which others are measured.
        failure: why it could not be had; empty where it could.
    """

    name: str
    version: str = ""
    how: str = ""
    api: str = ""
    reference: bool = False
    failure: str = ""


class WorkInfo(msgspec.Struct, frozen=True):
    """One work: its name, what it is in words, and the metrics by which it is shown, the first being the foremost."""

    name: str
    title: str
    metrics: tuple[str, ...]


class Machine(msgspec.Struct, frozen=True):
    """Where it ran; memory in bytes."""

    system: str
    processor: str
    processors: int
    memory: int
    python: str


class Form(msgspec.Struct, frozen=True):
    """How much is measured.

    Args:
        name: ``full``, ``large``, ``quick`` or ``tiny``.
        sizes: numbers of instances, growing; the first is that of what is measured once.
        rounds: of each load, alternating between the targets.
        seconds: of each load.
        connections: of each load.
        repeats: rounds of the client libraries' calls, of who waits, and of lapses.
        starts: how often each target is started.
        waiting: how many requests wait.
        lapses: how many instances lapse at once.
        ttl: in seconds, of those.
        budget: seconds in which a target must be filled up to a size, and in which whatever else is prepared.
        settle: seconds in which a target may come to rest before each load.
        at_larger: the loads that are measured at other sizes than the first; all without.
        renews: whether each target is started anew before it grows, so that what it keeps of the crowds that waited is
            not taken for the memory of instances.
    """

    name: str
    sizes: tuple[int, ...]
    rounds: int
    seconds: float
    connections: int = 16
    repeats: int = 1
    starts: int = 1
    waiting: tuple[int, ...] = ()
    lapses: int = 1000
    ttl: int = 5
    budget: float = 120.0
    settle: float = 10.0
    at_larger: tuple[str, ...] = ()
    renews: bool = True


class BenchRun(msgspec.Struct, frozen=True):
    """All of one run; ``to_json`` and ``from_json`` are its JSON form.

    Args:
        started: when, ISO 8601 in UTC.
        seconds: how long it took.
        form: how much was measured.
        machine: where.
        generator: what made the loads.
        targets: in the order in which to show them.
        works: in the order in which to show them.
        measurements: what was found.
        notes: what whoever reads the figures must know.
        interrupted: whether it was stopped before its end.
        schema: the version of this form.
    """

    started: str
    seconds: float
    form: Form
    machine: Machine
    generator: str
    targets: tuple[TargetInfo, ...]
    works: tuple[WorkInfo, ...]
    measurements: tuple[Measurement, ...] = ()
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    schema: int = SCHEMA

    def found(self, work: str, size: int, target: str) -> Measurement | None:
        """Return what was found, or ``None`` where it never came to that."""
        key = (work, size, target)
        return next((one for one in self.measurements if (one.work, one.size, one.target) == key), None)

    def sizes(self, work: str) -> list[int]:
        """Return the sizes at which a work was measured."""
        return sorted({one.size for one in self.measurements if one.work == work})

    def value(self, work: str, size: int, target: str, metric: str) -> Sample | None:
        """Return a metric, or ``None`` where it was not measured."""
        found = self.found(work, size, target)
        return None if found is None or found.problem else found.values.get(metric)

    def reference(self, work: str, size: int, metric: str) -> tuple[str, Sample] | None:
        """Return the better of the references with what it reached; ``None`` where none was measured."""
        there = [
            (target.name, sample)
            for target in self.targets
            if target.reference and (sample := self.value(work, size, target.name, metric))
        ]
        choose = max if METRICS[metric] else min
        return choose(there, key=lambda entry: entry[1].median, default=None)

    def ratio(self, work: str, size: int, target: str, metric: str) -> float | None:
        """Return how many times better a target is than the better of the references; ``None`` where it is unknown."""
        own, other = self.value(work, size, target, metric), self.reference(work, size, metric)
        if own is None or other is None:
            return None
        above, below = (own, other[1]) if METRICS[metric] else (other[1], own)
        return above.median / below.median if below.median > 0 and above.median > 0 else None

    @property
    def exit_code(self) -> int:
        """130 interrupted; 3 a target could not be had; 1 one gave wrong answers; 0 none of these."""
        if self.interrupted:
            return INTERRUPTED
        if any(target.failure for target in self.targets):
            return TARGET_MISSING
        return UNEXPECTED if any(one.problem.startswith(WRONG) for one in self.measurements) else 0

    def to_json(self) -> str:
        """Return it as JSON; its key ``schema`` is the version of the form."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> BenchRun:
        """Return the run that ``to_json`` wrote.

        Raises:
            UnreadableRun: it is none; the message says where it is wrong.
        """
        try:
            run = msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise UnreadableRun(f"this is no run of a bench: {error}") from error
        if run.schema != SCHEMA:
            raise UnreadableRun(f"this is a run of schema {run.schema}, and not of {SCHEMA}")
        return run


def summed_up(observations: Sequence[Observation]) -> tuple[Measurement, ...]:
    """Return the medians and the spread of all rounds; a problem in any of them is the problem of all."""

    def key(one: Observation) -> tuple[int, str, str]:
        return one.size, one.work, one.target

    return tuple(_one(list(rounds)) for _, rounds in groupby(sorted(observations, key=key), key))


def _one(rounds: list[Observation]) -> Measurement:
    first = rounds[0]
    problem = next((one.problem for one in rounds if one.problem), "")
    if problem:
        return Measurement(first.work, first.size, first.target, problem=problem)
    values = {}
    for metric in first.values:
        found = sorted(one.values[metric] for one in rounds if metric in one.values)
        values[metric] = Sample(median(found), found[0], found[-1], len(found))
    points = [quantile for quantile, _ in first.curve]
    curves = [one.curve for one in rounds if len(one.curve) == len(points)]
    curve = tuple((at, median(curve[place][1] for curve in curves)) for place, at in enumerate(points))
    return Measurement(
        first.work,
        first.size,
        first.target,
        values,
        curve,
        generator=first.generator,
        limited=any(one.limited for one in rounds),
        answered=sum(one.answered for one in rounds),
    )
