"""Plays transcripts to the facade, as a run of the comparison, and says what a test has to say of such a run."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compare.judgement import Judgement
from compare.reports.text import shown
from compare.wire.events import Judged
from compare.wire.exceptions import EXCEPTIONS, Exceptions, load_exceptions
from compare.wire.runner import WORKERS, Plan, execute
from compare.wire.transcript import load_all, versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from compare.wire.run import ScenarioVerdict
    from compare.wire.sources import WireSource


@dataclass(frozen=True, slots=True)
class Replay:
    """What to play, and by what to judge.

    Args:
        target: what is judged.
        version: of Consul: whose transcripts are played.
        reference: a live agent to judge by; without one, the transcripts.
    """

    target: WireSource
    version: str
    reference: WireSource | None = None

    def play(self, only: Collection[str] = (), *, workers: int = WORKERS) -> Judged:
        """Play all scenarios, or some, to their end."""
        transcripts = tuple(each for each in load_all(self.version) if not only or each.scenario in only)
        plan = Plan(self.target, self.reference, self.version, transcripts, exceptions(), workers)
        *_, judged = execute(plan, threading.Event())
        assert isinstance(judged, Judged)
        sides = (judged.run.target, judged.run.reference)
        assert not any(side.failure for side in sides), [side.failure for side in sides]
        return judged

    def lasting(self, verdicts: Iterable[ScenarioVerdict]) -> list[str]:
        """Return the faults of those scenarios that have some again when they are played once more, one by one.

        A machine that is busy with all else can keep an agent waiting for longer than a scenario allows for.
        """
        again = {verdict.scenario for verdict in verdicts if faults([verdict])}
        return faults(self.play(again, workers=1).run.scenarios) if again else []


def exceptions() -> Exceptions:
    """Read our own list."""
    return load_exceptions({version: load_all(version) for version in versions()}, EXCEPTIONS)


def faults(scenarios: Iterable[ScenarioVerdict]) -> list[str]:
    """Return a line for all that makes a run fail: what differs unexpectedly, is unknown, or is excepted in vain."""
    return [line for scenario in scenarios for line in _faults(scenario)]


def _faults(scenario: ScenarioVerdict) -> Iterator[str]:
    for step in scenario.steps:
        place = f"{scenario.scenario} / {step.number} {step.label}"
        if step.judgement is Judgement.UNKNOWN:
            yield f"{place}: {step.reason}"
        for finding in step.findings:
            if finding.judgement is Judgement.UNEXPECTED:
                before, after = shown(finding.difference.reference), shown(finding.difference.observed)
                yield f"{place}, {finding.difference.path}: {before} there, {after} here; {finding.words}"
    for stale in scenario.stale:
        yield f"{stale.scenario} / {stale.step}, {stale.path}: excepted in vain"
