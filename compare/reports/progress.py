"""Shows a run while it runs, event by event: a bar on a terminal, plain lines elsewhere; it knows no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from compare.events import RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, TargetFailed, TargetReady
from compare.reports.terminal import console_on
from compare.reports.text import clean
from compare.wire.events import Judged, Played, Playing, Started

if TYPE_CHECKING:
    from rich.progress import TaskID

    from compare.events import Event
    from compare.wire.events import WireEvent


class LiveProgress:
    """Follows a run's events. To be used in a ``with`` block, at whose end the bar is gone again.

    Args:
        stream: where to; a bar moves only if it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        """Show nothing yet."""
        self._console = console_on(stream)
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                BarColumn(24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=self._console,
                transient=True,
            )
        self._task: TaskID | None = None
        self._running: dict[tuple[str, str], None] = {}
        self._ended: dict[str, set[str]] = {}
        self._complete: set[str] = set()
        self._targets: set[str] = set()
        self._total = 0

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()

    def __call__(self, event: Event | WireEvent) -> None:
        """Take an event in."""
        match event:
            case RunStarted(targets=targets, scenarios=scenarios):
                self._begin(targets, len(scenarios))
            case Started(targets=targets, scenarios=count):
                self._begin(targets, count)
            case TargetReady(target=target):
                self._say(f"{target.name}: {target.version}, {target.how}")
            case TargetFailed(target=target):
                self._say(f"{target.name}: could not be had: {target.failure}")
                self._drop(target.name)
            case ScenarioStarted(target=name, scenario=scenario) | Playing(target=name, scenario=scenario):
                self._running[name, scenario] = None
                self._draw()
            case ScenarioFinished(history=history):
                self._end(history.target, history.scenario)
            case Played(target=name, scenario=scenario):
                self._end(name, scenario)
            case RunFinished(run=run) | Judged(run=run):
                self._say(f"{'interrupted' if run.interrupted else 'done'} after {run.seconds:.0f} s")

    def _begin(self, targets: tuple[str, ...], scenarios: int) -> None:
        self._targets = set(targets)
        self._total = scenarios
        if self._bar:
            self._task = self._bar.add_task("", total=scenarios * len(targets))

    def _end(self, target: str, scenario: str) -> None:
        self._running.pop((target, scenario), None)
        self._ended.setdefault(scenario, set()).add(target)
        self._draw(advance=1)
        self._say_complete()

    def _drop(self, target: str) -> None:
        """Expect nothing more of a target."""
        self._targets.discard(target)
        if self._bar and self._task is not None:
            self._bar.update(self._task, total=self._total * len(self._targets))
        self._say_complete()

    def _say_complete(self) -> None:
        """Say, where there is no bar, which scenarios have now ended on all targets."""
        for scenario, targets in self._ended.items():
            if not self._bar and scenario not in self._complete and targets >= self._targets:
                self._complete.add(scenario)
                self._say(f"[{len(self._complete)}/{self._total}] {scenario}")

    def _draw(self, advance: int = 0) -> None:
        if self._bar and self._task is not None:
            running = ", ".join(f"{scenario} on {target}" for target, scenario in self._running)
            self._bar.update(self._task, advance=advance, description=clean(running, 60))

    def _say(self, line: str) -> None:
        self._console.print(Text(clean(line)))
