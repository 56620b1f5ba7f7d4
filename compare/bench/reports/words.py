"""Says measured values in words: with their units, spread and ratios; it knows no layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench.run import CEILING, WRONG
from compare.reports.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.bench.goals import Reached
    from compare.bench.run import BenchRun, Sample

METRICS = {
    "per_second": "answers",
    "p50": "p50",
    "p99": "p99",
    "seconds": "time",
    "memory": "memory",
    "memory_each": "memory each",
    "first": "first",
    "median": "median",
    "last": "last",
    "acknowledged": "acknowledged",
}
"""What each is called."""
_PROBLEMS = (WRONG, "refused")
_MICRO, _MILLI = 1e-3, 1.0
_WHOLE = 10
_KILO, _MEGA = 1e3, 1e6


def value(metric: str, number: float) -> str:
    """Return a value with its unit: ``1,234/s``, ``1.2 ms``, ``54 MB``."""
    if metric == "per_second":
        return f"{number:,.0f}/s"
    if metric.startswith("memory"):
        return _bytes(number)
    return seconds(number)


def seconds(number: float) -> str:
    """Return a time in the unit that suits it."""
    size = abs(number)
    if size < _MICRO:
        return f"{number * 1e6:.0f} µs"
    return f"{number * 1e3:.3g} ms" if size < _MILLI else f"{number:.3g} s"


def ratio(times: float) -> str:
    """Return a ratio: ``12×``, ``2.5×``, ``0.45×``."""
    return f"{times:,.0f}×" if times >= _WHOLE else f"{times:.1f}×" if times >= 1 else f"{times:.2f}×"


def sample(metric: str, found: Sample) -> str:
    """Return a median, with its spread where there is more than one round."""
    text = value(metric, found.median)
    return f"{text} ±{found.spread * 100:.0f} %" if found.rounds > 1 else text


def cell(run: BenchRun, place: tuple[str, int, str], metric: str) -> str:
    """Return a metric of one work at one size on one target, with its ratio, or ``*`` for who the ratios are taken to.

    Where it was not measured, a word says so; the reason is for a place with more room.
    """
    work, size, target = place
    found = run.found(work, size, target)
    if found is None:
        return ""
    if found.problem:
        return next((word for word in _PROBLEMS if found.problem.startswith(word)), "not measured")
    if metric not in found.values:
        return "not known"
    text = sample(metric, found.values[metric])
    reference, times = run.reference(work, size, metric), run.ratio(work, size, target, metric)
    if target == CEILING or reference is None or times is None:
        return text
    return f"{text} *" if reference[0] == target else f"{text} {ratio(times)}"


def problems(run: BenchRun) -> Iterator[str]:
    """Yield why each thing that was not measured was not."""
    for one in run.measurements:
        if one.problem:
            yield f"{one.work} at {one.size:,} on {one.target}: {clean(one.problem)}"


def limit(reached: Reached) -> str:
    """Return what a goal wants."""
    goal = reached.goal
    if goal.times:
        return f"{ratio(goal.times)}"
    if goal.at_most:
        return f"at most {value(goal.metric, goal.at_most)}"
    return f"at most {goal.by:g} times slower"


def measured(reached: Reached) -> str:
    """Return what was measured for a goal, and beside whom; or why nothing was."""
    goal = reached.goal
    if reached.measured is None:
        return f"not measured: {clean(reached.missing)}"
    if goal.times:
        smaller = f" at {reached.size:,}" if reached.size != goal.size else ""
        return f"{ratio(reached.measured)} {reached.against}{smaller}"
    if goal.at_most:
        return value(goal.metric, reached.measured)
    return f"{reached.measured:.3g} times slower"


def verdict(reached: Reached) -> str:
    """Return whether a goal was reached, in a word."""
    return {True: "reached", False: "missed", None: "unknown"}[reached.reached]


def _bytes(number: float) -> str:
    if abs(number) < _MEGA:
        return f"{number / _KILO:.3g} kB"
    return f"{number / _MEGA:,.0f} MB"
