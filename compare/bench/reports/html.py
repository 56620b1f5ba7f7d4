"""A bench as one self-contained page: no script, nothing loaded from elsewhere; it judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench.goals import reached
from compare.bench.reports import plots, terminal, words
from compare.bench.run import CEILING
from compare.reports.html import page
from compare.reports.marks import MARKS

if TYPE_CHECKING:
    from compare.bench.run import BenchRun


def render(run: BenchRun) -> str:
    """Return the page, with the same look and the same policy as that of ``compare.reports.html``."""
    first = run.form.sizes[0]
    return page(
        "bench.html.j2",
        run=run,
        names=[*(target.name for target in run.targets if not target.failure), CEILING],
        opening=terminal.opening(run),
        reached=list(reached(run)) if any(target.reference for target in run.targets) else [],
        words=words,
        layout=plots,
        throughput=plots.throughput(run, first),
        charts=[
            (
                "latency",
                "Latency: within which time which part of the answers was there",
                list(plots.latencies(run, first)),
            ),
            ("growth", "Cost against size", list(plots.growth(run))),
            ("waiting", "Who waits: which part was awake when", list(plots.awakenings(run))),
        ],
        marks=MARKS,
        shown=[],
    )
