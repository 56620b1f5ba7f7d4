"""The command ``discovery-compare``: turns options into a plan and a run into reports; it neither drives nor judges."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compare import completion
from compare.bench.command import bench
from compare.consul_agent import DEFAULT_TAG
from compare.draft import draft_known
from compare.events import RunFinished
from compare.handbook import handbook
from compare.history import Outcome
from compare.known import KNOWN, BadKnown, Known, load_known
from compare.loading import SCENARIOS, BadScenario, load_scenarios, select
from compare.recording import DEFAULT, load_recording, recordings
from compare.reports import FILE_REPORTS, json, terminal
from compare.reports.progress import LiveProgress
from compare.run import TARGET_MISSING, UNEXPECTED, UnreadableRun
from compare.runner import Plan, execute
from compare.running import require_folders, stopping
from compare.sources import TargetMissing
from compare.targets import UnknownTarget, is_consul, resolve
from compare.wire.command import record_wire, show_wire, wire
from compare.wire.reports import json as wire_json
from compare.wire.run import WireRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compare.recording import Recording
    from compare.run import Run
    from compare.scenario import Scenario
    from compare.sources import Source

_DEFAULT_TARGETS = ("basic", "custom", "facade", "consul")
_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
_RECORDING = click.Path(writable=True, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)


_HELP = """Put registries through the same scenarios and show what behaves alike, what differs, and why.

\b
  discovery-compare run                         basic, custom, facade and a real Consul
  discovery-compare run custom --only lapse     one scenario; Consul is the reference
  discovery-compare run registry://host:5001    any registry that has a URL
  discovery-compare run --html page.html        and write a page that needs nothing else
  discovery-compare wire facade                 play what a real Consul was asked, and judge each answer
  discovery-compare bench --quick               time the same work on each, with a real Consul beside
"""


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(version("discovery-compare"), prog_name="discovery-compare", message="%(prog)s %(version)s")
def main() -> None:
    """Choose between the commands."""


main.add_command(wire)
main.add_command(bench)
main.add_command(completion.completion)


def _scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose scenarios."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option(
            "--only",
            multiple=True,
            metavar="NAME",
            shell_complete=completion.scenarios,
            help="Only this scenario, slow or not; may be repeated.",
        ),
        click.option(
            "--scenarios", "folders", multiple=True, type=folder, help="A folder with more scenarios (see verbs)."
        ),
    ):
        command = option(command)
    return command


def _consul_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which Consul."""
    for option in (
        click.option("--consul-binary", metavar="PROGRAM", help="The Consul to start; by default the one on PATH."),
        click.option("--consul-tag", default=DEFAULT_TAG, show_default=True, help="The image's tag, for a container."),
    ):
        command = option(command)
    return command


def _report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each report that is a file."""
    for name, report in FILE_REPORTS.items():
        command = click.option(f"--{name}", type=_OUTPUT, metavar="FILE", help=f"Write {report.help}.")(command)
    return command


@main.command(name="list")
@_scenario_options
def list_(only: Sequence[str], folders: Sequence[Path]) -> None:
    """List the scenarios, each with the question that it asks."""
    group = ""
    for scenario in _scenarios(only, folders, slow=True):
        if scenario.group != group:
            group = scenario.group
            click.secho(f"\n{group}", bold=True)
        click.echo(f"  {scenario.name:<24} {scenario.question}{' (slow)' if scenario.slow else ''}")
    click.echo(f"\nRecordings: {', '.join(recordings()) or 'none'}")


@main.command()
def verbs() -> None:
    """Show what a scenario of one's own may consist of: the verbs and their arguments."""
    click.echo(handbook())


@main.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=completion.targets)
@_scenario_options
@click.option("--slow", is_flag=True, help="Run the slow scenarios too; they take some two minutes.")
@click.option(
    "--reference",
    metavar="TARGET",
    shell_complete=completion.targets,
    help="By what the others are measured; by default the real Consul.",
)
@click.option("--noise", is_flag=True, help="Run the reference twice, and tell noise from difference.")
@click.option("--known", multiple=True, type=_INPUT, metavar="FILE", help="Further known differences; may be repeated.")
@click.option("--draft-known", type=_OUTPUT, metavar="FILE", help="Write what is unexpected as entries to complete.")
@_consul_options
@_report_options
def run(targets: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click hands over what it parsed
    """Compare targets, by default basic, custom, facade and a real Consul.

    A TARGET is basic or custom (our registry by its own API), facade (our registry by Consul's API, in the dialect of
    the reference; facade:1.21 and facade:1.8 in that one), consul (the one at CONSUL_HTTP_ADDR, or one started from the
    program consul, or from a container), consul:docker, consul:<tag>, recorded:<name or file>, the URL of a registry,
    or <name>=<URL>: what is known of custom also holds for custom=registry://host:5001.

    Exit codes: 0 nothing unexpected; 1 an unexpected difference, a step that could not be carried out, or a known
    difference that no longer shows; 2 wrong usage; 3 a target could not be had; 130 interrupted.
    """
    writers = {name: report.render for name, report in FILE_REPORTS.items()} | {"draft_known": draft_known}
    outputs = {options[name]: render for name, render in writers.items() if options[name] is not None}
    require_folders(outputs)
    finished = _execute(_plan(targets, options))
    terminal.show(finished, sys.stdout)
    for file, render in outputs.items():
        file.write_text(render(finished), encoding="utf-8")
    sys.exit(finished.exit_code)


@main.command()
@click.argument("target", default="consul", shell_complete=completion.targets)
@click.option("-o", "--output", type=_RECORDING, required=True, metavar="FILE", help="Where to write the recording.")
@click.option("--wire", "as_wire", is_flag=True, help="Record the wire: transcripts, into a folder given with -o.")
@click.option("--slow/--no-slow", default=True, show_default=True, help="With the slow scenarios, some two minutes.")
@_scenario_options
@_consul_options
def record(target: str, output: Path, *, as_wire: bool, **options: Any) -> None:  # noqa: ANN401 - click hands over what it parsed
    """Record what a TARGET does, by default a real Consul, to be played back as recorded:FILE.

    With --wire it makes transcripts, for the command wire, out of what a Consul of any version answers to the requests
    of those that there are.

    Only a whole run is kept: exit code 1 and no file if a step could not be carried out.
    """
    require_folders([output])
    if as_wire:
        record_wire(target, output, options["only"], options["consul_binary"])
        return
    if output.is_dir():
        raise click.UsageError(f"{output} is a folder; only with --wire it is")
    source = _resolve(target, options)
    scenarios = _scenarios(options["only"], options["folders"], slow=options["slow"])
    finished = _execute(Plan((source,), source.name, scenarios))
    unknown = [
        f"{history.scenario} / {seen.step}: {seen.message}"
        for history in finished.histories
        for seen in history.observations
        if seen.outcome is Outcome.UNKNOWN
    ]
    if finished.exit_code or unknown:
        failures = [target.failure for target in finished.targets if target.failure]
        for line in (*failures, *unknown):
            click.echo(line, err=True)
        click.echo("Not recorded: the run is not whole.", err=True)
        sys.exit(finished.exit_code or UNEXPECTED)
    output.write_text(json.render(replace(finished, verdicts=())), encoding="utf-8")
    click.echo(f"{finished.targets[0].version}: {len(scenarios)} scenarios recorded in {output}")


@main.command()
@click.argument("file", type=_INPUT, metavar="RUN.json")
@_report_options
def show(file: Path, **files: Path | None) -> None:
    """Show a run, of the wire too, that was written with --json, again or as another report. Exits as the run did."""
    outputs = {name: path for name, path in files.items() if path}
    require_folders(outputs.values())
    try:
        text = file.read_text(encoding="utf-8")
        finished = wire_json.read(text) or json.read(text)
    except (OSError, ValueError, UnreadableRun) as error:
        raise click.UsageError(f"{file}: {error}") from error
    if isinstance(finished, WireRun):
        show_wire(finished, outputs)
    else:
        _show(finished, outputs)
    sys.exit(finished.exit_code)


def _show(finished: Run, outputs: Mapping[str, Path]) -> None:
    terminal.show(finished, sys.stdout)
    for name, path in outputs.items():
        path.write_text(FILE_REPORTS[name].render(finished), encoding="utf-8")


def _plan(names: tuple[str, ...], options: Mapping[str, Any]) -> Plan:
    """Turn names and options into a plan; without a reference among the targets, one is added."""
    targets = [_resolve(name, options) for name in names or _DEFAULT_TARGETS]
    if options["reference"]:
        reference = _resolve(options["reference"], options)
    else:
        reference = next((target for target in targets if is_consul(target.name)), None) or _resolve("consul", options)
    called = [target.name for target in targets]
    if len(set(called)) != len(called):
        raise click.UsageError("a target is named twice; to see a target differ from itself, use --noise")
    if reference.name not in called:
        targets.append(reference)
    scenarios = _scenarios(options["only"], options["folders"], slow=options["slow"])
    fallback = None if "consul" in {*names, options["reference"]} else _default_recording()
    return Plan(tuple(targets), reference.name, scenarios, _known(options), options["noise"], fallback)


def _resolve(name: str, options: Mapping[str, Any]) -> Source | Recording:
    try:
        return resolve(name, binary=options["consul_binary"], tag=options["consul_tag"])
    except UnknownTarget as error:
        raise click.UsageError(str(error)) from error
    except TargetMissing as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(TARGET_MISSING)


def _default_recording() -> Recording | None:
    try:
        return load_recording(DEFAULT)
    except TargetMissing:
        return None


def _scenarios(only: Sequence[str], folders: Sequence[Path], *, slow: bool) -> tuple[Scenario, ...]:
    try:
        return select(load_scenarios(SCENARIOS, *folders), only, slow=slow)
    except BadScenario as error:
        raise click.UsageError(str(error)) from error


def _known(options: Mapping[str, Any]) -> Known:
    """Read our own known differences, and those that the user adds for scenarios of his own."""
    try:
        every = load_scenarios(SCENARIOS, *options["folders"])
        return load_known(every, KNOWN, *options["known"])
    except (BadKnown, BadScenario) as error:
        raise click.UsageError(str(error)) from error


def _execute(plan: Plan) -> Run:
    """Carry a plan out, showing its progress; Ctrl-C and SIGTERM end it early, and in order."""
    with stopping() as stop, LiveProgress(sys.stderr) as progress:
        for event in execute(plan, stop):
            progress(event)
            if isinstance(event, RunFinished):
                return event.run
    raise AssertionError("a run ends with RunFinished")
