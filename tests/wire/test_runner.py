from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compare.events import TargetFailed, TargetReady
from compare.judgement import Judgement
from compare.sources import TargetMissing
from compare.wire.events import Judged, Played, Playing, Started
from compare.wire.exceptions import Exceptions, LeftOut
from compare.wire.player import Place
from compare.wire.runner import Plan, execute
from compare.wire.sources import Serving
from compare.wire.transcript import Pause
from tests.wire.fakes import FakeTransport, exchange, ok, transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.wire.events import WireEvent
    from compare.wire.transport import Reply, Sent

FIRST = transcript(exchange("/v1/a", 1), scenario="first")
SECOND = transcript(exchange("/v1/b", 1), Pause(wait_seconds=3), scenario="second")


@dataclass
class FakeSource:
    """Agents on a manual clock; they keep how many of them ran at the same time."""

    name: str = "fake"
    how: str = "made by a test"
    fresh: bool = True
    body: int = 1
    failure: str = ""
    stop_at: float | None = None
    unsteady: float = 0.0
    asked_at: list[tuple[str, float]] = field(default_factory=list)
    hold: Callable[[], object] = lambda: None
    running: int = 0
    most: int = 0
    stopped: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def version(self, stop: threading.Event) -> str:
        assert not stop.is_set()
        return "1.8.7"

    def start(self, stop: threading.Event) -> Serving:
        assert not stop.is_set()
        if self.failure:
            raise TargetMissing(self.failure)
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        return Serving(FakeTransport(self._answer, stop_at=self.stop_at), Place(), self._stop, self.unsteady)

    def _answer(self, sent: Sent, now: float) -> Reply:
        self.asked_at.append((sent.path, now))
        self.hold()
        return ok(self.body)

    def _stop(self) -> None:
        with self.lock:
            self.running -= 1
            self.stopped += 1


def run(plan: Plan, stop: threading.Event | None = None) -> tuple[list[WireEvent], Judged]:
    events = list(execute(plan, stop or threading.Event()))
    judged = events[-1]
    assert isinstance(judged, Judged)
    return events, judged


def test_all_is_played_and_judged_by_the_transcripts_and_every_agent_is_stopped() -> None:
    source = FakeSource()
    events, judged = run(Plan(source, None, "1.8.7", (FIRST, SECOND)))
    assert isinstance(events[0], Started)
    assert [type(event) for event in events if isinstance(event, TargetReady)] == [TargetReady]
    assert {event.scenario for event in events if isinstance(event, Playing)} == {"first", "second"}
    assert {event.scenario for event in events if isinstance(event, Played)} == {"first", "second"}
    assert [each.scenario for each in judged.run.scenarios] == ["first", "second"]
    assert (judged.run.total.steps, judged.run.total.agreeing, judged.run.exit_code) == (2, 2, 0)
    assert not judged.run.reference.live
    assert judged.seen["second"] == SECOND
    assert source.stopped == 2


def test_a_live_reference_is_played_to_as_well_and_judges() -> None:
    reference = FakeSource("other", body=7)
    _, judged = run(Plan(FakeSource(), reference, "1.8.7", (FIRST,)))
    (step,) = judged.run.scenarios[0].steps
    assert (step.findings[0].difference.reference, step.findings[0].difference.observed) == (7, 1)
    assert judged.run.exit_code == 1
    assert reference.stopped == 1


def test_an_unsteady_agent_is_waited_for_where_it_is_looked_at_what_comes_by_itself() -> None:
    source = FakeSource(unsteady=2.5)
    run(Plan(source, None, "1.8.7", (FIRST, SECOND)))
    assert sorted(source.asked_at) == [("/v1/a", 0.0), ("/v1/b", 2.5)]


def test_fresh_agents_run_beside_each_other_and_one_that_is_there_takes_turns() -> None:
    both = threading.Barrier(2)
    beside = FakeSource(hold=lambda: both.wait(10))
    run(Plan(beside, None, "1.8.7", (FIRST, SECOND)))
    assert beside.most == 2
    shared = FakeSource(fresh=False)
    run(Plan(shared, None, "1.8.7", (FIRST, SECOND)))
    assert (shared.most, shared.stopped) == (1, 2)


def test_the_long_ones_begin_first() -> None:
    assert [each.scenario for each in Plan(FakeSource(), None, "1.8.7", (FIRST, SECOND)).played] == ["second", "first"]


def test_what_is_left_out_is_not_played_and_says_why() -> None:
    left_out = LeftOut(scenarios=["first"], why="it belongs to a later issue")
    source = FakeSource()
    _, judged = run(Plan(source, None, "1.8.7", (FIRST, SECOND), Exceptions(left_out=(left_out,))))
    assert judged.run.scenarios[0].left_out == "it belongs to a later issue"
    assert judged.run.scenarios[0].judgement is Judgement.NOT_OFFERED
    assert (source.stopped, judged.run.total.steps, judged.run.exit_code) == (1, 1, 0)


def test_a_target_that_cannot_be_had_ends_it_with_its_reason() -> None:
    events, judged = run(Plan(FakeSource(failure="no such program"), None, "1.8.7", (FIRST, SECOND)))
    assert len([event for event in events if isinstance(event, TargetFailed)]) == 1
    assert judged.run.target.failure == "no such program"
    assert judged.run.exit_code == 3
    assert {step.reason for _, step in judged.run.steps()} == {"no such program"}


def test_a_stop_ends_it_early_and_in_order() -> None:
    stop = threading.Event()
    source = FakeSource(hold=stop.set)
    _, judged = run(Plan(source, None, "1.8.7", (FIRST, SECOND), workers=1), stop)
    assert judged.run.interrupted
    assert judged.run.exit_code == 130
    assert source.running == 0


def test_an_agent_is_stopped_when_its_scenario_is_interrupted() -> None:
    source = FakeSource(stop_at=1.0)
    _, judged = run(Plan(source, None, "1.8.7", (SECOND,)))
    assert source.stopped == 1
    assert judged.run.scenarios[0].judgement is Judgement.UNKNOWN
