"""Hunts for disagreements for a while: sequence after sequence from given seeds, each find shrunk and checked.

A round has a seed of its own. What is found once is not looked for again.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from compare.judgement import Judgement
from compare.wire.judge import judge
from compare.wire.transcript import Transcript
from tests.sequences.machine import Machine
from tests.sequences.sequence import ONCE_BEFORE, Sequence, again, begin, renew, steps_of
from tests.sequences.thinning import thinner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Sequence as Several
    from pathlib import Path

    from compare.wire.transcript import Request
    from tests.sequences.pair import Pair
    from tests.sequences.sequence import Disagreement, Signature

_ROUND = settings(
    max_examples=10,
    stateful_step_count=25,
    deadline=None,
    database=None,  # each run is to see something new; a seed brings back what was seen
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),  # sending takes its time
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
    print_blob=False,
)
_TIMES = 3
"""That a sequence must show the same again before it counts: what comes out of a map can look alike twice by chance."""
_SHRINKS_WITHIN = 5.0  # seconds
_THINS_WITHIN = 40.0


class Disagreed(AssertionError):
    """Two agents answer differently, and did so twice."""


class Enough(BaseException):
    """The time is over; no ``Exception``, since Hypothesis would take that for a failure of the test."""


@dataclass(frozen=True)
class Find:
    """What was found.

    Args:
        seed: of the round that found it.
        disagreement: the shortest sequence that shows it.
        transcript: what a fresh reference answered to it.
        shows: whether playing the transcript to fresh agents shows it.
    """

    seed: int
    disagreement: Disagreement
    transcript: Transcript
    shows: bool

    def written(self, folder: Path) -> Path:
        """Write its transcript below a folder, where ``discovery-compare wire --transcripts`` finds it."""
        below = folder / f"consul-{self.transcript.consul}"
        below.mkdir(parents=True, exist_ok=True)
        file = below / f"{self.transcript.scenario}.json"
        file.write_text(self.transcript.text(), encoding="utf-8")
        return file


@dataclass
class Hunt:
    """Looks for disagreements of a pair.

    Args:
        pair: running.
        consul: the version of the reference.
        known: what not to look for.
        sequences: how many were sent.
        requests: how many were sent.
        passing: disagreements that did not come again when the same was sent again.
    """

    pair: Pair
    consul: str
    known: set[Signature] = field(default_factory=set)
    sequences: int = 0
    requests: int = 0
    passing: list[Disagreement] = field(default_factory=list)
    _best: Disagreement | None = None
    _until: float = 0.0

    def finds(self, seeds: Iterable[int], seconds: float) -> Iterator[Find]:
        """Yield what is found, a round for each seed; after so many seconds no new sequence is begun."""
        end = time.monotonic() + seconds
        for number in seeds:
            if time.monotonic() >= end:
                return
            self._until = end
            self._round(number)
            if self._best is not None:
                yield self._find(number, self._best)

    def _round(self, number: int) -> None:
        hunt, self._best = self, None

        class Sending(Machine):
            def __init__(self) -> None:
                super().__init__(hunt._sender())

        with contextlib.suppress(Disagreed, Flaky, Enough):  # flaky: what an agent did once it did not do again
            run_state_machine_as_test(seed(number)(Sending), settings=_ROUND)

    def _sender(self) -> _Sender:
        """Return what sends a sequence.

        Raises:
            Enough: the time is over, that for looking or that for shrinking.
        """
        if time.monotonic() >= self._until:
            raise Enough
        self.sequences += 1
        begin(self.pair)
        return _Sender(self, Sequence(self.pair))

    def weigh(self, seen: Disagreement) -> None:
        """Take notice of a disagreement.

        Raises:
            Disagreed: it is the one that is being hunted.
        """
        hunted = self._best.signature if self._best else seen.signature
        if seen.signature in self.known or seen.signature != hunted:
            return
        times = _TIMES if self._best is None else 1
        if not all(again(self.pair, seen.groups, seen.signature) for _ in range(times)):
            self.passing.append(seen)
            return
        if self._best is None:
            self._until = time.monotonic() + _SHRINKS_WITHIN
        if self._best is None or seen.size <= self._best.size:
            self._best = seen
        raise Disagreed(seen.label)

    def _find(self, number: int, shortest: Disagreement) -> Find:
        """Play what was found as a transcript is played, to fresh agents: it may need what went on before it."""
        shortest = self._thinned(shortest)
        self.known.add(shortest.signature)
        transcripts = [
            Transcript(consul=self.consul, scenario=f"sequence_{number}", steps=steps)
            for steps in (shortest.steps, (*steps_of(ONCE_BEFORE), *shortest.steps))
        ]
        for plain in transcripts:
            renew(self.pair)
            reference, observed = self.pair.play(plain)
            self.pair.stop()
            if judge(reference, observed).judgement is Judgement.UNEXPECTED:
                return Find(number, shortest, reference, shows=True)
        return Find(number, shortest, transcripts[-1], shows=False)

    def _thinned(self, found: Disagreement) -> Disagreement:
        """Leave out what can be left out, for a while: halves first, then part by part."""
        until = time.monotonic() + _THINS_WITHIN
        place, changed = 0, False
        while time.monotonic() < until:
            groups = next(islice(thinner(found.groups), place, None), None)
            if groups is None:
                if not changed:
                    break
                place, changed = 0, False
                continue
            thinned = again(self.pair, groups, found.signature)
            if thinned is None:
                place += 1
            else:
                found, changed = thinned, True
        return found


@dataclass
class _Sender:
    """Sends the groups of one sequence, until it is over: at its first disagreement."""

    hunt: Hunt
    sequence: Sequence
    over: bool = False

    def __call__(self, group: Several[Request]) -> None:
        if self.over:
            return
        self.hunt.requests += len(group)
        seen = self.sequence.send(group)
        if seen is not None:
            self.over = True
            self.hunt.weigh(seen)
