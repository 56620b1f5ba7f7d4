"""A run as one self-contained page: no script, nothing loaded from elsewhere; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from compare.judgement import Judgement
from compare.reports import timeline
from compare.reports.marks import ANSWERED, MARKS, NOT_RUN
from compare.reports.text import clean, quantity
from compare.reports.view import View

if TYPE_CHECKING:
    from compare.run import Run


def render(run: Run) -> str:
    """Return the page.

    Everything is escaped, and the page's own policy forbids scripts and any request, should a text from a backend
    still get through.
    """
    environment = Environment(
        loader=PackageLoader("compare.reports", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["clean"] = clean
    view = View(run)
    return environment.get_template("page.html.j2").render(
        view=view,
        run=run,
        marks=MARKS,
        answered=ANSWERED,
        not_run=NOT_RUN,
        shown=[judgement for judgement in MARKS if judgement is not Judgement.SAME],
        pictures=list(timeline.pictures(view)),
        layout=timeline,
        quantity=quantity,
    )
