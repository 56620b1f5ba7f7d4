"""What the bench's runner says while it works, for whoever shows progress; it must not know who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from compare.bench.run import BenchRun, Observation, TargetInfo


@dataclass(frozen=True, slots=True)
class Begun:
    """The run begins: it has so many steps. Always the first event."""

    steps: int
    generator: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A target was had, or its ``failure`` says why not."""

    target: TargetInfo


@dataclass(frozen=True, slots=True)
class Measuring:
    """A step begins; in words, what it measures on which target."""

    words: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A step has ended with these observations."""

    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything has ended, or was interrupted. Always the last event."""

    run: BenchRun


BenchEvent: TypeAlias = Begun | Ready | Measuring | Measured | Finished
