"""Judges what a target answered to a scenario by what the reference did; it must not do anything to a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.judgement import Judgement
from compare.wire.comparison import Comparison
from compare.wire.endpoints import endpoint
from compare.wire.run import Finding, ScenarioVerdict, StaleException, StepVerdict
from compare.wire.start import start
from compare.wire.transcript import Exchange, Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compare.wire.comparison import Found
    from compare.wire.exceptions import Excepted
    from compare.wire.transcript import Poll, Transcript


def judge(reference: Transcript, observed: Transcript, exceptions: Sequence[Excepted] = ()) -> ScenarioVerdict:
    """Judge one scenario.

    Args:
        reference: what the reference answered.
        observed: what the target answered to the same requests, as far as it was played.
        exceptions: those that speak of this scenario on this version.
    """
    starts = start(reference), start(observed)
    comparison = Comparison(starts if all(starts) else (0, 0))
    steps = tuple(
        _verdict(number, before, after, comparison, exceptions)
        for number, (before, after) in enumerate(zip(reference.steps, observed.steps, strict=False))
        if not isinstance(before, Pause) and not isinstance(after, Pause)
    )
    unknown = _unplayed(reference, len(observed.steps), "the scenario was not played to its end")
    stale = () if unknown else tuple(_stale(steps, exceptions))
    return ScenarioVerdict(reference.scenario, (*steps, *unknown), stale)


def unplayed(reference: Transcript, reason: str) -> ScenarioVerdict:
    """Return the verdict on a scenario of which nothing is known, and why."""
    return ScenarioVerdict(reference.scenario, _unplayed(reference, 0, reason))


def _unplayed(reference: Transcript, first: int, reason: str) -> tuple[StepVerdict, ...]:
    return tuple(
        StepVerdict(number, step.label, _endpoint(step), _note(step), Judgement.UNKNOWN, reason=reason)
        for number, step in enumerate(reference.steps)
        if number >= first and not isinstance(step, Pause)
    )


def _verdict(
    number: int,
    reference: Exchange | Poll,
    observed: Exchange | Poll,
    comparison: Comparison,
    exceptions: Sequence[Excepted],
) -> StepVerdict:
    compared = comparison.step(reference, observed)
    mine = [entry for entry in exceptions if entry.step == number]
    findings = tuple(_weighed(found, mine) for found in compared.found)
    return StepVerdict(
        number,
        reference.label,
        _endpoint(reference),
        _note(reference),
        Judgement.gravest(finding.judgement for finding in findings),
        findings,
        observed.seconds or 0.0,
        dict(compared.rules),
        tuple(compared.skipped),
    )


def _weighed(found: Found, exceptions: Iterable[Excepted]) -> Finding:
    for entry in exceptions:
        if entry.covers(found.difference):
            return Finding(found.difference, found.words, Judgement.KNOWN, entry.why, entry.source)
    return Finding(found.difference, found.words, Judgement.UNEXPECTED)


def _stale(steps: Sequence[StepVerdict], exceptions: Iterable[Excepted]) -> Iterator[StaleException]:
    by_number = {step.number: step for step in steps}
    for entry in exceptions:
        for path in entry.places:
            found = by_number[entry.step].findings
            if not any(each.difference.path == path and entry.covers(each.difference) for each in found):
                yield StaleException(entry.scenario, entry.step, entry.request, path, entry.why)


def _endpoint(step: Exchange | Poll) -> str:
    sent = step.request if isinstance(step, Exchange) else step.poll
    return endpoint(sent.method, sent.path)


def _note(step: Exchange | Poll) -> str:
    return step.note if isinstance(step, Exchange) else ""
