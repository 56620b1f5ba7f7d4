"""Fills the generated tables of README.md and CONSUL.md from the kept run and known.toml; it runs no comparison.

``make docs`` calls it. The run is ``docs/run.json``, renewed by ``make sample``. Its histories are judged again by the
known.toml of today, so that a reason which is worded better needs no new run.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from compare.difference import Difference, Kind
from compare.judge import judge
from compare.known import KNOWN, load_known
from compare.loading import SCENARIOS, load_scenarios
from compare.reports import json, terminal
from compare.reports.markdown import escape
from compare.reports.sentences import sentence
from docs.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from compare.known import Known, KnownDifference
    from compare.run import Run

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = (REPOSITORY / "README.md", REPOSITORY / "CONSUL.md")
RUN = Path(__file__).parent / "run.json"

_BLOCK = re.compile(r"(?P<begin><!-- generated: (?P<name>[\w-]+) -->\n).*?(?=<!-- end of generated -->)", re.DOTALL)
_WIDTH = 80  # characters of the terminal that the sample shows


class StaleRun(Exception):
    """The kept run is not one of today's scenarios; the message says which differ."""


def load() -> tuple[Run, Known]:
    """Return the kept run, judged by what is known today, and what is known.

    Raises:
        StaleRun: a scenario has come, gone or changed since.
    """
    run = json.read(RUN.read_text(encoding="utf-8"))
    scenarios = load_scenarios(SCENARIOS)
    kept, wanted = ({scenario.name: scenario for scenario in some} for some in (run.scenarios, scenarios))
    changed = sorted(name for name in kept.keys() | wanted.keys() if kept.get(name) != wanted.get(name))
    if changed:
        raise StaleRun(f"{RUN.name} is older than these scenarios: {', '.join(changed)}; renew it with: make sample")
    known = load_known(scenarios, KNOWN)
    return judge(run, known), known


def filled(page: str, run: Run, known: Known) -> str:
    """Return a page's text with all its generated blocks made anew.

    Raises:
        KeyError: a block has a name that nothing is generated for.
    """
    return _BLOCK.sub(lambda block: f"{block['begin']}\n{TABLES[block['name']](run, known)}\n\n", page)


def matrix(run: Run, _: Known) -> str:
    """Return what the terminal shows, down to the first reason, and its last line."""
    stream = io.StringIO()
    terminal.show(run, stream, width=_WIDTH)
    opening, table, differing, *_rest, summary = stream.getvalue().rstrip("\n").split("\n\n")
    shown = "\n\n".join((opening, table, _first_finding(differing), "...", summary))
    return f"```text\n{shown}\n```\n\n{_origin(run)}"


def features(run: Run, _: Known) -> str:
    """Return the class project's table of features, each cell out of what the run observed."""
    reference = run.target(run.reference).version
    heading = ["feature", "original (`basic`)", "improved (`custom`)", reference, "seen in"]
    rows = [
        [
            feature.name,
            *(feature.seen(run, target) for target in ("basic", "custom", run.reference)),
            ", ".join(f"`{name}`" for name in feature.scenarios) or "every scenario",
        ]
        for feature in FEATURES
    ]
    return f"{_table(heading, rows)}\n\n{_origin(run)}"


def differences_of(target: str) -> Callable[[Run, Known], str]:
    """Return what makes the table of a target's known differences from Consul: one row for each reason."""

    def table(run: Run, known: Known) -> str:
        reasons: dict[tuple[str, str, str], list[str]] = {}
        for entry in known.entries:
            if entry.target == target:
                line = f"`{entry.scenario} / {entry.step}`: {escape(_sentence(run, entry))}"
                reasons.setdefault((entry.why, entry.source, entry.versions), []).append(line)
        rows = [
            ["<br>".join(lines), escape(why), f"`{versions}`<br>{escape(source)}"]
            for (why, source, versions), lines in reasons.items()
        ]
        return _table(["what differs", "why", "Consul's versions, source"], rows)

    return table


TABLES: dict[str, Callable[[Run, Known], str]] = {
    "matrix": matrix,
    "features": features,
    "differences-custom": differences_of("custom"),
    "differences-basic": differences_of("basic"),
}
"""What is generated, by the name of its block."""


def main() -> None:
    """Write the pages that change, and say which."""
    run, known = load()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        renewed = filled(text, run, known)
        if renewed != text:
            page.write_text(renewed, encoding="utf-8")
        print(f"{page.name}: {'renewed' if renewed != text else 'up to date'}")  # noqa: T201 - what it is called for


def _first_finding(block: str) -> str:
    """Return the heading of a block of findings and all down to the end of its first reason."""
    lines = block.splitlines()
    why = next(number for number, line in enumerate(lines) if line.lstrip().startswith("Why: "))
    margin = len(lines[why]) - len(lines[why].lstrip())
    end = next((n for n, line in enumerate(lines[why:], why) if not line.startswith(" " * margin)), len(lines))
    return "\n".join(lines[:end])


def _origin(run: Run) -> str:
    return (
        f"Run on {run.started[:10]} in {run.seconds:.0f} s, the slow scenarios included. It is kept whole: "
        "`discovery-compare show docs/run.json`."
    )


def _sentence(run: Run, entry: KnownDifference) -> str:
    """Return an entry in words. TOML has no null, so whether a value was null or not there is looked up in the run."""
    seen = (
        judged.difference.kind
        for verdict in run.verdicts_on(entry.target, entry.scenario)
        if verdict.step == entry.step
        for judged in verdict.differences
        if judged.difference.path == entry.path
    )
    step = run.scenario(entry.scenario).step(entry.step)
    difference = Difference(next(seen, _kind(entry)), entry.path, entry.reference, entry.observed)
    return sentence("Consul", entry.target, step.do if step else "", difference)


def _kind(entry: KnownDifference) -> Kind:
    """Return what an entry is about that does not show on the run's version of Consul."""
    if entry.observed is None:
        return Kind.MISSING
    return Kind.EXTRA if entry.reference is None else Kind.CHANGED


def _table(heading: list[str], rows: Iterable[list[str]]) -> str:
    def lines() -> Iterator[str]:
        yield f"| {' | '.join(heading)} |"
        yield f"|{' --- |' * len(heading)}"
        for row in rows:
            yield f"| {' | '.join(row)} |"

    return "\n".join(lines())


if __name__ == "__main__":
    main()
