"""Reports of a run of the wire: for a terminal (``terminal``) and as files (``FILE_REPORTS``); none of them judges.

A further report is a module with a ``render`` and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from compare.wire.reports import html, json, junit, markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.wire.run import WireRun


class FileReport(NamedTuple):
    """A report that is written to a file.

    Args:
        render: returns its whole text.
        help: what it is, for the command's help.
    """

    render: Callable[[WireRun], str]
    help: str


FILE_REPORTS: Final = {
    "html": FileReport(html.render, "one page that needs nothing else: scenarios, endpoints, steps side by side"),
    "json": FileReport(json.render, "everything, to be shown again by `show` or read by programs"),
    "junit": FileReport(junit.render, "JUnit XML for a CI's display of tests, a case a step"),
    "markdown": FileReport(markdown.render, "tables and differences in GitHub's flavour"),
}
"""By the name of the command's option."""
