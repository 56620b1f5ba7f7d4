"""Judges histories by the reference's: same, known, noise or unexpected; it must not do anything to a target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compare.difference import Difference, Kind, differences
from compare.history import Observation, Outcome
from compare.judgement import JudgedDifference, Judgement, StaleKnown, Verdict
from compare.run import SelfDifference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compare.history import History
    from compare.known import Known, KnownDifference
    from compare.run import Run
    from compare.scenario import Step

_ANSWERS = {Outcome.OK, Outcome.REFUSED}


def judge(run: Run, known: Known, again: Sequence[History] = ()) -> Run:
    """Return the run with its verdicts.

    Args:
        run: with all its histories.
        known: the differences that are known.
        again: the histories of a second run of the reference, where noise is to be told from difference.
    """
    return _Judge(run, known.on(run.target(run.reference).version), _noise(run, again)).judged()


def compare_observations(reference: Observation, observed: Observation) -> tuple[Difference, ...]:
    """Return the differences between two answers; their words are not compared, only the kind of a refusal."""
    before, after = _outcome(reference), _outcome(observed)
    if before != after:
        return (Difference(Kind.OUTCOME, "outcome", before, after),)
    return differences(reference.value, observed.value)


@dataclass(frozen=True, slots=True)
class _Judge:
    run: Run
    known: tuple[KnownDifference, ...]
    noise: tuple[SelfDifference, ...]

    def judged(self) -> Run:
        verdicts = tuple(
            self._verdict(target.name, scenario.name, step)
            for scenario in self.run.scenarios
            for target in self.run.targets
            for step in scenario.steps
        )
        return replace(self.run, verdicts=verdicts, stale=tuple(self._stale(verdicts)), noise=self.noise)

    def _verdict(self, target: str, scenario: str, step: Step) -> Verdict:
        reference = self._observation(self.run.reference, scenario, step)
        observed = self._observation(target, scenario, step)
        for side, seen in ((target, observed), (self.run.reference, reference)):
            if seen.outcome is Outcome.UNKNOWN:
                return Verdict(target, scenario, step.id, Judgement.UNKNOWN, reason=f"{side}: {seen.message}")
        return self._compared(target, scenario, reference, observed)

    def _compared(self, target: str, scenario: str, reference: Observation, observed: Observation) -> Verdict:
        if reference.outcome is Outcome.NOT_OFFERED:
            reason = f"{self.run.reference}: {reference.message}"
            return Verdict(target, scenario, reference.step, Judgement.NOT_OFFERED, reason=reason)
        if observed.outcome is Outcome.NOT_OFFERED and not self.run.target(target).complete:
            reason = f"{target}: {observed.message}"
            return Verdict(target, scenario, observed.step, Judgement.NOT_OFFERED, reason=reason)
        found = tuple(
            self._weigh(target, scenario, observed.step, difference)
            for difference in compare_observations(reference, observed)
        )
        gravest = Judgement.gravest(entry.judgement for entry in found)
        return Verdict(target, scenario, observed.step, gravest, found)

    def _weigh(self, target: str, scenario: str, step: str, difference: Difference) -> JudgedDifference:
        for entry in self._entries(target, scenario, step):
            if entry.covers(difference):
                return JudgedDifference(difference, Judgement.KNOWN, entry.why, entry.source)
        for own in self.noise:
            if (own.scenario, own.step, own.difference.path) == (scenario, step, difference.path):
                return JudgedDifference(difference, Judgement.NOISE, "the reference differs from itself here")
        return JudgedDifference(difference, Judgement.UNEXPECTED)

    def _entries(self, target: str, scenario: str, step: str) -> list[KnownDifference]:
        return [entry for entry in self.known if entry.place[:3] == (target, scenario, step)]

    def _observation(self, target: str, scenario: str, step: Step) -> Observation:
        history = self.run.history(target, scenario)
        seen = history.observation(step.id) if history else None
        if seen is not None:
            return seen
        failure = self.run.target(target).failure
        reason = failure or ("the run was interrupted" if self.run.interrupted else "nothing was observed")
        return Observation(step.id, step.do, Outcome.UNKNOWN, message=reason)

    def _stale(self, verdicts: Iterable[Verdict]) -> Iterable[StaleKnown]:
        """Find the known differences that did not show though both sides answered."""
        by_place = {(made.target, made.scenario, made.step): made for made in verdicts}
        for entry in self.known:
            verdict = by_place.get(entry.place[:3])
            if verdict is None or verdict.judgement in {Judgement.UNKNOWN, Judgement.NOT_OFFERED}:
                continue
            if not any(entry.covers(found.difference) for found in verdict.differences):
                yield StaleKnown(*entry.place, entry.reference, entry.observed, entry.why)


def _noise(run: Run, again: Sequence[History]) -> tuple[SelfDifference, ...]:
    """Return where a second run of the reference differed from the first, if both answered."""
    found = []
    for second in again:
        first = run.history(run.reference, second.scenario)
        for observed in second.observations:
            reference = first.observation(observed.step) if first else None
            if reference and {reference.outcome, observed.outcome} <= _ANSWERS:
                found += [
                    SelfDifference(second.scenario, observed.step, difference)
                    for difference in compare_observations(reference, observed)
                ]
    return tuple(found)


def _outcome(seen: Observation) -> str:
    return f"{seen.outcome}: {seen.error}" if seen.outcome is Outcome.REFUSED else seen.outcome.value
