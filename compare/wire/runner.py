"""Plays transcripts to a target, and to a live reference, and yields events; it must not show anything."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING

from compare.events import TargetFailed, TargetReady
from compare.run import TargetInfo
from compare.sources import TargetMissing
from compare.stage import Interrupted
from compare.wire.events import Judged, Played, Playing, Started
from compare.wire.exceptions import Exceptions
from compare.wire.judge import judge, unplayed
from compare.wire.player import Player
from compare.wire.run import ScenarioVerdict, WireRun
from compare.wire.transcript import Pause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compare.wire.events import WireEvent
    from compare.wire.sources import WireSource
    from compare.wire.transcript import Transcript

WORKERS = 6
"""Scenarios at the same time; they mostly wait, but an agent needs a moment to start."""

_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play.

    Args:
        target: what is judged.
        reference: a live agent to judge by; ``None`` for the transcripts themselves.
        version: of Consul: whose transcripts these are.
        transcripts: whose requests are played.
        exceptions: where the target may differ.
        workers: how many scenarios to play at the same time.
    """

    target: WireSource
    reference: WireSource | None
    version: str
    transcripts: tuple[Transcript, ...]
    exceptions: Exceptions = field(default_factory=Exceptions)
    workers: int = WORKERS

    @property
    def played(self) -> list[Transcript]:
        """Return what is not left out, the long ones first, so that the end does not wait for one that began late."""
        left = [each for each in self.transcripts if self.exceptions.why_left_out(each.scenario) is None]
        return sorted(left, key=lambda each: -sum(step.seconds or 0 for step in each.steps))


def execute(plan: Plan, stop: threading.Event) -> Iterator[WireEvent]:
    """Carry a plan out: ``Started`` first, ``Judged`` with the run last.

    Setting ``stop`` ends it early: nothing new begins, what was started is stopped, and the run has what was played so
    far. Should an agent not be had, the rest is pointless and is stopped as well.
    """
    sides = [plan.target] if plan.reference is None else [plan.target, plan.reference]
    yield Started(tuple(side.name for side in sides), len(plan.played))
    started, began = datetime.now(UTC), time.monotonic()
    halt = threading.Event()
    queue: SimpleQueue[WireEvent | None] = SimpleQueue()
    lanes = [_Lane(side, queue, halt) for side in sides]
    watcher = threading.Thread(target=_pass_on, args=(stop, halt), daemon=True)
    watcher.start()
    with ThreadPoolExecutor(plan.workers) as pool:
        futures = [pool.submit(lane.play, transcript) for transcript in plan.played for lane in lanes]
        try:
            yield from _events(queue, futures)
        finally:
            halt.set()
    for future in futures:
        future.result()
    run = WireRun(
        started.isoformat(timespec="seconds"),
        round(time.monotonic() - began, 1),
        plan.version,
        lanes[0].info,
        lanes[1].info if plan.reference else recorded(plan.version),
        interrupted=stop.is_set(),
    )
    verdicts = tuple(_judged(each, plan, lanes, run) for each in plan.transcripts)
    yield Judged(replace(run, scenarios=verdicts), lanes[0].seen)


def recorded(version: str) -> TargetInfo:
    """Return the transcripts of a version as a side of the comparison."""
    return TargetInfo(f"recorded:consul-{version}", f"Consul {version}", "the transcripts", live=False)


def _events(queue: SimpleQueue[WireEvent | None], futures: list[Future[None]]) -> Iterator[WireEvent]:
    """Hand on what the lanes say until all have ended."""
    for future in futures:
        future.add_done_callback(lambda _: queue.put(None))
    left = len(futures)
    while left:
        event = queue.get()
        if event is None:
            left -= 1
        else:
            yield event


def _pass_on(stop: threading.Event, halt: threading.Event) -> None:
    """Halt once the run is to stop; end with it."""
    while not halt.wait(_POLL):
        if stop.is_set():
            halt.set()


def _judged(transcript: Transcript, plan: Plan, lanes: list[_Lane], run: WireRun) -> ScenarioVerdict:
    scenario = transcript.scenario
    why = plan.exceptions.why_left_out(scenario)
    if why is not None:
        return ScenarioVerdict(scenario, left_out=why)
    observed = lanes[0].seen.get(scenario)
    reference = lanes[1].seen.get(scenario) if plan.reference else transcript
    if observed is None or reference is None:
        failure = run.target.failure or run.reference.failure
        return unplayed(transcript, failure or ("the run was interrupted" if run.interrupted else "it was not played"))
    return judge(reference, observed, plan.exceptions.of(plan.version, scenario))


class _Lane:
    """One side's part of the run."""

    def __init__(self, source: WireSource, queue: SimpleQueue[WireEvent | None], halt: threading.Event) -> None:
        self._source = source
        self._queue = queue
        self._halt = halt
        self._turn = nullcontext() if source.fresh else threading.Lock()
        self._ready = threading.Lock()
        self.info = TargetInfo(source.name, how=source.how, complete=True)
        self.seen: dict[str, Transcript] = {}

    def play(self, transcript: Transcript) -> None:
        """Play one scenario, on an agent of its own where there are such."""
        name, scenario = self._source.name, transcript.scenario
        with self._turn, suppress(Interrupted):
            if self._halt.is_set():
                return
            try:
                self._get_ready()
                self._queue.put(Playing(name, scenario))
                self._play(transcript)
            except TargetMissing as error:
                self._fail(str(error))
            else:
                self._queue.put(Played(name, scenario))

    def _get_ready(self) -> None:
        with self._ready:
            if not self.info.version:
                self.info = replace(self.info, version=f"Consul {self._source.version(self._halt)}")
                self._queue.put(TargetReady(self.info))

    def _play(self, transcript: Transcript) -> None:
        serving = self._source.start(self._halt)
        try:
            if any(isinstance(step, Pause) for step in transcript.steps):  # then it is looked at what comes by itself
                serving.transport.wait(serving.unsteady)
            self.seen[transcript.scenario] = Player(serving.transport, serving.place).play(transcript)
        finally:
            serving.stop()

    def _fail(self, why: str) -> None:
        with self._ready:
            if not self.info.failure:
                self.info = replace(self.info, failure=why)
                self._queue.put(TargetFailed(self.info))
        self._halt.set()
