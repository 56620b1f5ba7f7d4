"""Measures many at once on one target: requests that wait for a change, and instances that lapse together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare.bench import worker
from compare.bench.api import WrongAnswer
from compare.bench.asking import ask, ask_well, discovered
from compare.bench.jobs import (
    Lapsing,
    LapsingResult,
    LapsingService,
    LoadResult,
    Parked,
    Slot,
    Stream,
    Waiting,
    WaitingResult,
    curve,
)
from compare.bench.run import WRONG, Observation
from compare.bench.worker import Worker
from compare.bench.workload import Pressure

if TYPE_CHECKING:
    from compare.bench.measuring import Bench
    from compare.bench.target import Target

_WATCHED, _FIRST_WATCHED = "watched", 9_000_000
_LAPSING, _FIRST_LAPSING = "lapsing", 9_100_000
_LONGEST_WAIT = 300  # seconds; nobody waits as long
_GATHER_WITHIN = 60.0
_PER_SERVICE = 10
_INDEX = "{number}"
_FEWEST = 0.99


def wait(bench: Bench, target: Target, count: int, size: int, baseline: float | None) -> Observation:
    """Have many wait for a change of one service, and make it.

    Args:
        bench: the common.
        target: where.
        count: how many.
        size: how many instances are there.
        baseline: the memory before any ever waited; ``None`` where it is not known. Memory that a process has got once
            it mostly keeps, so that what one crowd took is no longer seen when the next comes.
    """
    work = f"waiting-{count}"
    service = bench.population.service(_WATCHED)
    ids = [bench.population.id(_FIRST_WATCHED + number) for number in range(2)]
    try:
        index = _watched(bench, target, service, ids[0])
        api, address = target.api, target.address
        watch = api.text("watch", address, service=service, index=index, wait=str(_LONGEST_WAIT))
        change = api.text("register", address, id=ids[1], service=service)
        job = Waiting(target.host, target.port, watch, change, ids[1], count)
        with Worker(job, bench.clock) as crowd:
            parked = crowd.hear(Parked, _GATHER_WITHIN)
            target.settle(bench.clock, bench.form.settle)
            memory = target.memory()
            crowd.say(b"go")
            result = crowd.hear(WaitingResult, job.within + _GATHER_WITHIN)
    finally:
        for one in ids:
            ask(target.host, target.port, target.api.text("deregister", target.address, id=one))
    problem = _not_all(parked, result, count)
    if problem:
        return Observation(work, size, target.name, problem=problem)
    awake = result.awake
    values = {"first": awake[0], "median": awake[len(awake) // 2], "last": awake[-1]}
    values["acknowledged"] = result.acknowledged
    if memory and baseline:
        values["memory_each"] = (memory - baseline) / count
    return Observation(work, size, target.name, values, curve(awake), "", "own generator")


def lapse(bench: Bench, target: Target, size: int) -> Observation:
    """Have many instances lapse at once, and see how late watchers learn of it."""
    form, work = bench.form, f"lapses-{bench.form.lapses}"
    target.settle(bench.clock, form.settle)
    services = tuple(
        _lapsing_service(bench, target, begin, min(begin + _PER_SERVICE, form.lapses))
        for begin in range(0, form.lapses, _PER_SERVICE)
    )
    job = Lapsing(
        target.host, target.port, target.api.name, services, form.ttl, form.connections, min(20.0, form.budget)
    )
    longest = 2 * job.ready_within + job.ttl + job.lapsed_within + _GATHER_WITHIN
    try:
        result = worker.run(job, LapsingResult, bench.clock, longest)
    finally:
        _remove(bench, target, form.lapses)
    if result.problem:
        return Observation(work, size, target.name, problem=f"not measured: {result.problem}")
    if not result.late and not result.unseen:
        problem = f"not measured: {result.passing:,} of {form.lapses:,} passing after {job.ready_within:g} s"
        return Observation(work, size, target.name, problem=problem)
    if len(result.late) < _FEWEST * form.lapses:
        problem = f"{result.unseen:,} of {form.lapses:,} did not show as lapsed {job.lapsed_within:g} s after their ttl"
        return Observation(work, size, target.name, problem=problem)
    points = curve(result.late)
    quantiles = dict(points)
    values = {"p50": quantiles[0.5], "p99": quantiles[0.99], "last": quantiles[1.0]}
    return Observation(work, size, target.name, values, points, "", "own generator")


def _watched(bench: Bench, target: Target, service: str, instance_id: str) -> str:
    """Register what is to be watched, and return its index once nothing moves any more."""
    ask_well(target, "register", id=instance_id, service=service)
    deadline = bench.clock.now() + bench.form.budget
    while discovered(target, service)[0] != [instance_id]:
        if bench.clock.now() > deadline:
            raise WrongAnswer(f"a registration does not show after {bench.form.budget:g} s")
        bench.clock.wait(0.1)
    target.settle(bench.clock, bench.form.settle)
    index = discovered(target, service)[1]
    if not index:
        raise WrongAnswer("a discovery has no index to wait by")
    return index


def _not_all(parked: Parked, result: WaitingResult, count: int) -> str:
    if result.closed:
        return f"refused: {result.closed:,} of {count:,} connections were closed"
    if parked.early:
        return f"not measured: {parked.early:,} of {count:,} were answered before the change"
    if result.wrong:
        return f"{WRONG}: {result.wrong:,} of {count:,} without the change"
    missing = count - len(result.awake)
    return f"{missing:,} of {count:,} did not awake in time" if missing else ""


def _lapsing_service(bench: Bench, target: Target, begin: int, end: int) -> LapsingService:
    api, address, population = target.api, target.address, bench.population
    service = population.service(f"{_LAPSING}{begin // _PER_SERVICE:03d}")
    ids = tuple(population.id(_FIRST_LAPSING + number) for number in range(begin, end))
    watch = api.pieces("watch", address, service=service, index=_INDEX, wait=str(_LONGEST_WAIT))
    return LapsingService(
        ids=ids,
        register=tuple(api.text("register", address, id=one, service=service, ttl=str(bench.form.ttl)) for one in ids),
        heartbeat=tuple(api.text("heartbeat", address, id=one) for one in ids),
        watch=watch,
    )


def _remove(bench: Bench, target: Target, count: int) -> None:
    """Remove what lapsed; some of it may be gone already, which is no error here."""
    slot = Slot(target.api.pieces("deregister", target.address, id=bench.population.ids()))
    pressure = Pressure(bench.form.connections, bench.form.budget, count)
    job = pressure.load(target, (slot,), (Stream(_FIRST_LAPSING),))
    worker.run(job, LoadResult, bench.clock, bench.form.budget + _GATHER_WITHIN)
