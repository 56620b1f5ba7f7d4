from __future__ import annotations

import io

from compare.events import Event, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, TargetFailed, TargetReady
from compare.history import History
from compare.reports.progress import LiveProgress
from compare.run import TargetInfo
from tests.support.runs import EVIL, LAPSE, REGISTER, TARGETS, sample

EVENTS: list[Event] = [
    RunStarted(("custom", "consul"), (REGISTER, LAPSE), "consul"),
    TargetReady(TARGETS[1]),
    TargetReady(TARGETS[2]),
    ScenarioStarted("custom", "register"),
    ScenarioFinished(History("custom", "register", ())),
    ScenarioStarted("consul", "register"),
    ScenarioFinished(History("consul", "register", ())),
    ScenarioFinished(History("custom", "lapse", ())),
    RunFinished(sample()),
]


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def follow(stream: io.StringIO, events: list[Event]) -> str:
    with LiveProgress(stream) as progress:
        for event in events:
            progress(event)
    return stream.getvalue()


def test_a_pipe_gets_a_line_a_target_and_one_a_scenario_that_ended_on_all() -> None:
    assert follow(io.StringIO(), EVENTS).splitlines() == [
        "custom: custom-registry 0.1.0, started on a free port",
        "consul: Consul 1.8.7, consul started as a dev agent",
        "[1/2] register",
        "done after 22 s",
    ]


def test_a_terminal_has_a_bar_that_counts_and_names_what_runs() -> None:
    drawn = follow(Terminal(), EVENTS[:4])
    assert "0/4" in drawn
    assert "register on custom" in drawn


def test_a_target_that_failed_is_not_waited_for() -> None:
    missing = TargetFailed(TargetInfo("consul", failure="no binary"))
    lines = follow(io.StringIO(), [EVENTS[0], missing, EVENTS[4]]).splitlines()
    assert lines == ["consul: could not be had: no binary", "[1/2] register"]


def test_a_target_that_fails_late_leaves_no_scenario_unmentioned() -> None:
    missing = TargetFailed(TargetInfo("consul", failure="no binary"))
    lines = follow(io.StringIO(), [EVENTS[0], EVENTS[4], EVENTS[7], missing]).splitlines()
    assert lines == ["consul: could not be had: no binary", "[1/2] register", "[2/2] lapse"]


def test_a_backend_cannot_send_escapes_to_a_terminal() -> None:
    drawn = follow(Terminal(), [EVENTS[0], TargetReady(TargetInfo("custom", EVIL)), ScenarioStarted("custom", EVIL)])
    assert r"\x1b[31m" in drawn
    assert "\x1b[31m" not in drawn
    assert "\x00" not in drawn
