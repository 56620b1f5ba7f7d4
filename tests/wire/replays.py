"""Plays all transcripts to the facade, as a run of the comparison, and says what a test has to say of such a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from compare.judgement import Judgement
from compare.reports.text import shown
from compare.wire.events import Judged
from compare.wire.exceptions import EXCEPTIONS, Exceptions, load_exceptions
from compare.wire.runner import WORKERS, Plan, execute
from compare.wire.transcript import load_all, versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compare.wire.run import ScenarioVerdict, WireRun
    from compare.wire.sources import WireSource


def exceptions() -> Exceptions:
    """Read our own list."""
    return load_exceptions({version: load_all(version) for version in versions()}, EXCEPTIONS)


def replay(target: WireSource, version: str, reference: WireSource | None = None, workers: int = WORKERS) -> Judged:
    """Play the transcripts of a version of Consul, and judge by them or by a live agent."""
    plan = Plan(target, reference, version, load_all(version), exceptions(), workers)
    *_, judged = execute(plan, threading.Event())
    assert isinstance(judged, Judged)
    return judged


def faults(run: WireRun) -> list[str]:
    """Return a line for all that makes a run fail: what differs unexpectedly, is unknown, or is excepted in vain."""
    missing = [f"{side.name}: {side.failure}" for side in (run.target, run.reference) if side.failure]
    return [*missing, *faults_of(run.scenarios)]


def faults_of(scenarios: Iterable[ScenarioVerdict]) -> list[str]:
    """Return a line for each step of which that is so."""
    found: list[str] = []
    for scenario in scenarios:
        for step in scenario.steps:
            place = f"{scenario.scenario} / {step.number} {step.label}"
            found += [f"{place}: {step.reason}"] * (step.judgement is Judgement.UNKNOWN)
            found += [
                f"{place}, {finding.difference.path}: {shown(finding.difference.reference)} there, "
                f"{shown(finding.difference.observed)} here; {finding.words}"
                for finding in step.findings
                if finding.judgement is Judgement.UNEXPECTED
            ]
        found += [f"{stale.scenario} / {stale.step}, {stale.path}: excepted in vain" for stale in scenario.stale]
    return found
