"""A run of the wire arranged for showing; it knows no format and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from compare.difference import Kind
from compare.judgement import Judgement
from compare.reports.marks import MARKS
from compare.reports.sentences import ABSENT, sides
from compare.reports.text import clean, quantity, shown
from compare.run import INTERRUPTED, TARGET_MISSING
from compare.wire.rules import PLACE, RULES
from compare.wire.run import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.run import TargetInfo
    from compare.wire.run import Finding, ScenarioVerdict, StepVerdict, WireRun

_SAYS = {
    Kind.OUTCOME: "not answered alike",
    Kind.MISSING: "missing",
    Kind.EXTRA: "too much",
    Kind.CHANGED: "another value",
    Kind.TYPE: "another type",
    Kind.ORDER: "another order",
    Kind.TIME: "another time",
}


class Place(NamedTuple):
    """One difference: where, in what way, both sides, and what there is to say of it."""

    path: str
    kind: str
    reference: str
    observed: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A step with its differences of one judgement and reason; without any, ``why`` says why nothing is known."""

    scenario: str
    number: int
    label: str
    note: str
    judgement: Judgement
    places: tuple[Place, ...]
    why: str
    source: str

    @property
    def title(self) -> str:
        """Return which step it is."""
        return f"{self.scenario} / {self.number}"


class Line(NamedTuple):
    """A row of a table: what it is about, and how its steps are counted."""

    name: str
    tally: Tally
    words: str


class RuleLine(NamedTuple):
    """A rule that was used: how often, and why it is needed."""

    name: str
    times: str
    reason: str


@dataclass(frozen=True)
class View:
    """A run of the wire as every report for people shows it. All texts are clean, but not yet escaped for a format."""

    run: WireRun

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """What must be known before reading on."""
        run = self.run
        lines = [f"{self.describe(run.target)}, judged by {self.describe(run.reference)}."]
        lines += [f"Not to be had: {clean(each.name)}. {clean(each.failure)}" for each in self._sides if each.failure]
        if run.interrupted:
            lines.append("Interrupted: this is only a part of the run.")
        return tuple(lines)

    @property
    def calm(self) -> bool:
        """Whether the opening has nothing to warn of."""
        return len(self.opening) == 1

    @staticmethod
    def describe(target: TargetInfo) -> str:
        """Return a side's name, version and how it was come by."""
        about = ", ".join(part for part in (target.version, target.how) if part)
        return clean(f"{target.name} ({about})" if about else target.name)

    @cached_property
    def scenarios(self) -> tuple[Line, ...]:
        """The table by scenario."""
        return tuple(
            Line(clean(each.scenario), tally(iter(each.steps)), _scenario_words(each)) for each in self.run.scenarios
        )

    @cached_property
    def endpoints(self) -> tuple[Line, ...]:
        """The table by endpoint."""
        return tuple(Line(clean(name), each, _words(each)) for name, each in self.run.endpoints.items())

    @cached_property
    def steps(self) -> tuple[Shown, ...]:
        """Every step that does not agree, one part for each judgement and reason."""
        return tuple(part for scenario, step in self.run.steps() for part in _parts(scenario, step))

    @property
    def unplayed(self) -> Iterator[tuple[str, str, int]]:
        """The scenarios of which nothing, or not all, is known: name, why and how many steps."""
        for each in self.run.scenarios:
            unknown = [step for step in each.steps if step.judgement is Judgement.UNKNOWN]
            if unknown:
                yield clean(each.scenario), clean(unknown[0].reason), len(unknown)

    @property
    def left_out(self) -> Iterator[tuple[str, str]]:
        """The scenarios that were not played, each with its reason."""
        for each in self.run.scenarios:
            if each.left_out:
                yield clean(each.scenario), clean(each.left_out)

    @property
    def stale(self) -> Iterator[str]:
        """A sentence for each exception that does not show any more."""
        for each in self.run.stale:
            place = clean(f"{each.scenario} / {each.step} {each.request}, {each.path}")
            yield f"{place}: there is an exception for it, but it agrees now. Its reason: {clean(each.why)}"

    @property
    def rules(self) -> Iterator[RuleLine]:
        """The rules that were used; of what the player does, nobody counts how often."""
        for rule in RULES:
            used = self.run.rules.get(rule.name, 0)
            if used or rule is PLACE:
                yield RuleLine(rule.name, "always" if rule is PLACE else quantity(used, "time"), rule.reason)

    @property
    def skipped(self) -> str:
        """How much was not compared."""
        if not self.run.skipped:
            return "Nothing was skipped."
        return f"Skipped: {quantity(self.run.skipped, 'value')}, of which only that they are there was compared."

    @property
    def summary(self) -> str:
        """The last line: the figure, counts, and what the exit code is and why."""
        total = self.run.total
        agree = f"{total.agreeing} of {total.steps} steps agree exactly ({total.share:.1%})"
        rest = [f"{count} {MARKS[each].word}" for each, count in _others(total)]
        return f"{', '.join([agree, *rest])}. Exit code {self.run.exit_code}: {self._verdict}."

    @property
    def _verdict(self) -> str:
        if self.run.exit_code == INTERRUPTED:
            return "interrupted"
        if self.run.exit_code == TARGET_MISSING:
            return "a target could not be had"
        if not self.run.exit_code:
            return "nothing unexpected"
        counts = self.run.total.by_judgement
        reasons = (
            (counts.get(Judgement.UNEXPECTED, 0), "with unexpected differences"),
            (counts.get(Judgement.UNKNOWN, 0), "unknown"),
        )
        said = [f"{quantity(count, 'step')} {words}" for count, words in reasons if count]
        if self.run.stale:
            said.append(f"{quantity(len(self.run.stale), 'exception')} no longer needed")
        return ", ".join(said)

    @property
    def _sides(self) -> tuple[TargetInfo, TargetInfo]:
        return self.run.target, self.run.reference


def _parts(scenario: str, step: StepVerdict) -> Iterator[Shown]:
    together: dict[tuple[Judgement, str, str], list[Place]] = {}
    for finding in step.findings:
        together.setdefault((finding.judgement, finding.why, finding.source), []).append(_place(finding))
    for (judgement, why, source), places in together.items():
        yield Shown(
            clean(scenario),
            step.number,
            clean(step.label),
            clean(step.note),
            judgement,
            tuple(places),
            clean(why),
            clean(source),
        )


def _place(finding: Finding) -> Place:
    before, after = ("nothing" if side is ABSENT else shown(side) for side in sides(finding.difference))
    return Place(clean(finding.difference.path), _SAYS[finding.difference.kind], before, after, clean(finding.words))


def _scenario_words(scenario: ScenarioVerdict) -> str:
    return "not played" if scenario.left_out else _words(tally(iter(scenario.steps)))


def _words(counted: Tally) -> str:
    return ", ".join(f"{count} {MARKS[judgement].word}" for judgement, count in _others(counted)) or "all agree"


def _others(counted: Tally) -> Iterator[tuple[Judgement, int]]:
    """Yield how many steps amount to what, but for those that agree."""
    for judgement in MARKS:
        count = counted.by_judgement.get(judgement, 0)
        if count and judgement is not Judgement.SAME:
            yield judgement, count
