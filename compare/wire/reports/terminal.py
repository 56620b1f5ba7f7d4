"""Shows a run of the wire on a terminal or in a pipe: scenarios, endpoints, steps, a last line; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from compare.judgement import Judgement
from compare.reports.marks import MARKS
from compare.reports.terminal import STYLES, printed
from compare.reports.text import quantity
from compare.wire.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.wire.reports.view import Line, Shown
    from compare.wire.run import WireRun


def show(run: WireRun, stream: TextIO, *, every_endpoint: bool = False, width: int | None = None) -> None:
    """Write the whole report.

    Args:
        run: what to show.
        stream: where to.
        every_endpoint: whether to show the endpoints that agree throughout as well.
        width: in characters; without it the terminal's, or 80 where there is none.
    """
    printed(_parts(View(run), every_endpoint=every_endpoint), stream, width)


def _parts(view: View, *, every_endpoint: bool) -> Iterator[RenderableType]:
    for line in view.opening:
        yield Text(line, style="bold" if view.calm else "bold yellow")
    yield Text()
    yield _table("scenario", view.scenarios)
    yield Text()
    yield from _endpoints(view, every=every_endpoint)
    for judgement in MARKS:
        blocks = [_step(shown) for shown in view.steps if shown.judgement is judgement]
        if blocks:
            mark = MARKS[judgement]
            yield Text(f"{mark.symbol} {mark.word.capitalize()}: {mark.meaning}", style=STYLES[judgement])
            yield from _listed(blocks)
    unplayed = [Text(f"{name}: {quantity(count, 'step')}: {why}") for name, why, count in view.unplayed]
    yield from _section("Unknown, since they were not played", unplayed, STYLES[Judgement.UNKNOWN])
    yield from _section("Exceptions that are no longer needed", map(Text, view.stale), STYLES[Judgement.UNEXPECTED])
    yield from _section("Not played", [Text(f"{name}: {why}") for name, why in view.left_out], "bold")
    rules = [Text(f"{rule.name} ({rule.times}): {rule.reason}") for rule in view.rules]
    yield from _section("Rules by which unequal values counted as equal, and how often", rules, "bold")
    yield Text(view.skipped)
    yield Text()
    yield Text(f"Summary: {view.summary}", style="bold red" if view.run.exit_code else "bold green")


def _endpoints(view: View, *, every: bool) -> Iterator[RenderableType]:
    lines = [line for line in view.endpoints if every or line.tally.judgement is not Judgement.SAME]
    if lines:
        yield _table("endpoint", lines)
    rest = len(view.endpoints) - len(lines)
    if rest:
        yield Text(f"{quantity(rest, 'endpoint agrees', 'endpoints agree')} throughout.", style=STYLES[Judgement.SAME])
    yield Text()


def _table(heading: str, lines: tuple[Line, ...] | list[Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(heading, overflow="fold")
    table.add_column("agree", justify="right")
    table.add_column("steps", justify="right")
    table.add_column("")
    for line in lines:
        judgement = line.tally.judgement if line.tally.steps else Judgement.NOT_OFFERED
        words = Text(f"{MARKS[judgement].symbol} {line.words}", style=STYLES[judgement])
        table.add_row(Text(line.name), str(line.tally.agreeing), str(line.tally.steps), words)
    return table


def _step(shown: Shown) -> Group:
    title = Text(f"{shown.title} ", style="bold").append(shown.label, style="not bold")
    if shown.note:
        title.append(f" ({shown.note})", style="dim not bold")
    lines: list[RenderableType] = [title]
    for place in shown.places:
        sides = f"{place.path}: {place.kind}: {place.reference} there, {place.observed} here"
        lines.append(Padding(Text(f"{sides}; {place.words}" if place.words else sides), (0, 0, 0, 2)))
    if shown.why:
        source = f" [{shown.source}]" if shown.source else ""
        lines.append(Padding(Text(f"Why: {shown.why}{source}"), (0, 0, 0, 2)))
    return Group(*lines)


def _section(heading: str, blocks: Iterable[RenderableType], style: str) -> Iterator[RenderableType]:
    listed = list(blocks)
    if listed:
        yield Text(heading, style=style)
        yield from _listed(listed)


def _listed(blocks: Iterable[RenderableType]) -> Iterator[RenderableType]:
    yield from (Padding(block, (0, 0, 0, 2)) for block in blocks)
    yield Text()
