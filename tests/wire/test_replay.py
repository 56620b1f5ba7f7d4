"""The facade answers what Consul answered: all transcripts in process, as plain WSGI, on a clock that is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare.judgement import Judgement
from compare.wire.transcript import Pause, load_all, versions
from tests.support.in_process import InProcessAgents
from tests.wire.replays import Replay, faults

if TYPE_CHECKING:
    from compare.wire.run import WireRun

LEAST_SHARE = 0.97
LATER = {"events_queries", "kv", "sessions", "txn"}


@pytest.fixture(scope="module", params=versions())
def run(request: pytest.FixtureRequest) -> WireRun:
    """All transcripts of a version, played one after the other."""
    return Replay(InProcessAgents(request.param), request.param).play(workers=1).run


def test_each_step_agrees_or_is_a_listed_exception_that_shows(run: WireRun) -> None:
    found = faults(run.scenarios)
    assert not found, "\n".join(found)
    assert run.exit_code == 0


def test_enough_steps_agree_exactly(run: WireRun) -> None:
    assert run.total.share >= LEAST_SHARE


def test_all_that_was_recorded_is_played_but_for_what_comes_later(run: WireRun) -> None:
    recorded = {each.scenario: each for each in load_all(run.consul)}
    assert {each.scenario for each in run.scenarios if each.left_out} == LATER
    assert run.total.steps == sum(
        not isinstance(step, Pause) for name in recorded.keys() - LATER for step in recorded[name].steps
    )


def test_no_exception_is_for_a_failure_of_ours(run: WireRun) -> None:
    excepted = [
        finding.difference.observed
        for _, step in run.steps()
        for finding in step.findings
        if finding.judgement is Judgement.KNOWN and finding.difference.path == "status"
    ]
    assert set(excepted) == {200, 404, 501}


def test_the_other_dialect_would_be_found_out() -> None:
    newest, oldest = versions()[0], versions()[-1]
    replay = Replay(InProcessAgents(oldest), newest)
    scenarios = replay.play(["maintenance", "filters"], workers=1).run.scenarios
    assert replay.lasting(scenarios) == faults(scenarios) != []
