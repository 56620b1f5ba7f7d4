"""When probes run: with a manual clock on a real event loop; nothing sleeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core.probes import Probe, Result, TcpConnect, Thresholds
from custom_registry.probing import Schedule
from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Iterable

Test = Callable[["Stage"], Coroutine[Any, Any, None]]


class Stage:
    """A schedule whose time, chance and results are a test's.

    A run whose address begins with ``hang`` never ends; any other one gives the next of ``results``, or passes.
    """

    def __init__(self, shortest_interval: float) -> None:
        self.now = 0.0
        self.runs: list[tuple[float, str]] = []
        self.reports: list[tuple[float, str, Result]] = []
        self.results: list[Result | Exception] = []
        self.under_way = 0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.schedule: Schedule[str] = Schedule(
            self._report, shortest_interval=shortest_interval, run=self._run, sleep=self._sleep, chance=lambda: 0.5
        )

    async def advance(self, seconds: float) -> None:
        """Move the clock, waking who sleeps in the order of time."""
        end = self.now + seconds
        await self.settle()
        while due := [entry for entry in self._sleepers if entry[0] <= end]:
            entry = min(due, key=lambda entry: entry[0])
            self._sleepers.remove(entry)
            self.now = entry[0]
            if not entry[1].done():
                entry[1].set_result(None)
            await self.settle()
        self.now = end

    async def settle(self) -> None:
        """Let every task go on until all wait: each step of the few that there are takes one turn of the loop."""
        for _ in range(20):
            await asyncio.sleep(0)

    def _report(self, key: str, result: Result) -> None:
        self.reports.append((self.now, key, result))
        if result.output == "report fails":
            raise RuntimeError(result.output)

    async def _sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, woken))
        await woken

    async def _run(self, probe: Probe) -> Result:
        assert isinstance(probe.action, TcpConnect)
        self.runs.append((self.now, probe.action.address))
        self.under_way += 1
        try:
            if probe.action.address.startswith("hang"):
                await asyncio.get_running_loop().create_future()
            result = self.results.pop(0) if self.results else Result(Health.PASSING, "well")
        finally:
            self.under_way -= 1
        if isinstance(result, Exception):
            raise result
        return result


def staged(test: Test, *, shortest_interval: float = 1.0) -> None:
    async def play() -> None:
        stage = Stage(shortest_interval)
        await test(stage)
        await stage.schedule.close()
        assert stage.under_way == 0

    asyncio.run(play())


def probe(address: str = "a", interval: float = 10.0, **thresholds: int) -> Probe:
    return Probe(action=TcpConnect(address=address), interval=interval, thresholds=Thresholds(**thresholds))


def probes(names: Iterable[str]) -> dict[str, Probe]:
    return {name: probe(name) for name in names}


def test_the_first_run_comes_after_a_part_of_the_interval_and_the_next_after_whole_ones() -> None:
    async def play(stage: Stage) -> None:
        stage.schedule.keep(probes("a"))
        await stage.advance(25.0)
        assert stage.runs == [(5.0, "a"), (15.0, "a"), (25.0, "a")]
        assert stage.reports == [(at, "a", Result(Health.PASSING, "well")) for at in (5.0, 15.0, 25.0)]

    staged(play)


@pytest.mark.parametrize(("shortest", "first", "second"), [(1.0, 0.5, 1.5), (0.02, 0.01, 0.03), (0.0, 0.0005, 0.0015)])
def test_no_interval_is_below_the_shortest(shortest: float, first: float, second: float) -> None:
    async def play(stage: Stage) -> None:
        stage.schedule.keep({"a": probe(interval=0.001)})
        await stage.advance(second)
        assert [at for at, _ in stage.runs[:2]] == pytest.approx([first, second])

    staged(play, shortest_interval=shortest)


def test_thresholds_hold_reports_back() -> None:
    async def play(stage: Stage) -> None:
        failed = Result(Health.CRITICAL, "ill")
        stage.results = [Result(Health.PASSING, "well"), failed, failed, failed]
        stage.schedule.keep({"a": probe(failures_before_warning=2, failures_before_critical=3)})
        await stage.advance(35.0)
        assert [(at, result.health) for at, _, result in stage.reports] == [
            (5.0, Health.PASSING),
            (25.0, Health.WARNING),
            (35.0, Health.CRITICAL),
        ]

    staged(play)


def test_what_is_not_wanted_any_more_is_cut_short_and_the_rest_goes_on() -> None:
    async def play(stage: Stage) -> None:
        stage.schedule.keep(probes(["a", "hang"]))
        await stage.advance(6.0)
        assert stage.under_way == 1
        stage.schedule.keep(probes(["a", "b"]))
        await stage.settle()
        assert (stage.under_way, len(stage.schedule)) == (0, 2)
        await stage.advance(9.0)
        assert [name for _, name in stage.runs] == ["a", "hang", "b", "a"]

    staged(play)


def test_probes_that_hang_hold_up_nobody() -> None:
    async def play(stage: Stage) -> None:
        stage.schedule.keep(probes([f"hang{number}" for number in range(200)]) | probes(["a"]))
        await stage.advance(15.0)
        assert stage.under_way == 200
        assert [at for at, key, _ in stage.reports] == [5.0, 15.0]

    staged(play)


def test_no_more_than_so_many_run_at_once() -> None:
    async def play(stage: Stage) -> None:
        hanging = probes([f"hang{number}" for number in range(1000)])
        stage.schedule.keep(hanging)
        await stage.advance(10.0)
        assert stage.under_way == 256
        stage.schedule.keep(dict(list(hanging.items())[256:]))
        await stage.advance(0.0)
        assert stage.under_way == 256
        assert len(stage.runs) == 512

    staged(play)


def test_a_fault_is_told_and_silences_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def play(stage: Stage) -> None:
        stage.results = [RuntimeError("run fails"), Result(Health.PASSING, "report fails")]
        stage.schedule.keep(probes("a"))
        await stage.advance(25.0)
        assert [result for _, _, result in stage.reports] == [
            Result(Health.CRITICAL, "RuntimeError: run fails"),
            Result(Health.PASSING, "report fails"),
            Result(Health.PASSING, "well"),
        ]

    with caplog.at_level(logging.ERROR, "custom_registry.probing"):
        staged(play)
    assert len(caplog.records) == 2
