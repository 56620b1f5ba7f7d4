from __future__ import annotations

from typing import Any

import pytest

from compare.history import History, Observation, Outcome
from compare.judge import judge
from compare.judgement import Judgement
from compare.known import Known, KnownDifference
from compare.run import Run, TargetInfo
from compare.scenario import Scenario, Step

STEP = Step("found", "discover")
SCENARIO = Scenario("lapse", "T", "Q?", "G", (STEP,))
KNOWN = Known(
    (
        KnownDifference(
            target="custom",
            scenario="lapse",
            step="found",
            path="value.a",
            reference=1,
            observed=2,
            why="because it is so by nature",
            source="a transcript",
            versions=">=1.8",
        ),
    )
)


def seen(value: Any = None, outcome: Outcome = Outcome.OK, error: str | None = None, words: str = "") -> Observation:
    return Observation("found", "discover", outcome, value, error, words)


def judged(  # noqa: PLR0913 - each is named where it matters
    reference: Observation | None,
    observed: Observation | None,
    *,
    known: Known = KNOWN,
    version: str = "Consul 1.8.7",
    again: Observation | None = None,
    complete: bool = False,
) -> Run:
    histories = [
        History(name, "lapse", (one,)) for name, one in (("consul", reference), ("custom", observed)) if one is not None
    ]
    targets = (TargetInfo("consul", version), TargetInfo("custom", complete=complete))
    run = Run("", 0.0, "consul", targets, (SCENARIO,), tuple(histories))
    return judge(run, known, [History("again", "lapse", (again,))] if again else [])


REFUSED = seen(outcome=Outcome.REFUSED, error="InvalidRequest", words="no")
UNKNOWN = seen(outcome=Outcome.UNKNOWN, error="BackendTimeout", words="no answer")
NOT_OFFERED = seen(outcome=Outcome.NOT_OFFERED, error="NotOffered", words="404")


@pytest.mark.parametrize(
    ("reference", "observed", "judgement", "code"),
    [
        (seen({"a": 3}), seen({"a": 3}), Judgement.SAME, 0),
        (seen({"a": 1}), seen({"a": 2}), Judgement.KNOWN, 0),
        (seen({"a": 1}), seen({"a": 3}), Judgement.UNEXPECTED, 1),
        (seen({"a": 1, "b": 1}), seen({"a": 2, "b": 2}), Judgement.UNEXPECTED, 1),
        (REFUSED, seen({}), Judgement.UNEXPECTED, 1),
        (REFUSED, seen(outcome=Outcome.REFUSED, error="InvalidRequest", words="never"), Judgement.SAME, 0),
        (REFUSED, seen(outcome=Outcome.REFUSED, error="UnknownInstance", words="no"), Judgement.UNEXPECTED, 1),
        (seen({"a": 3}), UNKNOWN, Judgement.UNKNOWN, 1),
        (UNKNOWN, seen({"a": 3}), Judgement.UNKNOWN, 1),
        (UNKNOWN, UNKNOWN, Judgement.UNKNOWN, 1),
        (seen({"a": 3}), None, Judgement.UNKNOWN, 1),
        (None, seen({"a": 3}), Judgement.UNKNOWN, 1),
        (seen({"a": 3}), NOT_OFFERED, Judgement.NOT_OFFERED, 0),
        (NOT_OFFERED, seen({"a": 3}), Judgement.NOT_OFFERED, 0),
        (UNKNOWN, NOT_OFFERED, Judgement.UNKNOWN, 1),
    ],
)
def test_what_two_observations_amount_to(
    reference: Observation | None, observed: Observation | None, judgement: Judgement, code: int
) -> None:
    known = KNOWN if judgement is Judgement.KNOWN or (observed and observed.value == {"a": 2, "b": 2}) else Known()
    run = judged(reference, observed, known=known)
    assert run.judgement("custom", "lapse") is judgement
    assert run.exit_code == code


def test_a_known_difference_carries_its_why_and_source() -> None:
    (verdict,) = judged(seen({"a": 1}), seen({"a": 2})).verdicts_on("custom", "lapse")
    assert [(found.why, found.source) for found in verdict.differences] == [
        ("because it is so by nature", "a transcript")
    ]


def test_a_known_difference_that_no_longer_shows_is_an_error() -> None:
    run = judged(seen({"a": 1}), seen({"a": 1}))
    assert [(stale.step, stale.path) for stale in run.stale] == [("found", "value.a")]
    assert run.exit_code == 1


def test_a_known_difference_with_other_values_is_unexpected_and_stale() -> None:
    run = judged(seen({"a": 1}), seen({"a": 5}))
    assert run.judgement("custom", "lapse") is Judgement.UNEXPECTED
    assert len(run.stale) == 1


@pytest.mark.parametrize("observed", [UNKNOWN, None, NOT_OFFERED])
def test_a_known_difference_is_not_stale_where_nothing_answered(observed: Observation | None) -> None:
    assert judged(seen({"a": 1}), observed).stale == ()


def test_a_known_difference_of_another_version_excuses_nothing_and_is_not_stale() -> None:
    run = judged(seen({"a": 1}), seen({"a": 2}), version="Consul 1.7.0")
    assert run.judgement("custom", "lapse") is Judgement.UNEXPECTED
    assert run.stale == ()


def test_what_the_reference_does_differently_itself_is_noise() -> None:
    run = judged(seen({"a": 7, "b": 1}), seen({"a": 8, "b": 1}), known=Known(), again=seen({"a": 9, "b": 1}))
    assert run.judgement("custom", "lapse") is Judgement.NOISE
    assert [(own.step, own.difference.path) for own in run.noise] == [("found", "value.a")]
    assert run.exit_code == 0


def test_noise_at_one_place_excuses_no_difference_at_another() -> None:
    run = judged(seen({"a": 7, "b": 1}), seen({"a": 8, "b": 2}), known=Known(), again=seen({"a": 9, "b": 1}))
    assert run.judgement("custom", "lapse") is Judgement.UNEXPECTED


def test_an_operation_that_is_expected_of_a_target_may_not_vanish() -> None:
    run = judged(seen({"a": 3}), NOT_OFFERED, known=Known(), complete=True)
    (verdict,) = run.verdicts_on("custom", "lapse")
    assert verdict.judgement is Judgement.UNEXPECTED
    assert [(found.difference.reference, found.difference.observed) for found in verdict.differences] == [
        ("ok", "not_offered")
    ]
