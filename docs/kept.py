"""Loads the runs that are kept for the pages, and tells when they are no longer today's; it knows no page.

The run is ``docs/run.json``; its histories are judged again by the known.toml of today, so that a reason which is
worded better needs no new run. Beside it are the runs of the wire, one for each dialect. ``make sample`` renews these.
The bench is ``docs/bench.json``; ``make bench ARGS="--json docs/bench.json"`` renews it, on a quiet machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compare.bench.run import BenchRun
from compare.judge import judge
from compare.known import KNOWN, load_known
from compare.loading import SCENARIOS, load_scenarios
from compare.reports import json as run_json
from compare.wire.exceptions import EXCEPTIONS, load_exceptions
from compare.wire.run import WireRun
from compare.wire.transcript import Pause, load_all, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compare.known import Known
    from compare.run import Run
    from compare.wire.exceptions import Exceptions
    from compare.wire.run import ScenarioVerdict
    from compare.wire.transcript import Transcript

RUN = Path(__file__).parent / "run.json"
BENCH = Path(__file__).parent / "bench.json"
WIRE = tuple(Path(__file__).parent / f"wire-{dialect}.json" for dialect in ("1.21", "1.8"))


class StaleRun(Exception):
    """A kept run is not one of what would be run today; the message says in what it differs."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables are made of.

    Args:
        run: the kept run, judged by what is known today.
        known: what is known.
        wire: the kept runs of the wire, the newest dialect first.
        bench: the kept bench.
    """

    run: Run
    known: Known
    wire: tuple[WireRun, ...]
    bench: BenchRun


def load() -> Kept:
    """Return what is kept.

    Raises:
        StaleRun: a scenario has come, gone or changed since.
    """
    run = run_json.read(RUN.read_text(encoding="utf-8"))
    scenarios = load_scenarios(SCENARIOS)
    kept, wanted = ({scenario.name: scenario for scenario in some} for some in (run.scenarios, scenarios))
    _require_same(RUN, kept, wanted)
    known = load_known(scenarios, KNOWN)
    bench = BenchRun.from_json(BENCH.read_text(encoding="utf-8"))
    return Kept(judge(run, known), known, tuple(_load_wire(file) for file in WIRE), bench)


def _load_wire(file: Path) -> WireRun:
    run = WireRun.from_dict(json.loads(file.read_text(encoding="utf-8")))
    transcripts = load_all(run.consul)
    exceptions = load_exceptions({version: load_all(version) for version in versions()}, EXCEPTIONS)
    kept = {each.scenario: _places(each) for each in run.scenarios}
    wanted = {each.scenario: _wanted_places(each, exceptions) for each in transcripts}
    _require_same(file, kept, wanted)
    return run


def _places(verdict: ScenarioVerdict) -> list[tuple[str, list[str]]]:
    """Return the steps that were played, each with the places where it differed."""
    return [(step.label, sorted(found.difference.path for found in step.findings)) for step in verdict.steps]


def _wanted_places(transcript: Transcript, exceptions: Exceptions) -> list[tuple[str, list[str]]]:
    """Return the same as it should be: the steps, each with the places of its exceptions."""
    if exceptions.why_left_out(transcript.scenario):
        return []
    entries = exceptions.of(transcript.consul, transcript.scenario)
    return [
        (step.label, sorted(path for entry in entries if entry.step == number for path in entry.places))
        for number, step in enumerate(transcript.steps)
        if not isinstance(step, Pause)
    ]


def _require_same(file: Path, kept: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    changed = sorted(name for name in kept.keys() | wanted.keys() if kept.get(name) != wanted.get(name))
    if changed:
        raise StaleRun(f"{file.name} is older than these scenarios: {', '.join(changed)}; renew it with: make sample")
