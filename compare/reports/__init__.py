"""Reports of a run: for a terminal (``terminal``, ``progress``) and as files (``FILE_REPORTS``); none of them judges.

A further report is a module with a ``render`` and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from compare.reports import html, json, junit, markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.run import Run


class FileReport(NamedTuple):
    """A report that is written to a file.

    Args:
        render: returns its whole text.
        help: what it is, for the command's help.
    """

    render: Callable[[Run], str]
    help: str


FILE_REPORTS: Final = {
    "html": FileReport(html.render, "one page that needs nothing else: matrix, differences side by side, timelines"),
    "json": FileReport(json.render, "everything, to be shown again by `show` or read by programs"),
    "junit": FileReport(junit.render, "JUnit XML for a CI's display of tests"),
    "markdown": FileReport(markdown.render, "matrix and differences in GitHub's flavour"),
}
"""By the name of the command's option."""
