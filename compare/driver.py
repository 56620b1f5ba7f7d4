"""Carries a scenario out on a backend and records a history; it only does, and must never judge what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.history import History, Observation, Outcome
from compare.normalise import without_suffix
from compare.steps import ARGUMENTS
from compare.verbs import VERBS
from discovery import NotOffered, RequestRefused

if TYPE_CHECKING:
    from compare.scenario import Scenario, Step
    from compare.stage import Stage


def drive(target: str, scenario: Scenario, stage: Stage) -> History:
    """Carry out every step in order and clear up afterwards, whatever happened.

    After a step whose outcome is unknown nothing that follows means anything, so it is not tried and is unknown too;
    after a change that the target does not offer, what follows is not offered.
    """
    seen: list[Observation] = []
    began = stage.clock.now()
    try:
        for step in scenario.steps:
            observation = _consequence(step, seen) or _carry_out(step, stage, began)
            seen.append(observation)
    finally:
        stage.clear()
    return History(target, scenario.name, tuple(seen))


def _consequence(step: Step, seen: list[Observation]) -> Observation | None:
    """Return the observation of a step that an earlier one, the first such, has made meaningless."""
    for earlier in seen:
        if earlier.outcome is Outcome.UNKNOWN or (earlier.outcome is Outcome.NOT_OFFERED and VERBS[earlier.do].changes):
            return Observation(
                step.id,
                step.do,
                earlier.outcome,
                error=earlier.error,
                message=f"not tried, since it follows {earlier.step}: {earlier.message}",
                started=earlier.started,
            )
    return None


def _carry_out(step: Step, stage: Stage, began: float) -> Observation:
    started = stage.clock.now()
    outcome, value = Outcome.OK, None
    error: Exception | None = None
    try:
        stage.clock.wait(0)
        args = ARGUMENTS[step.do].model_validate(step.args)
        value = VERBS[step.do].carry_out(stage, step.id, args)
    except NotOffered as refusal:
        outcome, error = Outcome.NOT_OFFERED, refusal
    except RequestRefused as refusal:
        outcome, error = Outcome.REFUSED, refusal
    except Exception as failure:  # noqa: BLE001 - whatever a backend lets out, the outcome is unknown
        outcome, error = Outcome.UNKNOWN, failure
    return Observation(
        step.id,
        step.do,
        outcome,
        without_suffix(value, stage.suffix),
        type(error).__name__ if error else None,
        without_suffix(str(error), stage.suffix) if error else None,
        round(started - began, 3),
        round(stage.clock.now() - started, 3),
    )
