"""Lays a timeline out as a drawing: a lane a target on one axis of time, in units of the picture; it draws nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.history import Outcome
from compare.reports.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.history import Json
    from compare.reports.view import View
    from compare.run import TargetInfo

WIDTH, LEFT, RIGHT = 760.0, 150.0, 20.0
TOP, LANE, BAR = 10.0, 54.0, 22.0
_CHARACTER = 7.0
"""The width of a character, about: whether a label fits need not be known exactly."""
_TICKS = 6
STATES = ("passing", "warning", "critical", "gone")
"""Others are not drawn: the states name the classes of the page's style."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A state for as long as it lasted. ``label`` is empty where it has no room; ``change`` is when it began."""

    state: str
    x: float
    width: float
    label: str
    change: str
    change_y: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One target: its segments, and the same in words."""

    name: str
    y: float
    segments: tuple[Segment, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A timeline of one step on all targets that saw it."""

    scenario: str
    step: str
    title: str
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is to be drawn of one target: its changes, each a state and when, and when it was last looked at."""

    column: str
    changes: tuple[tuple[str, float], ...]
    end: float


def pictures(view: View) -> Iterator[Picture]:
    """Lay out each step that was a timeline, where any target's answer can be drawn."""
    for scenario in view.run.scenarios:
        for step in scenario.steps:
            if step.do == "timeline":
                seen = [_seen(view, target, scenario.name, step.id) for target in view.run.targets]
                if drawn := [lane for lane in seen if lane]:
                    lanes, ticks = _lay_out(drawn)
                    height = TOP + len(lanes) * LANE + 24
                    yield Picture(clean(scenario.name), clean(step.id), clean(scenario.title), height, lanes, ticks)


def _seen(view: View, target: TargetInfo, scenario: str, step: str) -> _Seen | None:
    history = view.run.history(target.name, scenario)
    seen = history.observation(step) if history else None
    if seen is None or seen.outcome is not Outcome.OK or not isinstance(seen.value, dict):
        return None
    transitions: Json = seen.value.get("transitions", [])
    changes = [(entry["state"], max(0.0, float(entry["at"]))) for entry in transitions if entry.get("state") in STATES]
    # The first look comes at the step's beginning, so that the step's length tells when the last one was.
    return _Seen(view.column(target), tuple(changes), changes[0][1] + seen.seconds) if changes else None


def _lay_out(drawn: list[_Seen]) -> tuple[tuple[Lane, ...], tuple[Tick, ...]]:
    longest = max(max(lane.end, lane.changes[-1][1]) for lane in drawn)
    spacing = _spacing(longest)
    # The last state of a lane is drawn on for half a tick, or a change at the very end could not be seen.
    count = math.ceil(longest / spacing + 0.5)
    scale = (WIDTH - LEFT - RIGHT) / (spacing * count)
    lanes = tuple(
        Lane(
            lane.column,
            TOP + place * LANE,
            tuple(_segments(lane, max(lane.end, lane.changes[-1][1]) + spacing / 2, scale, TOP + place * LANE)),
            ", then ".join(f"{state} from {at:.1f} s" for state, at in lane.changes),
        )
        for place, lane in enumerate(drawn)
    )
    ticks = tuple(Tick(LEFT + number * spacing * scale, f"{number * spacing:g} s") for number in range(count + 1))
    return lanes, ticks


def _segments(lane: _Seen, end: float, scale: float, y: float) -> Iterator[Segment]:
    ends = [at for _, at in lane.changes[1:]] + [end]
    free = [0.0, 0.0]
    for place, ((state, at), until) in enumerate(zip(lane.changes, ends, strict=True)):
        x, width = LEFT + at * scale, (until - at) * scale
        fits = width > len(state) * _CHARACTER + 8
        change = "" if place == 0 else f"{at:.1f} s" if fits else f"{state} {at:.1f} s"
        # Changes close together would write over each other: the second goes to a lower line.
        line = 0 if x >= free[0] else 1
        if change:
            free[line] = x + len(change) * _CHARACTER
        yield Segment(state, x, width, state if fits else "", change, y + BAR + 12 + line * 12)


def _spacing(longest: float) -> float:
    """Return a round number of seconds between ticks: 1, 2 or 5 times a power of ten."""
    rough = max(longest, 0.5) / _TICKS
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= rough)
