"""What the wire's runner says while it works, for whoever shows progress; it must not know who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from compare.events import TargetFailed, TargetReady

if TYPE_CHECKING:
    from compare.wire.run import WireRun
    from compare.wire.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins: so many scenarios will be played to each of these. Always the first event."""

    targets: tuple[str, ...]
    scenarios: int


@dataclass(frozen=True, slots=True)
class Playing:
    """A scenario begins on a target."""

    target: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario has ended on a target; not judged yet."""

    target: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything has ended, or was interrupted, and is judged. Always the last event.

    Args:
        run: with all verdicts.
        seen: what the target answered, by scenario.
    """

    run: WireRun
    seen: dict[str, Transcript]


WireEvent: TypeAlias = Started | TargetReady | TargetFailed | Playing | Played | Judged
