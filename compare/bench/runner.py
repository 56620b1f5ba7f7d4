"""Carries a bench out: starts all targets, measures step by step, leaves nothing behind, and yields events."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from compare.bench import crowds, measuring
from compare.bench.asking import Refused, ask
from compare.bench.events import Begun, Finished, Measured, Measuring, Ready
from compare.bench.jobs import FixedAnswers, Listening
from compare.bench.measuring import OWN, Bench, guarded
from compare.bench.population import Population
from compare.bench.run import CEILING, BenchRun, Observation, TargetInfo, summed_up
from compare.bench.schedule import LIBRARY, Kind, Step, schedule, works
from compare.bench.worker import Worker
from compare.bench.workload import workloads
from compare.processes import free_ports
from compare.sources import TargetMissing
from compare.stage import Interrupted, RealClock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

    from compare.bench.events import BenchEvent
    from compare.bench.run import Form, Measurement
    from compare.bench.sources import Source
    from compare.bench.target import Target
    from compare.stage import Clock

_SETTLING = 4.0
"""Seconds that every target is given after the last was started: in its first three an agent may be late."""
_FIXED_WITHIN = 20.0
_NEAR = 0.7  # of the ceiling: from there on the generator may be what limits


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured.

    Args:
        sources: where the targets come from.
        form: how much.
        wrk: what wrk says it is, or empty where it is not to be used.
        only: the works to measure; all without.
        missing: what else was to be measured, and could not be had.
        notes: what whoever reads the figures must know.
    """

    sources: tuple[Source, ...]
    form: Form
    wrk: str
    only: tuple[str, ...] = ()
    missing: tuple[TargetInfo, ...] = ()
    notes: tuple[str, ...] = ()

    def wants(self, work: str) -> bool:
        """Whether a work is to be measured."""
        return not self.only or work in self.only


def execute(plan: Plan, stop: threading.Event) -> Iterator[BenchEvent]:
    """Carry a plan out; once ``stop`` is set it ends early, with what there is, and leaves nothing running."""
    from compare.bench import usage  # noqa: PLC0415 - who reads a run need not have psutil

    run = _Run(plan, RealClock(stop))
    began, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    interrupted = False
    with ExitStack() as stack:
        try:
            yield from run.carry_out(stack)
        except Interrupted:
            interrupted = True
    measured = summed_up(run.observations)
    yield Finished(
        BenchRun(
            started=started,
            seconds=time.monotonic() - began,
            form=plan.form,
            machine=usage.machine(),
            generator=plan.wrk or OWN,
            targets=tuple(run.infos),
            works=works(plan.form),
            measurements=measured,
            notes=(*plan.notes, *limits(measured)),
            interrupted=interrupted,
        )
    )


@dataclass
class _Run:
    """One run at work."""

    plan: Plan
    clock: Clock
    infos: list[TargetInfo] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        population = Population(f"bench-{secrets.token_hex(3)}")
        self._bench = Bench(self.plan.form, population, self.clock, self.plan.wrk)
        self._targets: dict[str, Target] = {}
        self._fixed = ("", 0)
        self._held: dict[str, int] = {}
        self._stuck: dict[str, str] = {}
        self._baseline: dict[str, float | None] = {}

    def carry_out(self, stack: ExitStack) -> Iterator[BenchEvent]:
        sources, form = self.plan.sources, self.plan.form
        steps = list(schedule(form, [source.name for source in sources], self.plan.wants))
        yield Begun(len(sources) + len(steps), self.plan.wrk or OWN)
        for info in self.plan.missing:
            self.infos.append(info)
            yield Ready(info)
        for source in sources:
            yield Measuring(f"start of {source.name}")
            yield Ready(self._start(source, stack))
            yield Measured(())
        (port,) = free_ports(1)
        fixed = stack.enter_context(Worker(FixedAnswers(port), self.clock))
        self._fixed = "127.0.0.1", fixed.hear(Listening, _FIXED_WITHIN).port
        self.clock.wait(_SETTLING)
        for step in steps:
            yield Measuring(step.words)
            found = tuple(self._take(step))
            self.observations += found
            yield Measured(found)

    def _start(self, source: Source, stack: ExitStack) -> TargetInfo:
        """Start a target, so often as the form has it; the last one stays."""
        times = self.plan.form.starts if source.anew else 1
        try:
            for turn in range(times):
                started = source.start(self.clock)
                if turn < times - 1:
                    started.target.stop()
                if started.seconds is not None:
                    self.observations.append(Observation("start", 0, source.name, {"seconds": started.seconds}))
        except TargetMissing as error:
            info = TargetInfo(source.name, failure=str(error))
        else:
            info = started.info
            self._targets[source.name] = started.target
            self._held[source.name] = 0
            stack.callback(self._leave, source.name)
        self.infos.append(info)
        return info

    def _renew(self, target: Target) -> Iterator[Observation]:
        """Have a target begin anew and empty, where it was started here."""
        source = next(each for each in self.plan.sources if each.name == target.name)
        if not source.anew:
            return
        target.stop()
        try:
            started = source.start(self.clock)
        except TargetMissing as error:
            self._stuck[target.name] = str(error)
            return
        self._targets[target.name] = started.target
        self._held[target.name] = 0
        self._baseline.pop(target.name, None)
        if started.seconds is not None:
            yield Observation("start", 0, target.name, {"seconds": started.seconds})
        self.clock.wait(_SETTLING)

    def _take(self, step: Step) -> Iterator[Observation]:
        """Measure a step, unless its target is not there or could not be filled up to its size."""
        bench = self._bench
        if step.kind is Kind.CEILING:
            if like := next(iter(self._targets.values()), None):
                workload = workloads()[step.work]
                measure = partial(measuring.ceiling, bench, like, self._fixed, workload, step.size)
                yield guarded(step.work, step.size, CEILING, measure)
            return
        target = self._targets.get(step.target)
        if target is None:
            return
        if stuck := self._stuck.get(target.name):
            yield Observation(step.work, step.size, target.name, problem=f"not measured: {stuck}")
        elif step.kind is Kind.RENEW:
            yield from self._renew(target)
        elif step.kind is Kind.LOAD:
            yield from measuring.load(bench, target, workloads()[step.work], step.size)
        else:
            yield guarded(step.work, step.size, target.name, self._single(step, target))

    def _single(self, step: Step, target: Target) -> Callable[[], Observation]:
        """Return what measures a step that is one observation."""
        bench = self._bench
        match step.kind:
            case Kind.CALL:
                return partial(measuring.call, bench, target, step.work, LIBRARY[step.work], step.size)
            case Kind.WAIT:
                baseline = self._baseline.setdefault(target.name, target.memory())
                return partial(crowds.wait, bench, target, step.count, step.size, baseline)
            case Kind.LAPSE:
                return partial(crowds.lapse, bench, target, step.size)
            case _:
                return partial(self._fill, target, step.size)

    def _fill(self, target: Target, size: int) -> Observation:
        observed, self._held[target.name] = measuring.fill(self._bench, target, size, self._held[target.name])
        if observed.problem:
            self._stuck[target.name] = observed.problem
        return observed

    def _leave(self, name: str) -> None:
        """Stop what was started here; from what was there before, remove all that was registered."""
        target = self._targets[name]
        if target.pid is not None:
            target.stop()
            return
        for number in range(self._held[target.name]):
            one = self._bench.population.id(number)
            try:
                ask(target.host, target.port, target.api.text("deregister", target.address, id=one))
            except Refused:
                return


def limits(measured: Iterable[Measurement]) -> Iterator[str]:
    """Yield where the generator and not a target may have been the limit: all in one note, or none."""
    rates = [one for one in measured if "per_second" in one.values and one.work != "fill"]
    ceilings = {(one.work, one.size): one.values["per_second"].median for one in rates if one.target == CEILING}
    near: dict[tuple[str, int], list[str]] = {}
    for one in rates:
        ceiling = ceilings.get((one.work, one.size))
        if one.target == CEILING or ceiling is None:
            continue
        if one.limited or one.values["per_second"].median > _NEAR * ceiling:
            near.setdefault((one.work, one.size), []).append(one.target)
    if near:
        where = "; ".join(
            f"{work} at {size:,} on {' and '.join(names)}" for (work, size), names in sorted(near.items())
        )
        yield f"The generator was busy throughout or near its ceiling, so that the target may be faster: {where}."
