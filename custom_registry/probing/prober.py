"""Runs probes again and again, thousands of them on one thread; it knows neither checks nor what a run does."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from custom_registry.core.probes import Result
from custom_registry.probing import actions
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Self

    from custom_registry.core.probes import Probe

SHORTEST_INTERVAL = 1.0  # seconds, as Consul has it: whoever asks for less gets this
_AT_ONCE = 256  # connections; more wait for one of these to end, which each does within its probe's time limit

_log = logging.getLogger("custom_registry.probing")


Key = TypeVar("Key", bound=Hashable)


class Source(Protocol[Key]):
    """Who knows which probes there are to be run."""

    def probes(self, changed: Callable[[], None]) -> Mapping[Key, Probe]:
        """Return all probes, each by a key that no other probe ever has; call ``changed`` once they are others."""

    def report(self, key: Key, result: Result) -> None:
        """Take a result that counts. The probe may have gone a moment ago."""


class Schedule(Generic[Key]):
    """Which probes run, each a task of the running event loop.

    Args:
        report: called with each result that counts, and its probe's key.
        shortest_interval: seconds; the least between two runs of one probe.
        run: one run.
        sleep: how to wait.
        chance: gives the share of the first interval after which a probe first runs, from 0 to below 1.
    """

    def __init__(
        self,
        report: Callable[[Key, Result], None],
        *,
        shortest_interval: float = SHORTEST_INTERVAL,
        run: Callable[[Probe], Awaitable[Result]] = actions.run,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Begin with none."""
        self._report = report
        self._shortest_interval = shortest_interval
        self._run = run
        self._sleep = sleep
        self._chance = chance
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Return how many probes run."""
        return len(self._tasks)

    def keep(self, wanted: Mapping[Key, Probe]) -> None:
        """Run these and no others: what runs already goes on, what is new begins, what is gone is cut short.

        O(all probes).
        """
        for key in self._tasks.keys() - wanted.keys():
            self._tasks.pop(key).cancel()
        for key, probe in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = asyncio.get_running_loop().create_task(self._repeat(key, probe))

    async def close(self) -> None:
        """Stop all, and wait until each has let go of its connection."""
        tasks = list(self._tasks.values())
        self.keep({})
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _repeat(self, key: Key, probe: Probe) -> None:
        """Run, and wait from the end of each run; the first after a random part of an interval, as Consul does."""
        interval = max(probe.interval, self._shortest_interval)
        streak = probe.thresholds.beginning
        await self._sleep(interval * self._chance())
        while True:
            async with self._places:
                result = await self._one_result(probe)
            streak, health = probe.thresholds.judge(streak, result.health)
            if health is not None:
                self._tell(key, Result(health, result.output))
            await self._sleep(interval)

    async def _one_result(self, probe: Probe) -> Result:
        try:
            return await self._run(probe)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not silence a check for good
            _log.exception("a probe failed: %r", probe)
            return Result(Health.CRITICAL, f"{type(error).__name__}: {error}")

    def _tell(self, key: Key, result: Result) -> None:
        try:
            self._report(key, result)
        except Exception:  # noqa: BLE001 - nor may one of whoever listens
            _log.exception("what came of a probe could not be reported: %r", key)


class Prober(Generic[Key]):
    """Runs what a source wants to be run, on a thread of its own, which begins with the first probe.

    Args:
        source: asked in the prober's thread, and told there what came of it; both must return soon.
        shortest_interval: seconds; the least between two runs of one probe.
    """

    def __init__(self, source: Source[Key], *, shortest_interval: float = SHORTEST_INTERVAL) -> None:
        """Do nothing until ``start``."""
        self._source = source
        self._shortest_interval = shortest_interval
        self._lock = threading.Lock()
        self._thread: _ProberThread[Key] | None = None
        self._running = False

    def start(self) -> None:
        """Begin to follow the source."""
        self._running = True
        if self._source.probes(self._wake):
            self._wake()

    def close(self) -> None:
        """Stop all and end the thread. Idempotent; not to be called by the source, nor with a lock that it needs."""
        with self._lock:
            self._running = False
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.end()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    def _wake(self) -> None:
        """Have the thread look what there is to be run; called in whatever thread the source changes."""
        with self._lock:
            if not self._running:
                return
            if self._thread is None:
                self._thread = _ProberThread(self._source.report, self._shortest_interval)
            self._thread.ask(lambda schedule: schedule.keep(self._source.probes(self._wake)))


class _ProberThread(Generic[Key]):
    """A thread with an event loop, and a schedule on it."""

    def __init__(self, report: Callable[[Key, Result], None], shortest_interval: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._schedule = Schedule(report, shortest_interval=shortest_interval)
        self._thread = threading.Thread(target=self._serve, name="registry-prober", daemon=True)
        self._thread.start()

    def ask(self, action: Callable[[Schedule[Key]], None]) -> None:
        self._loop.call_soon_threadsafe(action, self._schedule)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set_result, None)
        self._thread.join()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_ended())

    async def _until_ended(self) -> None:
        await self._ended
        await self._schedule.close()
