"""One run of the wire as a value: what was played, what differed, what it amounts to; it does and shows nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - read at run time, where a run is built out of JSON
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from compare.difference import Difference  # noqa: TC001 - read at run time, where a run is built out of JSON
from compare.judgement import Judgement
from compare.run import INTERRUPTED, TARGET_MISSING, UNEXPECTED, TargetInfo, rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = 1
"""The version of a run's JSON form; it grows by one when an older reader would misread it."""

LEVEL = "wire"
"""What tells the JSON form of such a run from that of another."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference and what it amounts to: ``KNOWN`` (then with why and source) or ``UNEXPECTED``.

    Args:
        difference: its path begins with ``answer``, ``status``, ``headers``, ``body`` or ``seconds``.
        words: what there is to say beyond its two values.
        judgement: what it amounts to.
        why: where it is known.
        source: where it is known.
    """

    difference: Difference
    words: str
    judgement: Judgement
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What one step amounts to.

    Args:
        number: its place in the transcript, from 0.
        label: method and path.
        endpoint: of Consul's API, without what the path names.
        note: what the transcript says of it.
        judgement: the gravest of the findings', ``SAME`` without any, or ``UNKNOWN``.
        findings: each with its own judgement.
        seconds: that the target took.
        rules: how many unequal values counted as equal, by the name of the rule.
        skipped: paths of what was not compared, beyond that it is there.
        reason: under ``UNKNOWN``, what was in the way.
    """

    number: int
    label: str
    endpoint: str
    note: str
    judgement: Judgement
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    rules: Mapping[str, int] | None = None
    skipped: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StaleException:
    """An exception that did not show: the list is wrong."""

    scenario: str
    step: int
    request: str
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class ScenarioVerdict:
    """What one scenario amounts to; ``left_out`` says why it was not played, where it was not.

    Pauses have no verdict, since nothing is sent in them.
    """

    scenario: str
    steps: tuple[StepVerdict, ...] = ()
    stale: tuple[StaleException, ...] = ()
    left_out: str = ""

    @property
    def judgement(self) -> Judgement:
        """Return the gravest of its steps'; ``NOT_OFFERED`` where it was left out."""
        if self.left_out:
            return Judgement.NOT_OFFERED
        return Judgement.gravest(step.judgement for step in self.steps)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many steps there are, and how many of them amount to what."""

    steps: int
    by_judgement: Mapping[Judgement, int]

    @property
    def agreeing(self) -> int:
        """Return how many agree exactly."""
        return self.by_judgement.get(Judgement.SAME, 0)

    @property
    def share(self) -> float:
        """Return the part that agrees exactly, from 0 to 1."""
        return self.agreeing / self.steps if self.steps else 0.0

    @property
    def judgement(self) -> Judgement:
        """Return the gravest."""
        return Judgement.gravest(self.by_judgement)


@dataclass(frozen=True, slots=True)
class WireRun:
    """All of one run. ``to_dict`` and ``from_dict`` are its JSON form.

    Args:
        started: when, ISO 8601 in UTC.
        seconds: how long it took.
        consul: the version of Consul whose transcripts were played.
        target: what was judged.
        reference: by what: a transcript, or a live agent.
        scenarios: in order.
        interrupted: whether it was stopped before its end.
        schema: the version of the JSON form.
    """

    started: str
    seconds: float
    consul: str
    target: TargetInfo
    reference: TargetInfo
    scenarios: tuple[ScenarioVerdict, ...] = ()
    interrupted: bool = False
    schema: int = SCHEMA

    def steps(self) -> Iterator[tuple[str, StepVerdict]]:
        """Yield each step that was judged, with its scenario."""
        for scenario in self.scenarios:
            for step in scenario.steps:
                yield scenario.scenario, step

    @property
    def stale(self) -> tuple[StaleException, ...]:
        """Return the exceptions that did not show."""
        return tuple(stale for scenario in self.scenarios for stale in scenario.stale)

    @property
    def total(self) -> Tally:
        """Return the tally of all steps."""
        return tally(step for _, step in self.steps())

    @property
    def endpoints(self) -> dict[str, Tally]:
        """Return the tally of each endpoint, by name."""
        by_name: dict[str, list[StepVerdict]] = {}
        for _, step in self.steps():
            by_name.setdefault(step.endpoint, []).append(step)
        return {name: tally(iter(by_name[name])) for name in sorted(by_name)}

    @property
    def rules(self) -> dict[str, int]:
        """Return how many unequal values counted as equal, by the name of the rule."""
        counted: Counter[str] = Counter()
        for _, step in self.steps():
            counted.update(step.rules or {})
        return dict(counted)

    @property
    def skipped(self) -> int:
        """Return how many values were not compared."""
        return sum(len(step.skipped) for _, step in self.steps())

    @property
    def exit_code(self) -> int:
        """The command's exit code.

        130 interrupted; 3 a target could not be had; 1 an unexpected difference, a step of which nothing is known, or
        an exception that no longer shows; 0 none of these.
        """
        if self.interrupted:
            return INTERRUPTED
        if self.target.failure or self.reference.failure:
            return TARGET_MISSING
        return UNEXPECTED if self.stale or self.total.judgement in {Judgement.UNEXPECTED, Judgement.UNKNOWN} else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain values, with the totals that a program would have to count otherwise."""
        total = self.total
        return (
            {"level": LEVEL}
            | asdict(self)
            | {
                "exit_code": self.exit_code,
                "steps": total.steps,
                "agreeing": total.agreeing,
                "skipped": self.skipped,
                "rules": self.rules,
                "endpoints": {
                    name: {"steps": each.steps, "agreeing": each.agreeing} for name, each in self.endpoints.items()
                },
            }
        )

    @classmethod
    def from_dict(cls, plain: object) -> WireRun:
        """Build a run from what ``to_dict`` returned.

        Raises:
            UnreadableRun: it is none; the message says where it is wrong.
        """
        return rebuilt(_adapter(), plain, SCHEMA)


def tally(steps: Iterator[StepVerdict]) -> Tally:
    """Count steps by what they amount to."""
    counted = Counter(step.judgement for step in steps)
    return Tally(counted.total(), counted)


@cache
def _adapter() -> TypeAdapter[WireRun]:
    return TypeAdapter(WireRun)
