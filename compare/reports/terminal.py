"""Shows a run on a terminal or in a pipe: a matrix, each difference in a sentence, a last line; it judges nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from compare.judgement import Judgement
from compare.reports.marks import ANSWERED, MARKS
from compare.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.reports.view import Cell, Finding, Missing
    from compare.run import Run

STYLES = {
    Judgement.UNEXPECTED: "bold red",
    Judgement.UNKNOWN: "bold magenta",
    Judgement.KNOWN: "yellow",
    Judgement.NOISE: "cyan",
    Judgement.NOT_OFFERED: "dim",
    Judgement.SAME: "green",
}


def console_on(stream: TextIO, width: int | None = None) -> Console:
    """Return a console that takes texts as they are: nothing in them is markup, an emoji's name or worth a colour."""
    return Console(
        file=stream, width=width, markup=False, emoji=False, highlight=False, no_color=bool(os.environ.get("NO_COLOR"))
    )


def show(run: Run, stream: TextIO, *, width: int | None = None) -> None:
    """Write the whole report.

    Colours are used on a terminal only, and not under ``NO_COLOR``; characters that the stream's encoding has not got
    are replaced.

    Args:
        run: what to show.
        stream: where to.
        width: in characters; without it the terminal's, or 80 where there is none.
    """
    printed(_parts(View(run)), stream, width)


def printed(parts: Iterable[RenderableType], stream: TextIO, width: int | None) -> None:
    """Write what a console makes of these parts, without blanks at the ends of lines, as far as the stream can."""
    console = console_on(stream, width)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    encoding = stream.encoding or "utf-8"
    text = "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    stream.write(text.encode(encoding, "replace").decode(encoding))


def _parts(view: View) -> Iterator[RenderableType]:
    for line in view.opening:
        yield Text(line, style="bold" if view.all_live else "bold yellow")
    yield _targets(view)
    yield Text()
    yield _matrix(view)
    yield Text()
    for judgement in MARKS:
        blocks = [_finding(found) for found in view.findings if found.judgement is judgement and found.compared]
        blocks += [_missing(missing) for missing in view.missing if missing.judgement is judgement]
        if blocks:
            yield _heading(judgement)
            yield from (Padding(block, (0, 0, 0, 2)) for block in blocks)
            yield Text()
    if view.stale:
        yield Text("Known differences that no longer show", style=STYLES[Judgement.UNEXPECTED])
        yield from (Padding(Text(line), (0, 0, 0, 2)) for line in view.stale)
        yield Text()
    yield Text(f"Summary: {view.summary}", style="bold red" if view.run.exit_code else "bold green")


def _targets(view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    for target in view.run.targets:
        table.add_row(Text(f"  {view.column(target)}", overflow="fold"), Text(view.describe(target), overflow="fold"))
    return table


def _matrix(view: View) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("scenario", overflow="fold")
    for target in view.run.targets:
        table.add_column(Text(view.column(target)), overflow="fold")
    for group, rows in view.groups:
        table.add_row(Text(group, style="bold"))
        for row in rows:
            table.add_row(Text(f"  {row.name}"), *(_cell(cell) for cell in row.cells))
    return table


def _cell(cell: Cell) -> Text:
    style = STYLES[cell.judgement] if cell.judgement and cell.mark is not ANSWERED else "dim"
    return Text(f"{cell.mark.symbol} {cell.words}", style=style)


def _heading(judgement: Judgement) -> Text:
    mark = MARKS[judgement]
    return Text(f"{mark.symbol} {mark.word.capitalize()}: {mark.meaning}", style=STYLES[judgement])


def _finding(finding: Finding) -> Group:
    lines: list[RenderableType] = []
    for entry in finding.entries:
        line = Text(f"{finding.scenario} / {entry.step}: ", style="bold")
        lines.append(line.append(entry.sentence, style="not bold"))
    source = f" [{finding.source}]" if finding.source else ""
    return Group(*lines, *_why(finding.why + source))


def _missing(missing: Missing) -> Group:
    line = Text(f"on {missing.target}: ", style="bold")
    return Group(line.append(missing.places, style="not bold"), *_why(missing.why))


def _why(why: str) -> list[RenderableType]:
    return [Padding(Text(f"Why: {why}"), (0, 0, 0, 4))] if why else []
