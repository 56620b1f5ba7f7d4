from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from compare.events import Event, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, TargetFailed, TargetReady
from compare.judgement import Judgement
from compare.loading import SCENARIOS, load_scenarios, select
from compare.recording import Recording
from compare.runner import Plan, execute
from compare.sources import NoConsul, TargetMissing
from compare.stage import Interrupted
from tests.compare.fakes import FakeBackend, FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.run import Run

Makers = dict[str, "Callable[[], FakeBackend]"]
EVERY = load_scenarios(SCENARIOS)
QUICK = select(EVERY, ("register_discover", "deregister", "lapse"), slow=False)


def events(plan: Plan, stop: threading.Event | None = None) -> list[Event]:
    return list(execute(plan, stop or threading.Event()))


def finished(plan: Plan) -> Run:
    last = events(plan)[-1]
    assert isinstance(last, RunFinished)
    return last.run


@pytest.mark.usefixtures("serve")
def test_events_come_in_their_order() -> None:
    seen = events(Plan((FakeSource("custom"), FakeSource("consul")), "consul", QUICK))
    assert isinstance(seen[0], RunStarted)
    assert seen[0].targets == ("custom", "consul")
    assert isinstance(seen[-1], RunFinished)
    for name in ("custom", "consul"):
        ready = [i for i, e in enumerate(seen) if isinstance(e, TargetReady) and e.target.name == name]
        began = [i for i, e in enumerate(seen) if isinstance(e, ScenarioStarted) and e.target == name]
        ended = [i for i, e in enumerate(seen) if isinstance(e, ScenarioFinished) and e.history.target == name]
        assert len(ready) == 1
        assert len(began) == len(ended) == len(QUICK)
        assert ready[0] < min(began) < min(ended)


@pytest.mark.usefixtures("serve")
def test_two_of_a_kind_do_not_differ_in_any_scenario() -> None:
    run = finished(Plan((FakeSource("custom"), FakeSource("consul")), "consul", EVERY))
    assert {verdict.judgement for verdict in run.verdicts} == {Judgement.SAME}
    assert run.exit_code == 0


@pytest.mark.usefixtures("serve")
def test_every_target_is_stopped_and_exclusive_scenarios_have_one_of_their_own() -> None:
    source = FakeSource("consul")
    alone = [scenario for scenario in EVERY if scenario.exclusive]
    finished(Plan((source,), "consul", EVERY))
    assert sorted(source.started) == [False] + [True] * len(alone)
    assert source.stopped == len(source.started)


@pytest.mark.usefixtures("serve")
def test_a_target_that_cannot_be_had_leaves_the_others_compared() -> None:
    missing = FakeSource("basic", failure=TargetMissing("tried in vain"))
    seen = events(Plan((missing, FakeSource("custom"), FakeSource("consul")), "consul", QUICK))
    assert [e.target.failure for e in seen if isinstance(e, TargetFailed)] == ["tried in vain"]
    last = seen[-1]
    assert isinstance(last, RunFinished)
    assert last.run.exit_code == 3
    assert last.run.judgement("custom", "lapse") is Judgement.SAME
    assert last.run.judgement("basic", "lapse") is Judgement.UNKNOWN


@dataclass
class Following(FakeSource):
    """A target that is made after the reference."""

    followed: list[str] = field(default_factory=list)

    def beside(self, reference: str) -> Following:
        self.followed.append(reference)
        return self


@pytest.mark.usefixtures("serve")
def test_a_target_that_follows_is_told_what_the_reference_is() -> None:
    follower = Following("facade")
    run = finished(Plan((follower, FakeSource("consul")), "consul", QUICK))
    assert follower.followed == ["Consul 1.8.7"]
    assert run.exit_code == 0


@pytest.mark.usefixtures("serve")
def test_one_that_follows_a_recording_is_told_whose_it_is() -> None:
    recorded = finished(Plan((FakeSource("consul"),), "consul", QUICK))
    follower = Following("facade")
    missing = FakeSource("consul", failure=NoConsul("no real Consul anywhere"))
    finished(Plan((follower, missing), "consul", QUICK, fallback=Recording("recorded:r", recorded)))
    assert follower.followed == ["Consul 1.8.7"]


@pytest.mark.usefixtures("serve")
def test_one_that_follows_does_not_wait_for_a_reference_that_cannot_be_had() -> None:
    follower = Following("facade")
    run = finished(Plan((follower, FakeSource("consul", failure=TargetMissing("none"))), "consul", QUICK))
    assert follower.followed == [""]
    assert run.exit_code == 3


@pytest.mark.usefixtures("serve")
def test_the_reference_does_not_follow_itself() -> None:
    follower = Following("facade")
    run = finished(Plan((FakeSource("custom"), follower), "facade", QUICK, noise=True))
    assert follower.followed == []
    assert run.exit_code == 0


@pytest.mark.usefixtures("serve")
def test_without_the_reference_nothing_is_judged() -> None:
    missing = FakeSource("consul", failure=TargetMissing("no Consul"))
    run = finished(Plan((FakeSource("custom"), missing), "consul", QUICK))
    assert run.exit_code == 3
    assert not run.interrupted
    assert {verdict.judgement for verdict in run.verdicts} == {Judgement.UNKNOWN}


@pytest.mark.usefixtures("serve")
def test_a_recording_stands_in_for_a_consul_that_cannot_be_had_and_says_so() -> None:
    recorded = finished(Plan((FakeSource("consul"),), "consul", QUICK))
    missing = FakeSource("consul", failure=NoConsul("no real Consul anywhere"))
    plan = Plan((FakeSource("custom"), missing), "consul", QUICK, fallback=Recording("recorded:r", recorded))
    run = finished(plan)
    consul = run.target("consul")
    assert (consul.live, consul.recorded, consul.version) == (False, recorded.started, "Consul 1.8.7")
    assert "recorded:r" in consul.how
    assert "no real Consul anywhere" in consul.how
    assert run.exit_code == 0


@pytest.mark.usefixtures("serve")
def test_a_recording_does_not_stand_in_for_a_consul_that_was_named() -> None:
    recorded = finished(Plan((FakeSource("consul"),), "consul", QUICK))
    missing = FakeSource("consul", failure=TargetMissing("CONSUL_HTTP_ADDR does not answer"))
    run = finished(Plan((missing,), "consul", QUICK, fallback=Recording("recorded:r", recorded)))
    assert run.exit_code == 3


@pytest.mark.usefixtures("serve")
def test_a_scenario_that_was_not_recorded_is_unknown() -> None:
    recorded = finished(Plan((FakeSource("consul"),), "consul", QUICK[:1]))
    plan = Plan((FakeSource("custom"), Recording("recorded:r", recorded)), "recorded:r", QUICK)
    run = finished(plan)
    assert run.judgement("custom", QUICK[0].name) is Judgement.SAME
    assert run.judgement("custom", QUICK[1].name) is Judgement.UNKNOWN
    assert "has no such scenario" in run.verdicts_on("custom", QUICK[1].name)[0].reason
    assert run.exit_code == 1


def test_noise_is_what_the_reference_does_differently_the_second_time(serve: Makers) -> None:
    versions = iter(range(2, 1000))  # 1 is what everybody has

    class Moody(FakeBackend):
        def discover(self, service: str, **options: Any) -> Any:
            found = super().discover(service, **options)
            for instance in found:
                object.__setattr__(instance, "weight", next(versions))
            return found

    serve["consul"] = Moody
    plan = Plan((FakeSource("custom"), FakeSource("consul")), "consul", QUICK, noise=True)
    run = finished(plan)
    assert run.judgement("custom", "register_discover") is Judgement.NOISE
    assert {own.difference.path for own in run.noise} == {"value.instances[first].weight"}
    assert run.exit_code == 0


def test_a_stopped_run_still_has_what_it_saw(serve: Makers) -> None:
    stop = threading.Event()
    seen_first = threading.Event()

    class Waiting(FakeBackend):
        def register(self, registration: Any) -> str:  # noqa: ARG002
            if not seen_first.wait(10):
                raise AssertionError("the first scenario never ended")
            stop.wait(10)
            raise Interrupted

    serve["custom"] = Waiting
    collected = []
    for event in execute(Plan((FakeSource("custom"), FakeSource("consul")), "consul", QUICK), stop):
        collected.append(event)
        if isinstance(event, ScenarioFinished) and event.history.target == "consul":
            seen_first.set()
            stop.set()
    last = collected[-1]
    assert isinstance(last, RunFinished)
    assert last.run.interrupted
    assert last.run.exit_code == 130
    assert any(history.target == "consul" for history in last.run.histories)
    assert {v.judgement for v in last.run.verdicts if v.target == "custom"} == {Judgement.UNKNOWN}


def test_a_fault_of_our_own_is_not_swallowed(serve: Makers) -> None:
    class Broken(FakeBackend):
        def ping(self) -> str:
            raise ZeroDivisionError

    serve["consul"] = Broken
    with pytest.raises(ZeroDivisionError):
        events(Plan((FakeSource("consul"),), "consul", QUICK))
