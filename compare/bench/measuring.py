"""Measures one thing on one target, and makes sure of what it measured; in which order, it does not know.

An observation has values only if every answer was one, and those that were looked at were right.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from compare.bench import worker, wrk
from compare.bench.api import WrongAnswer
from compare.bench.asking import Refused, check_sample, total_of
from compare.bench.jobs import Calls, LoadResult, Slot
from compare.bench.population import SPANS, TEN, total
from compare.bench.run import CEILING, WRONG, Observation
from compare.bench.worker import GeneratorFailed
from compare.bench.workload import Asked, Numbers, Pressure, filling, load_of, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from compare.bench.jobs import Load
    from compare.bench.population import Population
    from compare.bench.run import Form
    from compare.bench.target import Target
    from compare.bench.workload import Workload
    from compare.stage import Clock

OWN = "own generator"
_SAMPLES_EVERY = 0.2  # seconds, while a load runs
_GRACE = 30.0  # seconds beyond the load's own in which a generator must have told its result
_NO_TIME_LEFT = 0.9  # of one processor
_HEAD = 2000  # bytes; no answer's head is longer
_FIRST_NEW, _NEW_AT_ONCE = 1_000_000, 5_000
_POLL = 0.2


@dataclass(slots=True)
class Bench:
    """What all measuring has in common.

    Args:
        form: how much is measured.
        population: the names of what is registered.
        clock: to wait by.
        wrk: what wrk says it is, or empty where it is not to be used.
        largest: the longest body of an answer to each workload at each size, for the ceiling.
    """

    form: Form
    population: Population
    clock: Clock
    wrk: str
    largest: dict[tuple[str, int], int] = field(default_factory=dict)
    _taken: int = 0

    def new(self) -> int:
        """Return the first of numbers that were never used."""
        self._taken += 1
        return _FIRST_NEW + self._taken * _NEW_AT_ONCE

    def generate(self, load: Load) -> tuple[LoadResult, str]:
        """Have a load sent, by wrk where it is to be used.

        Returns:
            What came of it, and who sent it.
        """
        if self.wrk:
            return wrk.run(load, self.clock), self.wrk
        return worker.run(load, LoadResult, self.clock, load.seconds + _GRACE), OWN


def fill(bench: Bench, target: Target, size: int, held: int) -> tuple[Observation, int]:
    """Register the members up to a size, and wait until all of them are found.

    Args:
        bench: the common.
        target: where to.
        size: up to which.
        held: how many are there.

    Returns:
        The seconds that it took and the memory after it, and how many are there now.
    """
    wanted, budget = total(size), bench.form.budget
    load = filling(target, bench.population, range(held, wanted), Pressure(bench.form.connections, budget))
    result, generator = bench.generate(load)
    problem = _problem(result)
    held += result.answered
    if not problem and held < wanted:
        problem = f"{held:,} of {wanted:,} instances after {result.seconds:.0f} s"
    problem = problem or _shown(bench, target, size)
    values = {"seconds": result.seconds, "per_second": result.answered / result.seconds if result.seconds else 0.0}
    target.settle(bench.clock, bench.form.settle)
    if memory := target.memory():
        values["memory"] = memory
    return Observation("fill", size, target.name, {} if problem else values, (), problem, generator), held


def load(bench: Bench, target: Target, workload: Workload, size: int) -> Iterator[Observation]:
    """Measure a workload, and what undoes it; each is one observation."""
    numbers = Numbers(size, bench.new())
    observed = guarded(workload.name, size, target.name, partial(_load, bench, target, workload, numbers))
    yield observed
    if workload.undone_by and not observed.problem:
        undoing = msgspec.structs.replace(workloads()[workload.undone_by], most=observed.answered)
        yield guarded(undoing.name, size, target.name, partial(_load, bench, target, undoing, numbers))
    if workload.writes_new:
        _clear(bench, target, workload, numbers)


def ceiling(bench: Bench, like: Target, fixed: tuple[str, int], workload: Workload, size: int) -> Observation:
    """Measure how fast a server of fixed answers is asked the same, with answers as long as the longest there were."""
    host, port = fixed
    made = _make(bench, like, workload, Numbers(size, bench.new()))
    length = bench.largest.get((workload.name, size), 0)
    slots = tuple(
        Slot((slot.pieces[0].replace(" /", f" /{length}/", 1), *slot.pieces[1:]), slot.stream) for slot in made.slots
    )
    result, generator = bench.generate(msgspec.structs.replace(made, host=host, port=port, slots=slots))
    return _observed(result, workload.name, size, CEILING, generator)


def call(bench: Bench, target: Target, name: str, do: str, size: int) -> Observation:
    """Measure a client library: one thread that calls, one call after the other."""
    ids = tuple(bench.population.id(number) for number in SPANS[TEN])
    target.settle(bench.clock, bench.form.settle)
    job = Calls(target.url, do, bench.population.service(TEN), ids, bench.form.seconds)
    result = worker.run(job, LoadResult, bench.clock, bench.form.seconds + _GRACE)
    # The library and not the target is the limit, always: that is what this is to show
    return msgspec.structs.replace(_observed(result, name, size, target.name, "client library"), limited=False)


def guarded(work: str, size: int, target: str, measure: Callable[[], Observation]) -> Observation:
    """Measure, or say why that could not be done."""
    try:
        return measure()
    except Refused as error:
        problem = f"refused: {error}"
    except WrongAnswer as error:
        problem = f"{WRONG}: {error}"
    except GeneratorFailed as error:
        problem = f"not measured: {error}"
    return Observation(work, size, target, problem=problem)


def _load(bench: Bench, target: Target, workload: Workload, numbers: Numbers) -> Observation:
    size = numbers.size
    made = _make(bench, target, workload, numbers)
    if workload.behind:
        before = msgspec.structs.replace(workload, request=(Asked("register", of="old"),))
        bench.generate(_make(bench, target, before, numbers, workload.behind))
    target.settle(bench.clock, bench.form.settle)
    held = total_of(target) if made.most else 0
    length = _check(bench, target, workload, size)
    result, generator = _sampled(bench, target, workload, size, made)
    _check(bench, target, workload, size)
    observed = _observed(result, workload.name, size, target.name, generator)
    problem = observed.problem or _short(result, length, made)
    if made.most and not problem:
        change = {"register": result.answered, "deregister": -result.answered}[workload.request[0].do]
        problem = _counted(target, held + change)
    return Observation(workload.name, size, target.name, problem=problem) if problem else observed


def _make(bench: Bench, target: Target, workload: Workload, numbers: Numbers, most: int | None = None) -> Load:
    pressure = Pressure(bench.form.connections, bench.form.seconds, workload.most if most is None else most)
    return load_of(workload, target, bench.population, numbers, pressure)


def _sampled(bench: Bench, target: Target, workload: Workload, size: int, made: Load) -> tuple[LoadResult, str]:
    """Have the load sent, and look at answers meanwhile."""
    with ThreadPoolExecutor(1) as other:
        future = other.submit(bench.generate, made)
        while not future.done():
            bench.clock.wait(min(_SAMPLES_EVERY, made.seconds / 2))
            _check(bench, target, workload, size)
        return future.result()


def _check(bench: Bench, target: Target, workload: Workload, size: int) -> int | None:
    """Check an answer to each kind of request; return the length of its body, where there is one kind."""
    longest = max(check_sample(target, asked, bench.population, size) for asked in workload.request)
    key = workload.name, size
    bench.largest[key] = max(longest, bench.largest.get(key, 0))
    return longest if len(workload.request) == 1 else None


def _problem(result: LoadResult) -> str:
    errors = result.errors
    refused = errors.get("connect", 0) + errors.get("closed", 0)
    if refused:
        return f"refused: {refused:,} connections were closed, {result.answered:,} requests answered"
    if errors.get("status"):
        example = f", as in {result.example}" if result.example else ""
        return f"{WRONG}: {errors['status']:,} with an error status, {result.answered:,} without{example}"
    if errors.get("timeout"):
        return f"not measured: {errors['timeout']:,} requests were not answered in time"
    return "" if result.answered else "not measured: nothing was answered in time"


def _short(result: LoadResult, length: int | None, made: Load) -> str:
    """Say so if the answers cannot all have been as long as the one that was looked at."""
    if length is None:
        return ""
    received = result.bytes / result.answered
    longest = (length * 1.02 + _HEAD) * (1 + made.connections / result.answered)
    if length <= received <= longest:
        return ""
    return f"{WRONG}: {received:.0f} bytes for each, where the one that was looked at has {length}"


def _counted(target: Target, wanted: int) -> str:
    """Say so if not all that was acknowledged is there."""
    there = total_of(target)
    return "" if there == wanted else f"{WRONG}: {there:,} instances are there, {wanted:,} were acknowledged"


def _observed(result: LoadResult, work: str, size: int, target: str, generator: str) -> Observation:
    problem = _problem(result)
    if problem:
        return Observation(work, size, target, problem=problem)
    points = dict(result.curve)
    values = {"per_second": result.answered / result.seconds, "p50": points[0.5], "p99": points[0.99]}
    limited = result.cpu > _NO_TIME_LEFT * result.seconds
    return Observation(work, size, target, values, result.curve, "", generator, limited, result.answered)


def _shown(bench: Bench, target: Target, size: int) -> str:
    """Wait until all that was registered is found: a Consul's catalog comes later. Return a problem if it does not."""
    asked: Sequence[Asked] = (Asked("services"), *(Asked("discover", service=name) for name in SPANS))
    deadline = bench.clock.now() + bench.form.budget
    while True:
        try:
            for one in asked:
                check_sample(target, one, bench.population, size)
        except Refused as error:
            return f"refused: {error}"
        except WrongAnswer as error:
            if bench.clock.now() > deadline:
                return f"{WRONG}: {bench.form.budget:.0f} s after the last registration {error}"
            bench.clock.wait(_POLL)
        else:
            return ""


def _clear(bench: Bench, target: Target, workload: Workload, numbers: Numbers) -> None:
    """Remove what a workload left of the new: those whose answer never came, or that were not removed in time."""
    begin = Numbers(numbers.size, numbers.first - workload.behind)
    removing = msgspec.structs.replace(workloads()["deregister"], name=workload.name)
    left = workload.most or bench.form.connections + 2 * workload.behind + _NEW_AT_ONCE // 10
    if total_of(target) == total(numbers.size):
        return
    made = _make(bench, target, removing, begin, left)
    bench.generate(msgspec.structs.replace(made, seconds=bench.form.budget))
