"""Reports of a bench: for a terminal (``terminal``, ``progress``) and as files (``FILE_REPORTS``); none judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compare.bench.reports import html

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.bench.run import BenchRun


def _json(run: BenchRun) -> str:
    return run.to_json()


FILE_REPORTS: Final[dict[str, tuple[Callable[[BenchRun], str], str]]] = {
    "html": (html.render, "one page that needs nothing else: tables and plots"),
    "json": (_json, "everything, to be shown again by --show or read by programs"),
}
"""By the name of the command's option: what returns the text, and what it is."""
