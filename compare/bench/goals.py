"""What is to be reached beside Consul, read from ``goals.toml``, and what of it a run reached; it measures nothing."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from compare.bench.run import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.bench.run import BenchRun, TargetInfo

_FILE = Path(__file__).with_name("goals.toml")


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row; the file says what the fields mean. One of ``times``, ``at_most`` and ``by`` is set."""

    title: str
    work: str
    size: int
    metric: str
    times: float = 0.0
    at_most: float = 0.0
    slower_than_at: int = 0
    by: float = 0.0
    common: bool = True
    api: tuple[str, ...] = ("consul",)


class Reached(msgspec.Struct, frozen=True):
    """What a target made of a goal.

    Args:
        goal: the goal.
        target: its name.
        measured: in the goal's terms: so many times, or in the metric's unit; ``None`` where it was not measured.
        size: at which it was taken; smaller than the goal's where Consul did not get there.
        against: the reference that was the better, or empty.
        missing: why nothing was measured.
    """

    goal: Goal
    target: str
    measured: float | None = None
    size: int = 0
    against: str = ""
    missing: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether it is reached; ``None`` where it was not measured."""
        if self.measured is None:
            return None
        goal = self.goal
        return self.measured >= goal.times if goal.times else self.measured <= (goal.at_most or goal.by)


@cache
def goals() -> tuple[Goal, ...]:
    """Return all goals in the file's order."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8"))["goal"], tuple[Goal, ...])


def reached(run: BenchRun) -> Iterator[Reached]:
    """Yield for each goal what each target that is no reference made of it."""
    for goal in goals():
        for target in run.targets:
            if not target.reference and target.api in goal.api:
                yield _reached(run, goal, target)


def _reached(run: BenchRun, goal: Goal, target: TargetInfo) -> Reached:
    if goal.times:
        return _beside(run, goal, target)
    own = run.value(goal.work, goal.size, target.name, goal.metric)
    if own is None:
        return Reached(goal, target.name, missing=_why(run, goal, target.name))
    if goal.at_most:
        return Reached(goal, target.name, own.median, goal.size)
    before = run.value(goal.work, goal.slower_than_at, target.name, goal.metric)
    if before is None:
        return Reached(goal, target.name, missing=f"not measured at {goal.slower_than_at:,}")
    slower = before.median / own.median if METRICS[goal.metric] else own.median / before.median
    return Reached(goal, target.name, slower, goal.size)


def _beside(run: BenchRun, goal: Goal, target: TargetInfo) -> Reached:
    """Take the ratio at the largest size, up to the goal's, at which the target and a reference were measured."""
    measured = run.sizes(goal.work)
    sizes = [size for size in measured if size <= goal.size] if goal.common and goal.size in measured else [goal.size]
    for size in reversed(sizes):
        ratio, other = run.ratio(goal.work, size, target.name, goal.metric), run.reference(goal.work, size, goal.metric)
        if ratio is not None and other is not None:
            return Reached(goal, target.name, ratio, size, other[0])
    references = [one.name for one in run.targets if one.reference]
    return Reached(goal, target.name, missing=_why(run, goal, target.name, *references))


def _why(run: BenchRun, goal: Goal, *targets: str) -> str:
    """Return the first problem that any of the targets had at the goal's size."""
    for target in targets:
        found = run.found(goal.work, goal.size, target)
        if found and found.problem:
            return f"{target}: {found.problem.removeprefix('not measured: ')}"
    if len(targets) == 1 and goal.times:
        return "no Consul to measure by"
    return "not in this form"
