"""Shows a bench on a terminal or in a pipe: targets, what was measured, what is reached; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from compare.bench.goals import reached
from compare.bench.reports import words
from compare.bench.run import CEILING
from compare.reports.terminal import printed
from compare.reports.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from compare.bench.run import BenchRun

_WIDTH = 160
_STYLES = {"reached": "green", "missed": "bold red", "unknown": "dim"}


def show(run: BenchRun, stream: TextIO, *, width: int | None = None) -> None:
    """Write the whole report.

    Args:
        run: what to show.
        stream: where to.
        width: in characters; without it the terminal's, or 160 where there is none.
    """
    printed(_parts(run), stream, width or (None if stream.isatty() else _WIDTH))


def opening(run: BenchRun) -> str:
    """Return when, where and by what the run was made."""
    machine = run.machine
    where = f"{machine.processors} processors, {machine.memory / 1e9:.0f} GB, {machine.system}, Python {machine.python}"
    ended = "interrupted" if run.interrupted else "done"
    return f"{run.form.name} form, {run.started}, {ended} after {run.seconds:.0f} s; {where}; load from {run.generator}"


def _parts(run: BenchRun) -> Iterator[RenderableType]:
    yield Text(opening(run), style="bold")
    yield _targets(run)
    yield Text()
    yield _table(run)
    yield Text(
        "* the better of the references, by which the others' ratios are taken; ± half of the range", style="dim"
    )
    yield Text()
    if any(target.reference for target in run.targets):
        yield _goals(run)
        yield Text()
    yield from _section("What was not measured, and why", words.problems(run), "bold magenta")
    yield from _section("Notes", map(clean, run.notes), "bold yellow")


def _section(heading: str, lines: Iterable[str], style: str) -> Iterator[RenderableType]:
    listed = list(lines)
    if listed:
        yield Text(heading, style=style)
        yield from (Padding(Text(line), (0, 0, 0, 2)) for line in listed)
        yield Text()


def _targets(run: BenchRun) -> Table:
    table = Table.grid(padding=(0, 2))
    for target in run.targets:
        words_of = target.failure or f"{target.version}; {target.how}"
        table.add_row(Text(f"  {target.name}", overflow="fold"), Text(clean(words_of), overflow="fold"))
    return table


def _table(run: BenchRun) -> Table:
    names = [target.name for target in run.targets if not target.failure]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("work", overflow="fold")
    table.add_column("at", justify="right")
    table.add_column("")
    for name in (*names, CEILING):
        table.add_column(Text(name), justify="right", overflow="fold")
    for work in run.works:
        for size in run.sizes(work.name):
            title = (Text(work.title), f"{size:,}")
            for metric in work.metrics:
                cells = [Text(words.cell(run, (work.name, size, name), metric)) for name in (*names, CEILING)]
                table.add_row(*title, words.METRICS[metric], *cells)
                title = (Text(), "")
    return table


def _goals(run: BenchRun) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("to be reached beside Consul", "target", "wanted", "measured", ""):
        table.add_column(heading, overflow="fold")
    for one in reached(run):
        word = words.verdict(one)
        row = (one.goal.title, one.target, words.limit(one), words.measured(one))
        table.add_row(*map(Text, row), Text(word, style=_STYLES[word]))
    return table
