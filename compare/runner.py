"""Runs scenarios on targets, all at the same time, and yields events; it must not show anything or know who listens."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING

from compare.driver import drive
from compare.events import RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, TargetFailed, TargetReady
from compare.judge import judge
from compare.known import Known
from compare.recording import Recording
from compare.run import Run, TargetInfo
from compare.sources import Follower, NoConsul, TargetMissing
from compare.stage import Interrupted, RealClock, Stage
from discovery import DiscoveryError, open_discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.events import Event
    from compare.history import History
    from compare.scenario import Scenario
    from compare.sources import Running, Source

_WORKERS = 12
"""Scenarios at the same time on one target; they mostly wait."""

_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Args:
        targets: in the order in which to show them, the reference among them.
        reference: the name of the one by which the others are measured.
        scenarios: in the order in which to show them.
        known: the differences that are known.
        noise: whether to run the reference a second time, to see where it differs from itself.
        fallback: played back where no real Consul can be had; ``None`` to let that be a failure.
    """

    targets: tuple[Source | Recording, ...]
    reference: str
    scenarios: tuple[Scenario, ...]
    known: Known = field(default_factory=Known)
    noise: bool = False
    fallback: Recording | None = None


def execute(plan: Plan, stop: threading.Event) -> Iterator[Event]:
    """Run a plan: ``RunStarted`` first, ``RunFinished`` with the judged run last.

    Setting ``stop`` ends it early: nothing new begins, what was made is removed, what was started is stopped, and the
    run has what was seen so far. Should the reference not be had, the rest is pointless and is stopped as well.
    """
    yield RunStarted(tuple(target.name for target in plan.targets), plan.scenarios, plan.reference)
    started, began = datetime.now(UTC), time.monotonic()
    halt = threading.Event()
    queue: SimpleQueue[Event | None] = SimpleQueue()
    reference: Future[str] = Future()
    lanes = [_Lane(target, plan, queue, halt, reference) for target in plan.targets]
    measured = [target for target in plan.targets if target.name == plan.reference and plan.noise]
    again = [_Lane(target, plan, SimpleQueue(), halt, Future()) for target in measured]
    with ThreadPoolExecutor(len(lanes) + 1) as pool:
        futures = [pool.submit(lane.run) for lane in (*lanes, *again)]
        try:
            yield from _events(queue, futures, plan.reference, stop, halt)
        finally:
            halt.set()
    for future in futures:
        future.result()
    run = Run(
        started.isoformat(timespec="seconds"),
        round(time.monotonic() - began, 1),
        plan.reference,
        tuple(lane.info for lane in lanes),
        plan.scenarios,
        tuple(history for lane in lanes for history in lane.histories),
        interrupted=stop.is_set(),
    )
    yield RunFinished(judge(run, plan.known, [history for lane in again for history in lane.histories]))


def _events(
    queue: SimpleQueue[Event | None],
    futures: list[Future[None]],
    reference: str,
    stop: threading.Event,
    halt: threading.Event,
) -> Iterator[Event]:
    """Hand on what the lanes say until all have ended."""
    for future in futures:
        future.add_done_callback(lambda _: queue.put(None))
    watcher = threading.Thread(target=_pass_on, args=(stop, halt), daemon=True)
    watcher.start()
    left = len(futures)
    while left:
        event = queue.get()
        if event is None:
            left -= 1
            continue
        if isinstance(event, TargetFailed) and event.target.name == reference:
            halt.set()
        yield event


def _pass_on(stop: threading.Event, halt: threading.Event) -> None:
    """Halt once the run is to stop; end with it."""
    while not halt.wait(_POLL):
        if stop.is_set():
            halt.set()


class _Lane:
    """One target's part of the run."""

    def __init__(
        self,
        source: Source | Recording,
        plan: Plan,
        queue: SimpleQueue[Event | None],
        halt: threading.Event,
        reference: Future[str],
    ) -> None:
        """Prepare to run.

        Args:
            source: where the target comes from.
            plan: what to run.
            queue: where to tell of it.
            halt: set when the run is to end.
            reference: what the reference says of itself; its own lane says it, and others may wait for it.
        """
        self._source = source
        self._plan = plan
        self._queue = queue
        self._clock = RealClock(halt)
        self._halt = halt
        self._reference = reference
        self.info = TargetInfo(source.name)
        self.histories: list[History] = []

    def run(self) -> None:
        """Have the target, run every scenario on it, let it go."""
        try:
            self._run()
        finally:
            self._tell_of_reference()

    def _run(self) -> None:
        if isinstance(self._source, Recording):
            self._play_back(self._source)
            return
        try:
            source = self._followed(self._source)
            with self._running(source, alone=False) as running:
                self._drive_all(source, running)
        except Interrupted:
            return
        except TargetMissing as error:
            if isinstance(error, NoConsul) and self._plan.fallback:
                recording = replace(self._plan.fallback, name=self._source.name)
                self._play_back(recording, f"played back from {self._plan.fallback.name}, since there is {error}")
                return
            self.info = replace(self.info, failure=str(error))
            self._queue.put(TargetFailed(self.info))

    def _followed(self, source: Source) -> Source:
        """Return the source, after the reference where it follows that one."""
        if isinstance(source, Follower) and source.name != self._plan.reference:
            return source.beside(self._reference.result())
        return source

    def _tell_of_reference(self) -> None:
        if self._source.name == self._plan.reference and not self._reference.done():
            self._reference.set_result(self.info.version)

    def _play_back(self, recording: Recording, how: str | None = None) -> None:
        self.info = recording.info if how is None else replace(recording.info, how=how)
        self._tell_of_reference()
        self._queue.put(TargetReady(self.info))
        for scenario in self._plan.scenarios:
            self._finished(recording.history(scenario))

    def _drive_all(self, source: Source, running: Running) -> None:
        with open_discovery(running.url) as backend:
            try:
                version = backend.ping()
            except DiscoveryError as error:
                raise TargetMissing(f"{running.how}: {error}") from error
        self.info = replace(self.info, version=running.version or version, how=running.how, complete=source.complete)
        self._tell_of_reference()
        self._queue.put(TargetReady(self.info))
        with ThreadPoolExecutor(_WORKERS) as pool:
            # The long ones first, so that the end does not wait for one that began late.
            order = sorted(self._plan.scenarios, key=lambda scenario: (not scenario.slow, not scenario.exclusive))
            for future in [pool.submit(self._one, source, running, scenario) for scenario in order]:
                future.result()

    def _one(self, source: Source, shared: Running, scenario: Scenario) -> None:
        if self._halt.is_set():
            return
        self._queue.put(ScenarioStarted(self._source.name, scenario.name))
        if not scenario.exclusive:
            self._finished(self._drive(shared, scenario))
            return
        with self._running(source, alone=True) as own:
            self._finished(self._drive(own, scenario))

    def _drive(self, running: Running, scenario: Scenario) -> History:
        with open_discovery(running.url) as backend:
            restart = running.restart if scenario.exclusive else None
            return drive(self._source.name, scenario, Stage(backend, self._clock, restart))

    def _finished(self, history: History) -> None:
        self.histories.append(history)
        self._queue.put(ScenarioFinished(history))

    @contextmanager
    def _running(self, source: Source, *, alone: bool) -> Iterator[Running]:
        running = source.start(self._clock, alone=alone)
        try:
            yield running
        finally:
            running.stop()
