"""A run of the wire as one self-contained page: no script, nothing loaded from elsewhere; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.judgement import Judgement
from compare.reports.html import page
from compare.reports.marks import MARKS
from compare.reports.text import quantity
from compare.wire.reports.view import View

if TYPE_CHECKING:
    from compare.wire.run import WireRun


def render(run: WireRun) -> str:
    """Return the page, with the same look and the same policy as that of ``compare.reports.html``."""
    return page(
        "wire.html.j2",
        view=View(run),
        run=run,
        marks=MARKS,
        shown=[judgement for judgement in MARKS if judgement is not Judgement.SAME],
        not_played=Judgement.NOT_OFFERED,
        quantity=quantity,
    )
