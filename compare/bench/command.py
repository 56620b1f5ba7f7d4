"""The command ``bench``: options become a plan, a run becomes reports; it measures nothing."""

from __future__ import annotations

import sys
from dataclasses import replace as changed
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from compare.bench import wrk
from compare.bench.events import Finished
from compare.bench.forms import FORMS
from compare.bench.reports import FILE_REPORTS, terminal
from compare.bench.reports.progress import BenchProgress
from compare.bench.run import BenchRun, TargetInfo, UnreadableRun
from compare.bench.runner import Plan, execute
from compare.bench.schedule import works
from compare.bench.sources import resolve
from compare.run import TARGET_MISSING
from compare.running import require_folders, stopping
from compare.sources import NoConsul, TargetMissing
from compare.targets import UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from compare.bench.run import Form
    from compare.bench.sources import Source

_DEFAULT_TARGETS = ("facade", "custom", "consul")
_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)

_HELP = """Time the same work on several TARGETs, by default facade, custom and a real Consul in both of its modes.

\b
  discovery-compare bench --quick                  two minutes
  discovery-compare bench --html bench.html        with plots; half an hour and more
  discovery-compare bench facade consul --only heartbeat
  discovery-compare bench facade before=http://127.0.0.1:8500
  discovery-compare bench --show bench.json        a run that was written with --json

A TARGET is facade (our registry, asked in Consul's API), custom (in its own), consul (the program on PATH, as a dev
agent and as a server with a data directory), consul-dev, consul-server, a URL (http:// and consul:// are asked in
Consul's API, registry:// in the native one), or <name>=<URL>; one that is called consul is a reference. What is
registered at a URL is removed again.

The targets take turns in every round. A ratio is taken of medians, to the faster of Consul's modes. A target whose
answers are wrong, or that closes connections, has no figures but says so. The load comes from wrk where it is
installed, and from a generator of ours where not; what waits for changes is always ours.

Figures count on a quiet machine only. Exit codes: 0 measured; 1 a target gave wrong answers; 2 wrong usage; 3 a target
could not be had; 130 interrupted, with what there was until then.
"""


def _report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each report that is a file."""
    for name, (_, what) in FILE_REPORTS.items():
        command = click.option(f"--{name}", type=_OUTPUT, metavar="FILE", help=f"Write {what}.")(command)
    return command


@click.command(help=_HELP)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--quick", "form", flag_value="quick", help="Few and short rounds, up to 1,000 instances.")
@click.option("--large", "form", flag_value="large", help="Up to 100,000 instances.")
@click.option("--tiny", "form", flag_value="tiny", help="To see that it works; the figures mean nothing.")
@click.option("--only", multiple=True, metavar="WORK", help="Only this work; may be repeated.")
@click.option("--rounds", type=click.IntRange(1), metavar="N", help="Rounds of each load.")
@click.option("--seconds", type=click.FloatRange(0.1, 60), metavar="S", help="Seconds of each load.")
@click.option("--budget", type=click.FloatRange(1), metavar="S", help="Seconds to fill a target up to each size.")
@click.option(
    "--generator", type=click.Choice(["wrk", "own"]), help="What makes the load; by default wrk if it is there."
)
@click.option("--consul-binary", metavar="PROGRAM", help="The Consul to start; by default the one on PATH.")
@click.option("--show", "shown", type=_INPUT, metavar="RUN.json", help="Measure nothing; show this run.")
@_report_options
def bench(targets: tuple[str, ...], shown: Path | None, **options: Any) -> None:  # noqa: ANN401 - click hands over what it parsed
    """Measure, or read a run, and report it."""
    outputs = {options[name]: render for name, (render, _) in FILE_REPORTS.items() if options[name] is not None}
    require_folders(outputs)
    if not shown and find_spec("psutil") is None:
        raise click.UsageError('to measure, psutil is needed; try: pip install "discovery-compare[bench]"')
    run = _read(shown) if shown else _execute(_plan(targets, options))
    terminal.show(run, sys.stdout)
    for file, render in outputs.items():
        file.write_text(render(run), encoding="utf-8")
    sys.exit(run.exit_code)


def _read(file: Path) -> BenchRun:
    try:
        return BenchRun.from_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, UnreadableRun) as error:
        raise click.UsageError(f"{file}: {error}") from error


def _plan(names: tuple[str, ...], options: Mapping[str, Any]) -> Plan:
    form = _form(options)
    known = [work.name for work in works(form) if work.name not in {"fill", "start"}]
    unknown = [work for work in options["only"] if work not in known]
    if unknown:
        raise click.UsageError(f"no work {unknown[0]!r}; there are: {', '.join(known)}")
    plan = Plan((), form, _generator(options["generator"]), tuple(options["only"]))
    for name in names or _DEFAULT_TARGETS:
        plan = _with_target(plan, name, options["consul_binary"], asked_for=bool(names))
    called = [source.name for source in plan.sources]
    if len(set(called)) != len(called):
        raise click.UsageError("a target is named twice; give a URL a name of its own by <name>=<URL>")
    return plan


def _form(options: Mapping[str, Any]) -> Form:
    given = {name: options[name] for name in ("rounds", "seconds", "budget") if options[name] is not None}
    return replace(FORMS[options["form"] or "full"], **given)


def _generator(wanted: str | None) -> str:
    """Return what wrk says it is, or nothing where it is not to be used."""
    there = None if wanted == "own" else wrk.version()
    if wanted == "wrk" and there is None:
        raise click.UsageError("wrk is not installed; on Debian, apt install wrk does it")
    return there or ""


def _with_target(plan: Plan, name: str, binary: str | None, *, asked_for: bool) -> Plan:
    try:
        sources: tuple[Source, ...] = resolve(name, binary=binary)
    except UnknownTarget as error:
        raise click.UsageError(str(error)) from error
    except TargetMissing as error:
        if isinstance(error, NoConsul) and not asked_for:
            return changed(plan, notes=(*plan.notes, f"There are no ratios: {error}."))
        return changed(plan, missing=(*plan.missing, TargetInfo(name, failure=str(error))))
    return changed(plan, sources=(*plan.sources, *sources))


def _execute(plan: Plan) -> BenchRun:
    """Carry a plan out, showing its progress; Ctrl-C and SIGTERM end it early, and in order."""
    if not plan.sources:
        for info in plan.missing:
            click.echo(f"Error: {info.failure}", err=True)
        sys.exit(TARGET_MISSING)
    with stopping() as stop, BenchProgress(sys.stderr) as progress:
        for event in execute(plan, stop):
            progress(event)
            if isinstance(event, Finished):
                return event.run
    raise AssertionError("a run ends with Finished")
