from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare.history import Outcome
from compare.loading import SCENARIOS, load_scenarios
from compare.recording import DEFAULT, load_recording, recordings

if TYPE_CHECKING:
    from compare.scenario import Scenario

EVERY = load_scenarios(SCENARIOS)


def test_the_default_is_among_those_that_come_along() -> None:
    assert DEFAULT in recordings()


@pytest.mark.parametrize("name", recordings())
def test_a_recording_is_dated_and_says_its_version_and_that_it_is_not_live(name: str) -> None:
    info = load_recording(name).info
    assert info.version == f"Consul {name.removeprefix('recorded:consul-')}"
    assert info.recorded is not None
    assert info.recorded.startswith("20")
    assert not info.live


@pytest.mark.parametrize("name", recordings())
@pytest.mark.parametrize("scenario", EVERY, ids=lambda scenario: scenario.name)
def test_a_recording_answers_every_scenario_as_it_stands_today(name: str, scenario: Scenario) -> None:

    history = load_recording(name).history(scenario)
    outcomes = {seen.step: seen.outcome for seen in history.observations}
    assert outcomes.keys() == {step.id for step in scenario.steps}
    assert Outcome.UNKNOWN not in outcomes.values(), (
        "record it again: discovery-compare record -o compare/recordings/..."
    )
