"""What the runner says while it works, for whoever shows progress; it must not know who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from compare.history import History
    from compare.run import Run, TargetInfo
    from compare.scenario import Scenario


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins: each of these scenarios will run on each of these targets. Always the first event."""

    targets: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    reference: str


@dataclass(frozen=True, slots=True)
class TargetReady:
    """A target was had, and answers."""

    target: TargetInfo


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """A target could not be had; ``target.failure`` says what was tried."""

    target: TargetInfo


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A scenario begins on a target."""

    target: str
    scenario: str


@dataclass(frozen=True, slots=True)
class ScenarioFinished:
    """A scenario has ended on a target. Not judged yet: the reference may still be at it."""

    history: History


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Everything has ended, or was interrupted, and is judged. Always the last event."""

    run: Run


Event: TypeAlias = RunStarted | TargetReady | TargetFailed | ScenarioStarted | ScenarioFinished | RunFinished
