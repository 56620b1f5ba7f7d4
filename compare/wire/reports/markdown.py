"""A run of the wire as Markdown in GitHub's flavour, for a comment or a job's summary; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.reports.markdown import escape, table, why
from compare.reports.marks import MARKS
from compare.reports.text import quantity
from compare.wire.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare.wire.reports.view import Line, Shown
    from compare.wire.run import WireRun


def render(run: WireRun) -> str:
    """Return the run as Markdown."""
    return "\n".join(_lines(View(run)))


def _lines(view: View) -> Iterator[str]:
    yield from ("# Consul's API on the wire", "")
    for line in view.opening:
        yield from (f"**{escape(line)}**", "")
    yield from ("## Scenarios", "", *_tallies("scenario", view.scenarios))
    yield from ("## Endpoints", "", *_tallies("endpoint", view.endpoints))
    for judgement in MARKS:
        mark = MARKS[judgement]
        entries = [line for shown in view.steps if shown.judgement is judgement for line in _step(shown)]
        yield from _section(mark.word.capitalize(), entries, f"{mark.meaning.capitalize()}.")
    unplayed = [
        f"- **{escape(name)}**: {quantity(count, 'step')}: {escape(text)}" for name, text, count in view.unplayed
    ]
    yield from _section("Unknown, since they were not played", unplayed)
    yield from _section("Exceptions that are no longer needed", [f"- {escape(line)}" for line in view.stale])
    yield from _section("Not played", [f"- **{escape(name)}**: {escape(text)}" for name, text in view.left_out])
    rules = [f"- **{escape(rule.name)}** ({rule.times}): {escape(rule.reason)}" for rule in view.rules]
    yield from _section("Rules by which unequal values counted as equal", rules, escape(view.skipped))
    yield from ("## Summary", "", escape(view.summary), "")


def _tallies(heading: str, lines: Iterable[Line]) -> Iterator[str]:
    rows = [[line.name, str(line.tally.agreeing), str(line.tally.steps), line.words] for line in lines]
    yield from table([heading, "agree", "steps", ""], rows)


def _step(shown: Shown) -> Iterator[str]:
    yield f"- **{escape(shown.title)}** {escape(shown.label)}"
    for place in shown.places:
        sides = f"{place.path}: {place.kind}: {place.reference} there, {place.observed} here"
        yield f"  - {escape(f'{sides}; {place.words}' if place.words else sides)}"
    yield from why(shown.why + (f" ({shown.source})" if shown.source else ""))


def _section(heading: str, lines: list[str], opening: str = "") -> Iterator[str]:
    if lines:
        yield from (f"## {heading}", "", *((opening, "") if opening else ()), *lines, "")
