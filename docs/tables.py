"""Fills the generated tables of the pages from the kept runs, known.toml and the code; it runs nothing.

``make docs`` calls it.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compare.bench.goals import reached
from compare.bench.reports import terminal as bench_terminal
from compare.bench.reports import words
from compare.bench.run import CEILING
from compare.difference import Difference, Kind
from compare.reports import terminal
from compare.reports.markdown import escape
from compare.reports.sentences import sentence
from compare.wire.reports import terminal as wire_terminal
from compare.wire.reports.view import View
from custom_registry.__main__ import command
from custom_registry.api.consul.endpoints import ENDPOINTS
from docs.features import FEATURES
from docs.kept import WIRE, Kept, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from compare.known import KnownDifference
    from compare.run import Run
    from custom_registry.api.consul.endpoints import Endpoint

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = tuple(REPOSITORY / page for page in ("README.md", "CONSUL.md", "docs/operate.md", "docs/performance.md"))

_BLOCK = re.compile(r"(?P<begin><!-- generated: (?P<name>[\w-]+) -->\n).*?(?=<!-- end of generated -->)", re.DOTALL)
_WIDTH = 90  # characters of the terminal that the samples show


def filled(page: str, kept: Kept) -> str:
    """Return a page's text with all its generated blocks made anew.

    Raises:
        KeyError: a block has a name that nothing is generated for.
    """
    return _BLOCK.sub(lambda block: f"{block['begin']}\n{TABLES[block['name']](kept)}\n\n", page)


def matrix(kept: Kept) -> str:
    """Return what the terminal shows, down to the first reason, and its last line."""
    stream = io.StringIO()
    terminal.show(kept.run, stream, width=_WIDTH)
    opening, table, differing, *_rest, summary = stream.getvalue().rstrip("\n").split("\n\n")
    shown = "\n\n".join((opening, table, _first_finding(differing), "...", summary))
    return f"```text\n{shown}\n```\n\n{_origin(kept.run)}"


def features(kept: Kept) -> str:
    """Return the class project's table of features, each cell out of what the run observed."""
    run = kept.run
    reference = run.target(run.reference).version
    heading = ["feature", "original (`basic`)", "improved (`custom`)", "as Consul (`facade`)", reference, "seen in"]
    rows = [
        [
            feature.name,
            *(feature.seen(run, target) for target in ("basic", "custom", "facade", run.reference)),
            ", ".join(f"`{name}`" for name in feature.scenarios) or "every scenario",
        ]
        for feature in FEATURES
    ]
    return f"{_table(heading, rows)}\n\n{_origin(run)}"


def differences_of(target: str) -> Callable[[Kept], str]:
    """Return what makes the table of a target's known differences from Consul: one row for each reason."""

    def table(kept: Kept) -> str:
        reasons: dict[tuple[str, str, str], list[str]] = {}
        for entry in kept.known.entries:
            if entry.target == target:
                line = f"`{entry.scenario} / {entry.step}`: {escape(_sentence(kept.run, entry))}"
                reasons.setdefault((entry.why, entry.source, entry.versions), []).append(line)
        rows = [
            ["<br>".join(lines), escape(why), f"`{versions}`<br>{escape(source)}"]
            for (why, source, versions), lines in reasons.items()
        ]
        return _table(["what differs", "why", "Consul's versions, source"], rows)

    return table


def wire(kept: Kept) -> str:
    """Return what the wire's command shows in the newest dialect, but for the single steps, and all last lines."""
    stream = io.StringIO()
    newest, *older = kept.wire
    wire_terminal.show(newest, stream, width=_WIDTH)
    opening, scenarios, endpoints, *_steps, summary = stream.getvalue().rstrip("\n").split("\n\n")
    shown = f"{opening}\n\n{scenarios}\n\n{endpoints}\n\n...\n\n{summary}"
    rest = " ".join(f"As {run.target.version}: {View(run).summary}" for run in older)
    whole = " and ".join(f"`discovery-compare show docs/{file.name}`" for file in WIRE)
    return f"```text\n{shown}\n```\n\n{rest}\n\nRun on {newest.started[:10]}, and kept whole: {whole}."


def bench_goals(kept: Kept) -> str:
    """Return what is to be reached beside Consul, and what of it the kept bench reached."""
    rows = [
        [one.goal.title, one.target, words.limit(one), words.measured(one), words.verdict(one)]
        for one in reached(kept.bench)
    ]
    return f"{_table(['work', 'target', 'wanted', 'measured', ''], rows)}\n\n{bench_terminal.opening(kept.bench)}."


def bench(kept: Kept) -> str:
    """Return all that the kept bench measured, with the targets and what could not be measured."""
    run = kept.bench
    names = [target.name for target in run.targets if not target.failure]
    rows = [
        [work.title, f"{size:,}", words.METRICS[metric], *cells]
        for work in run.works
        for size in run.sizes(work.name)
        for metric in work.metrics
        if any(cells := [words.cell(run, (work.name, size, name), metric) for name in (*names, CEILING)])
    ]
    targets = "\n".join(f"- `{target.name}`: {escape(target.version)}; {escape(target.how)}" for target in run.targets)
    problems = "\n".join(f"- {escape(problem)}" for problem in words.problems(run))
    table = _table(["work", "at", "", *names, CEILING], rows)
    told = "`*` is the better of the references, by which the others' ratios are taken; `±` is half of the range."
    return f"{targets}\n\n{table}\n\n{told}\n\nNot measured, and why:\n\n{problems or '- nothing'}"


def endpoints(_: Kept) -> str:
    """Return the table of Consul's endpoints, from the one by which they are served."""
    rows = [
        [f"`{' '.join(each.methods)}`", f"`{each.path}{'…' if each.path.endswith('/') else ''}`", _served(each)]
        for each in ENDPOINTS
    ]
    return _table(["methods", "path", "served"], rows)


def settings(_: Kept) -> str:
    """Return the table of the registry's settings, from the command that takes them."""
    options = [option for option in command.params if isinstance(option, click.Option) and option.expose_value]
    rows = [
        [
            " or ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts)),
            f"`CUSTOM_REGISTRY_{(option.name or '').upper()}`",
            _default(option.default),
            escape(option.help or ""),
        ]
        for option in options
    ]
    return _table(["flag", "environment", "default", "what it is"], rows)


def _default(value: object) -> str:
    """Return a default as it is written in the environment; nothing where there is none."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, str | int | float) and value != "" else ""


def _served(endpoint: Endpoint) -> str:
    return f"{endpoint.served.value}: {escape(endpoint.note)}" if endpoint.note else endpoint.served.value


TABLES: dict[str, Callable[[Kept], str]] = {
    "matrix": matrix,
    "features": features,
    "wire": wire,
    "bench-goals": bench_goals,
    "bench": bench,
    "endpoints": endpoints,
    "settings": settings,
    "differences-custom": differences_of("custom"),
    "differences-basic": differences_of("basic"),
}
"""What is generated, by the name of its block."""


def main() -> None:
    """Write the pages that change, and say which."""
    kept = load()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        renewed = filled(text, kept)
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
