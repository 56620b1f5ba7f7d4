"""A run as Markdown in GitHub's flavour, for a comment or a job's summary; it judges nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compare.judgement import Judgement
from compare.reports.marks import MARKS
from compare.reports.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.reports.view import Finding
    from compare.run import Run

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~])")
_LINKING = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)


def render(run: Run) -> str:
    """Return the run as Markdown."""
    return "\n".join(_lines(View(run)))


def escape(text: str) -> str:
    """Return clean text as Markdown that shows exactly it, in a paragraph or a cell.

    GitHub also makes links of ``@names``, ``#numbers`` and addresses, which notify people; no backslash prevents that,
    an empty comment does.
    """
    escaped = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    return _LINKING.sub("<!-- -->", escaped)


def _lines(view: View) -> Iterator[str]:
    yield from ("# Service registries compared", "")
    for line in view.opening:
        yield from (f"**{escape(line)}**", "")
    yield from table(["target", "version and origin"], [[view.column(t), view.describe(t)] for t in view.run.targets])
    yield from _matrix(view)
    for judgement in MARKS:
        if judgement is not Judgement.SAME:
            yield from _section(view, judgement)
    if view.stale:
        yield from ("## Known differences that no longer show", "")
        yield from (f"- {escape(line)}" for line in view.stale)
        yield ""
    yield from ("## Summary", "", escape(view.summary), "")


def _matrix(view: View) -> Iterator[str]:
    yield from ("## Matrix", "")
    rows = [
        [group, row.title, *(f"{cell.mark.symbol} {cell.words}".strip() for cell in row.cells)]
        for group, group_rows in view.groups
        for row in group_rows
    ]
    yield from table(["group", "scenario", *(view.column(target) for target in view.run.targets)], rows)


def _section(view: View, judgement: Judgement) -> Iterator[str]:
    lines = [
        line
        for finding in view.findings
        if finding.judgement is judgement and finding.compared
        for line in _finding(finding)
    ]
    for missing in view.missing:
        if missing.judgement is judgement:
            lines += [f"- **on {escape(missing.target)}**: {escape(missing.places)}", *why(missing.why)]
    if lines:
        mark = MARKS[judgement]
        yield from (f"## {mark.word.capitalize()}", "", f"{mark.meaning.capitalize()}.", "", *lines, "")


def _finding(finding: Finding) -> Iterator[str]:
    for entry in finding.entries:
        yield f"- **{escape(finding.scenario)} / {escape(entry.step)}**: {escape(entry.sentence)}"
    yield from why(finding.why + (f" ({finding.source})" if finding.source else ""))


def why(reason: str) -> list[str]:
    """Return the line below an entry that gives its reason, if it has one."""
    return [f"  Why: {escape(reason)}"] if reason else []


def table(heading: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield a table's lines, its cells escaped, and an empty one."""
    for cells in (heading, None, *rows):
        yield f"| {' | '.join(map(escape, cells))} |" if cells is not None else f"|{' --- |' * len(heading)}"
    yield ""
