"""Shows a bench while it runs: a bar on a terminal, plain lines elsewhere; it knows no ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from compare.bench.events import Begun, Finished, Measured, Measuring, Ready
from compare.bench.reports import words
from compare.reports.terminal import console_on
from compare.reports.text import clean

if TYPE_CHECKING:
    from rich.progress import TaskID

    from compare.bench.events import BenchEvent
    from compare.bench.run import Observation


class BenchProgress:
    """Follows a run's events. To be used in a ``with`` block, at whose end the bar is gone again.

    Args:
        stream: where to; a bar moves only if it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        """Show nothing yet."""
        self._console = console_on(stream)
        self._bar = Progress(
            BarColumn(24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._done = 0
        self._steps = 0

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._bar.stop()

    def __call__(self, event: BenchEvent) -> None:
        """Take an event in."""
        match event:
            case Begun(steps=steps, generator=generator):
                self._steps = steps
                self._task = self._bar.add_task("", total=steps)
                self._say(f"{steps} steps; load from {generator}")
            case Ready(target=target):
                said = f"could not be had: {target.failure}" if target.failure else f"{target.version}, {target.how}"
                self._say(f"{target.name}: {said}")
            case Measuring(words=what) if self._task is not None:
                self._bar.update(self._task, description=clean(what, 60))
            case Measured(observations=observations) if self._task is not None:
                self._done += 1
                self._bar.update(self._task, advance=1)
                for one in observations:
                    self._say(f"[{self._done}/{self._steps}] {one.work} at {one.size:,} on {one.target}: {_found(one)}")
            case Finished(run=run):
                self._say(f"{'interrupted' if run.interrupted else 'done'} after {run.seconds:.0f} s")

    def _say(self, line: str) -> None:
        self._console.print(Text(clean(line)))


def _found(one: Observation) -> str:
    if one.problem:
        return one.problem
    return ", ".join(f"{words.METRICS[metric]} {words.value(metric, number)}" for metric, number in one.values.items())
