"""Lays measured values out as charts, in units of the picture; it draws nothing.

No plotting library does: a chart is a few dozen numbers on a page that has no script and follows the reader's light or
dark by the style it has anyway, which would be more work to teach a library than to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.bench.reports import words
from compare.bench.reports.scales import Log, Nines, Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compare.bench.reports.scales import Scale
    from compare.bench.run import BenchRun, Sample

WIDTH, HEIGHT = 420.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 26.0, 10.0, 38.0
LANE, NAMES, WIDE = 15.0, 300.0, 860.0
_SINCE = {"waiting": "after the change", "lapses": "after the ttl"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line, and what it says."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """What was found of one target; ``number`` is its place among the targets, which says how it is drawn."""

    target: str
    number: int
    marks: tuple[Mark, ...]

    @property
    def points(self) -> str:
        """Return its points as SVG writes them."""
        return " ".join(f"{mark.x:.1f},{mark.y:.1f}" for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over two axes."""

    title: str
    x_name: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A median with its range, in a lane."""

    number: int
    x: float
    low: float
    high: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Lanes:
    """One work after the other, each with a lane a target, on one axis."""

    height: float
    ticks: tuple[Tick, ...]
    names: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]


def throughput(run: BenchRun, size: int) -> Lanes | None:
    """Lay out the answers a second of every load at a size, from the lowest to the highest round."""
    rows = [(work, _rates(run, work.name, size)) for work in run.works if "per_second" in work.metrics]
    rows = [(work, rates) for work, rates in rows if rates and work.name != "fill"]
    if not rows:
        return None
    every = [number for _, rates in rows for _, sample in rates for number in (sample.low, sample.high)]
    scale = Log.over(every, lambda number: f"{number:,.0f}/s")

    def place(number: float) -> float:
        return NAMES + scale.place(number) * (WIDE - NAMES - 2 * RIGHT)

    y = TOP + LANE
    names, bars = [], []
    for work, rates in rows:
        names.append((y + (len(rates) - 1) * LANE / 2 + 4, work.title))
        for number, sample in rates:
            said = f"{run.targets[number].name}: {words.sample('per_second', sample)}"
            bars.append(Bar(number, place(sample.median), place(sample.low), place(sample.high), y, said))
            y += LANE
        y += LANE * 0.7
    ticks = tuple(Tick(place(number), label) for number, label in scale.ticks())
    return Lanes(y + BOTTOM, ticks, tuple(names), tuple(bars))


def latencies(run: BenchRun, size: int) -> Iterator[Chart]:
    """Lay out the distribution of each load's latency at a size."""
    for work in run.works:
        if "p99" in work.metrics and "per_second" in work.metrics:
            curves = _curves(run, work.name, size)
            if curves:
                seconds = [at for points in curves.values() for _, at in points]
                yield _chart(
                    run, work.title, ("part of the answers", Nines()), Log.over(seconds, words.seconds), curves
                )


def awakenings(run: BenchRun) -> Iterator[Chart]:
    """Lay out which part of those who wait was awake when, and likewise which lapses were seen."""
    for work in run.works:
        kind = work.name.partition("-")[0]
        for size in run.sizes(work.name) if kind in _SINCE else ():
            curves = {
                number: [(at, quantile) for quantile, at in points]
                for number, points in _curves(run, work.name, size).items()
            }
            times = [at for points in curves.values() for at, _ in points]
            if times:
                yield _chart(run, work.title, (_SINCE[kind], Log.over(times, words.seconds)), Share(), curves)


def growth(run: BenchRun) -> Iterator[Chart]:
    """Lay out what each load costs at growing sizes, and memory; where more than one size was measured."""
    for work in run.works:
        sizes = run.sizes(work.name)
        metric = "memory" if work.name == "fill" else "per_second"
        if len(sizes) < 2 or metric not in work.metrics:  # noqa: PLR2004 - a line has two ends
            continue
        found: dict[int, list[tuple[float, float]]] = {}
        for number, target in enumerate(run.targets):
            for size in sizes:
                sample = run.value(work.name, size, target.name, metric)
                if sample and sample.median > 0:
                    cost = sample.median if metric == "memory" else 1 / sample.median
                    found.setdefault(number, []).append((size, cost))
        if found:
            costs = [cost for points in found.values() for _, cost in points]
            said = (lambda cost: words.value("memory", cost)) if metric == "memory" else words.seconds
            title = "memory of the process" if metric == "memory" else f"{work.title}: time for each answer"
            across = Log.over([float(size) for size in sizes], lambda size: f"{size:,.0f}")
            yield _chart(run, title, ("instances", across), Log.over(costs, said), found)


def _rates(run: BenchRun, work: str, size: int) -> list[tuple[int, Sample]]:
    samples = ((number, run.value(work, size, target.name, "per_second")) for number, target in enumerate(run.targets))
    return [(number, sample) for number, sample in samples if sample]


def _curves(run: BenchRun, work: str, size: int) -> dict[int, list[tuple[float, float]]]:
    """Return the distributions that were measured, by the places of the targets."""
    found = ((number, run.found(work, size, target.name)) for number, target in enumerate(run.targets))
    return {number: list(one.curve) for number, one in found if one and one.curve and not one.problem}


def _chart(
    run: BenchRun, title: str, across: tuple[str, Scale], up: Scale, found: Mapping[int, Sequence[tuple[float, float]]]
) -> Chart:
    name, along = across

    def x(value: float) -> float:
        return LEFT + along.place(value) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - up.place(value) * (HEIGHT - TOP - BOTTOM)

    lines = tuple(
        Line(
            run.targets[number].name,
            number,
            tuple(
                Mark(x(at), y(value), f"{run.targets[number].name}: {up.say(value)} at {along.say(at)}")
                for at, value in points
            ),
        )
        for number, points in found.items()
    )
    x_ticks = tuple(Tick(x(value), label) for value, label in along.ticks())
    return Chart(title, name, x_ticks, tuple(Tick(y(value), label) for value, label in up.ticks()), lines)
