"""A run as one self-contained page: no script, nothing loaded from elsewhere; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from compare.judgement import Judgement
from compare.reports import timeline
from compare.reports.marks import ANSWERED, MARKS, NOT_RUN
from compare.reports.text import clean, quantity
from compare.reports.view import View

if TYPE_CHECKING:
    from compare.run import Run


def render(run: Run) -> str:
    """Return the page.

    Its own policy forbids scripts and any request, should a text from a backend still get through.
    """
    view = View(run)
    return page(
        "page.html.j2",
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


def page(template: str, **values: object) -> str:
    """Return a template of ours, filled in; every value is escaped."""
    loaders = [
        PackageLoader(package, ".") for package in ("compare.reports", "compare.wire.reports", "compare.bench.reports")
    ]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["clean"] = clean
    return environment.get_template(template).render(values)
