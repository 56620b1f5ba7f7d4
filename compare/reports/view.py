"""A run arranged for showing: columns, rows, cells, findings and totals; it knows no format and judges nothing."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from compare.judgement import Judgement
from compare.reports.marks import ANSWERED, MARKS, NOT_RUN, Mark
from compare.reports.sentences import ABSENT, sentence, sides
from compare.reports.text import clean, quantity, shown
from compare.run import INTERRUPTED, TARGET_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.difference import Difference
    from compare.judgement import StaleKnown, Verdict
    from compare.run import Run, TargetInfo
    from compare.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario on one target. ``differences`` is how many there are; ``judgement`` is None if it was not judged."""

    target: str
    judgement: Judgement | None
    mark: Mark
    differences: int = 0

    @property
    def words(self) -> str:
        """The cell in words, with the number of differences if there are several."""
        return self.mark.word + (f" ({self.differences})" if self.differences > 1 else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario on all targets. The scenario's own texts are as they came, the properties are clean."""

    scenario: Scenario
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """What ``--only`` takes."""
        return clean(self.scenario.name)

    @property
    def title(self) -> str:
        """A few words."""
        return clean(self.scenario.title)

    @property
    def question(self) -> str:
        """What it asks of a registry."""
        return clean(self.scenario.question)


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a finding.

    All are ready to be shown, and all but the step are empty where nothing was compared.
    """

    step: str
    sentence: str
    path: str = ""
    reference: str = ""
    observed: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What differs, or could not be compared, in one scenario on one target for one reason."""

    scenario: str
    target: str
    judgement: Judgement
    entries: tuple[Entry, ...]
    why: str = ""
    source: str = ""

    @property
    def compared(self) -> bool:
        """Whether both sides answered, so that there are two things to be set side by side."""
        return any(entry.path for entry in self.entries)


class Missing(NamedTuple):
    """What could not be compared on one target for one reason: ``places`` are scenarios with their steps."""

    judgement: Judgement
    target: str
    why: str
    places: str


@dataclass(frozen=True)
class View:
    """A run as every report for people shows it. All texts are clean, but not yet escaped for a format."""

    run: Run

    def label(self, name: str) -> str:
        """Return how a target is called in a sentence: as it calls itself where that is the same name."""
        product = self.run.target(name).version.partition(" ")[0]
        return clean(product if product.casefold() == name.casefold() else name)

    def column(self, target: TargetInfo) -> str:
        """Return a target's heading in the matrix."""
        return clean(target.name) + (" (reference)" if target.name == self.run.reference else "")

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The matrix, row by row."""
        return tuple(
            Row(scenario, tuple(self._cell(target.name, scenario.name) for target in self.run.targets))
            for scenario in self.run.scenarios
        )

    @property
    def groups(self) -> Iterator[tuple[str, list[Row]]]:
        """The rows under their headings, in the order in which these first occur."""
        names = dict.fromkeys(row.scenario.group for row in self.rows)
        for name in names:
            yield clean(name), [row for row in self.rows if row.scenario.group == name]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is not the same, in the matrix's order."""
        return tuple(finding for row in self.rows for finding in self.findings_on(row.scenario))

    def findings_on(self, scenario: Scenario) -> tuple[Finding, ...]:
        """What is not the same in one scenario, target by target."""
        return tuple(finding for target in self.run.targets for finding in self.findings_of(target, scenario))

    @property
    def missing(self) -> Iterator[Missing]:
        """What could not be compared, put together by target and reason over all scenarios."""
        together: dict[tuple[Judgement, str, str], list[str]] = {}
        for finding in self.findings:
            if not finding.compared:
                steps = ", ".join(entry.step for entry in finding.entries)
                key = finding.judgement, self.label(finding.target), finding.why
                together.setdefault(key, []).append(f"{finding.scenario} / {steps}")
        for (judgement, target, why), places in together.items():
            yield Missing(judgement, target, why, "; ".join(places))

    @cached_property
    def stale(self) -> tuple[str, ...]:
        """A sentence for each known difference that no longer shows."""
        return tuple(self._stale_sentence(stale) for stale in self.run.stale)

    @cached_property
    def counts(self) -> dict[Judgement, int]:
        """How many cells amount to what; the reference's count only where it could not do its part."""
        counted = Counter(
            cell.judgement
            for row in self.rows
            for cell in row.cells
            if cell.target != self.run.reference or cell.judgement is Judgement.UNKNOWN
        )
        return {judgement: counted[judgement] for judgement in MARKS}

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """What must be known before reading on: what was not live, not had, interrupted; or that all was live."""
        lines = [
            f"Not live: {clean(target.name)} is played back from a recording of {clean(target.recorded or 'no date')} "
            f"({clean(target.version)}); no real one took part."
            for target in self.run.targets
            if not target.live
        ]
        lines += [
            f"Not to be had: {clean(target.name)}. {clean(target.failure)}"
            for target in self.run.targets
            if target.failure
        ]
        if self.run.interrupted:
            lines.append("Interrupted: this is only a part of the run.")
        versions = ", ".join(f"{clean(target.name)} ({clean(target.version)})" for target in self.run.targets)
        return tuple(lines) or (f"All live: {versions}.",)

    @property
    def all_live(self) -> bool:
        """Whether the opening has nothing to warn of."""
        return not self.run.interrupted and all(target.live and not target.failure for target in self.run.targets)

    def describe(self, target: TargetInfo) -> str:
        """Return a target's version and how it was come by."""
        return clean(", ".join(part for part in (target.version, target.how) if part) or "never answered")

    @property
    def summary(self) -> str:
        """The last line: counts, and what the exit code is and why."""
        counts = ", ".join(f"{count} {MARKS[judgement].word}" for judgement, count in self.counts.items() if count)
        return f"{counts or 'nothing compared'}. Exit code {self.run.exit_code}: {self._verdict}."

    @property
    def _verdict(self) -> str:
        if self.run.exit_code == INTERRUPTED:
            return "interrupted"
        if self.run.exit_code == TARGET_MISSING:
            return "a target could not be had"
        if not self.run.exit_code:
            return "nothing unexpected"
        judgements = Counter(verdict.judgement for verdict in self.run.verdicts)
        unexpected, unknown = judgements[Judgement.UNEXPECTED], judgements[Judgement.UNKNOWN]
        reasons = (
            (unexpected, f"{quantity(unexpected, 'step')} with unexpected differences"),
            (unknown, f"{quantity(unknown, 'step')} unknown"),
            (len(self.stale), f"{quantity(len(self.stale), 'known difference')} no longer seen"),
        )
        return ", ".join(reason for count, reason in reasons if count)

    def _cell(self, target: str, scenario: str) -> Cell:
        judgement = self.run.judgement(target, scenario)
        if judgement is None:
            return Cell(target, None, NOT_RUN)
        if target == self.run.reference and judgement is Judgement.SAME:
            noisy = sum(own.scenario == scenario for own in self.run.noise)
            return (
                Cell(target, Judgement.NOISE, MARKS[Judgement.NOISE], noisy)
                if noisy
                else Cell(target, judgement, ANSWERED)
            )
        verdicts = self.run.verdicts_on(target, scenario)
        return Cell(target, judgement, MARKS[judgement], sum(len(verdict.differences) for verdict in verdicts))

    def findings_of(self, target: TargetInfo, scenario: Scenario) -> tuple[Finding, ...]:
        """Return what is not the same in one cell: what one reason explains stands together.

        Where a target, or the reference, could not be had at all, the opening says so, once, instead of every step.
        """
        if target.failure or self.run.target(self.run.reference).failure:
            return ()
        parts = itertools.chain(
            *(self._parts(verdict, scenario) for verdict in self.run.verdicts_on(target.name, scenario.name)),
            self._noise(scenario) if target.name == self.run.reference else (),
        )
        together: dict[tuple[Judgement, str, str], list[Entry]] = {}
        for key, entry in parts:
            together.setdefault(key, []).append(entry)
        return tuple(
            Finding(clean(scenario.name), target.name, judgement, tuple(entries), clean(why), clean(source))
            for (judgement, why, source), entries in together.items()
        )

    def _parts(self, verdict: Verdict, scenario: Scenario) -> Iterator[_Part]:
        reference, target = self.label(self.run.reference), self.label(verdict.target)
        for judged in verdict.differences:
            entry = _entry(reference, target, scenario, verdict.step, judged.difference)
            yield (judged.judgement, judged.why, judged.source), entry
        if not verdict.differences and verdict.judgement is not Judgement.SAME:
            yield (verdict.judgement, verdict.reason, ""), Entry(clean(verdict.step), "")

    def _noise(self, scenario: Scenario) -> Iterator[_Part]:
        label = self.label(self.run.reference)
        why = "two runs of the reference were compared with each other"
        for own in self.run.noise:
            if own.scenario == scenario.name:
                entry = _entry(f"{label} at first", f"{label} the second time", scenario, own.step, own.difference)
                yield (Judgement.NOISE, why, ""), entry

    def _stale_sentence(self, stale: StaleKnown) -> str:
        place = clean(f"{stale.scenario} / {stale.step} on {stale.target}, {stale.path}")
        return (
            f"{place}: known.toml says that the reference has {shown(stale.reference)} and {clean(stale.target)} "
            f"{shown(stale.observed)}, but this did not show. Its reason: {clean(stale.why)}"
        )


_Part: TypeAlias = tuple[tuple[Judgement, str, str], Entry]
"""A judgement with its reason and source, and one step for which it holds."""


def _entry(reference: str, target: str, scenario: Scenario, step_id: str, difference: Difference) -> Entry:
    step = scenario.step(step_id)
    before, after = sides(difference)
    return Entry(
        clean(step_id),
        sentence(reference, target, step.do if step else "", difference),
        clean(difference.path),
        "nothing" if before is ABSENT else shown(before),
        "nothing" if after is ABSENT else shown(after),
    )
