"""The command ``wire``, and what ``record --wire`` does: options become a plan, and a run reports."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from compare.reports.progress import LiveProgress
from compare.run import TARGET_MISSING, UNEXPECTED
from compare.running import require_folders, stopping
from compare.sources import TargetMissing
from compare.wire.draft import draft_exceptions
from compare.wire.events import Judged
from compare.wire.exceptions import EXCEPTIONS, BadExceptions, Exceptions, load_exceptions
from compare.wire.reports import FILE_REPORTS, terminal
from compare.wire.runner import WORKERS, Plan, execute
from compare.wire.sources import UnknownTarget, is_own, resolve
from compare.wire.transcript import BadTranscript, load_all, matching, versions

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from compare.wire.run import WireRun
    from compare.wire.sources import WireSource
    from compare.wire.transcript import Transcript

_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)


_HELP = """Send a TARGET what a real Consul was sent, and judge each answer by what that one answered.

Status, content type, Consul's headers, the body path by path and the time that it took must agree exactly, but for the
rules that the report names, each with its reason.

\b
  discovery-compare wire facade              our registry, by the transcripts of the newest Consul
  discovery-compare wire facade:1.8 consul   as Consul 1.8, beside a live one
  discovery-compare wire http://host:8500    an agent that is there; begin with a fresh one
  discovery-compare wire me=http://host:8500 --exceptions mine.toml

A TARGET is facade, facade:<version>, consul (started from the program on PATH), a URL, or <name>=<URL>; facade and
consul are started anew for each scenario. REFERENCE, consul or a URL, is a live agent to judge by, in place of the
transcripts.

Exit codes: 0 nothing unexpected; 1 an unexpected difference, or an exception that no longer shows; 2 wrong usage;
3 a target could not be had; 130 interrupted.
"""


def _report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each report that is a file."""
    for name, report in FILE_REPORTS.items():
        command = click.option(f"--{name}", type=_OUTPUT, metavar="FILE", help=f"Write {report.help}.")(command)
    return command


@click.command(help=_HELP)
@click.argument("target")
@click.argument("reference", required=False)
@click.option("--only", multiple=True, metavar="NAME", help="Only this scenario; may be repeated.")
@click.option("--version", metavar="VERSION", help="Play the transcripts of this Consul; by default the target's own.")
@click.option("--exceptions", multiple=True, type=_INPUT, metavar="FILE", help="A list of exceptions; may be repeated.")
@click.option(
    "--draft-exceptions", type=_OUTPUT, metavar="FILE", help="Write what is unexpected as entries to complete."
)
@click.option("--jobs", type=click.IntRange(1), default=WORKERS, show_default=True, help="Scenarios at the same time.")
@click.option("--all-endpoints", is_flag=True, help="Show the endpoints that agree throughout as well.")
@click.option("--consul-binary", metavar="PROGRAM", help="The Consul to start; by default the one on PATH.")
@_report_options
def wire(target: str, reference: str | None, **options: Any) -> None:  # noqa: ANN401 - click hands over what it parsed
    """Play transcripts to a target and report what was found."""
    writers: dict[str, Any] = {name: report.render for name, report in FILE_REPORTS.items()}
    writers["draft_exceptions"] = draft_exceptions
    outputs = {options[name]: render for name, render in writers.items() if options[name] is not None}
    require_folders(outputs)
    judged = _execute(partial(_plan, target, reference, options))
    terminal.show(judged.run, sys.stdout, every_endpoint=options["all_endpoints"])
    for file, render in outputs.items():
        file.write_text(render(judged.run), encoding="utf-8")
    sys.exit(judged.run.exit_code)


def show_wire(run: WireRun, files: Mapping[str, Path]) -> None:
    """Show a run again.

    Args:
        run: what to show.
        files: where to write which of ``FILE_REPORTS``.
    """
    terminal.show(run, sys.stdout)
    for name, file in files.items():
        file.write_text(FILE_REPORTS[name].render(run), encoding="utf-8")


def record_wire(target: str, folder: Path, only: Sequence[str], binary: str | None) -> None:
    """Make transcripts out of what a target answers; only a whole run is kept.

    Args:
        target: as in ``wire``.
        folder: where to write them, a file a scenario; it need not be there yet.
        only: the names of scenarios; all without.
        binary: the program to take for ``consul``.
    """
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file; with --wire it must be a folder")

    def plan(stop: threading.Event) -> Plan:
        source = _resolve(target, binary)
        try:
            requests = matching(source.version(stop))
        except BadTranscript:
            requests = versions()[0]
        return Plan(source, None, requests, _transcripts(requests, only))

    judged = _execute(plan)
    run = judged.run
    broken = [(scenario, step) for scenario, step in run.steps() if step.judgement is step.judgement.UNKNOWN]
    if run.interrupted or run.target.failure or broken:
        lines = [run.target.failure] if run.target.failure else []
        for line in lines or sorted({f"{scenario}: {step.reason}" for scenario, step in broken}):
            click.echo(line, err=True)
        click.echo("Not recorded: the run is not whole.", err=True)
        sys.exit(run.exit_code or UNEXPECTED)
    folder.mkdir(exist_ok=True)
    version = run.target.version.removeprefix("Consul ")
    for scenario, seen in judged.seen.items():
        named = seen.model_copy(update={"consul": version})
        (folder / f"{scenario}.json").write_text(named.text(), encoding="utf-8")
    click.echo(f"{run.target.version}: {len(judged.seen)} scenarios recorded in {folder}")


def _plan(target: str, reference: str | None, options: Mapping[str, Any], stop: threading.Event) -> Plan:
    source = _resolve(target, options["consul_binary"])
    beside = _resolve(reference, options["consul_binary"]) if reference else None
    try:
        version = matching(options["version"] or (beside or source).version(stop))
    except BadTranscript as error:
        raise click.UsageError(f"{error}; say with --version whose to play") from error
    exceptions = _exceptions(source.name, options["exceptions"])
    return Plan(source, beside, version, _transcripts(version, options["only"]), exceptions, options["jobs"])


def _resolve(text: str, binary: str | None) -> WireSource:
    try:
        return resolve(text, binary=binary)
    except UnknownTarget as error:
        raise click.UsageError(str(error)) from error
    except TargetMissing as error:
        _missing(error)


def _transcripts(version: str, only: Sequence[str]) -> tuple[Transcript, ...]:
    every = load_all(version)
    there = [each.scenario for each in every]
    unknown = [name for name in only if name not in there]
    if unknown:
        raise click.UsageError(f"no scenario {unknown[0]!r}; there are: {', '.join(there)}")
    return tuple(each for each in every if not only or each.scenario in only)


def _exceptions(name: str, files: Sequence[Path]) -> Exceptions:
    lists = [*([EXCEPTIONS] if is_own(name) else []), *files]
    if not lists:
        return Exceptions()
    try:
        return load_exceptions({version: load_all(version) for version in versions()}, *lists)
    except BadExceptions as error:
        raise click.UsageError(str(error)) from error


def _execute(plan: Callable[[threading.Event], Plan]) -> Judged:
    """Make a plan and carry it out, showing its progress; Ctrl-C and SIGTERM end it early, and in order."""
    with stopping() as stop, LiveProgress(sys.stderr) as progress:
        try:
            made = plan(stop)
        except TargetMissing as error:
            _missing(error)
        for event in execute(made, stop):
            progress(event)
            if isinstance(event, Judged):
                return event
    raise AssertionError("a run ends with Judged")


def _missing(error: TargetMissing) -> NoReturn:
    click.echo(f"Error: {error}", err=True)
    sys.exit(TARGET_MISSING)
