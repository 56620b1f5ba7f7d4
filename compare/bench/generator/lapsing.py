"""Instances that all lapse at once, and how late watchers see it; each service has a watcher of its own."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from compare.bench.api import WrongAnswer, apis
from compare.bench.generator.connection import Exchange, Lost
from compare.bench.jobs import LapsingResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compare.bench.jobs import Lapsing, LapsingService

_AT_ONCE = 10  # services, when they are registered
_SOON = 0.25  # of a ttl, after which heartbeats are sent
_POLL = 0.02  # seconds between two looks at what the watchers have seen


async def run(job: Lapsing) -> LapsingResult:
    """Register all, watch all, keep them alive until all are seen as passing, then let them lapse."""
    scene = _Scene(job)
    watchers: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(job.ready_within):
            await scene.register()
        watchers = [asyncio.create_task(scene.watch(service)) for service in job.services]
        if not await scene.all_passing(watchers):
            return LapsingResult(len(scene.passing), problem=scene.problem(watchers))
        return await scene.lapse(watchers)
    except TimeoutError:
        return LapsingResult(0, problem=f"registering took longer than {job.ready_within:g} s")
    except (OSError, Lost, WrongAnswer) as error:
        return LapsingResult(len(scene.passing), problem=str(error) or repr(error))
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


class _Scene:
    """What is seen, by id."""

    def __init__(self, job: Lapsing) -> None:
        self.passing: set[str] = set()
        self._job = job
        self._api = apis()[job.api]
        self._ids = {one for service in job.services for one in service.ids}
        self._beaten: dict[str, float] = {}
        self._gone: dict[str, float] = {}

    async def send(self, texts: Sequence[str]) -> list[float]:
        """Send requests that must succeed, over some connections; return when each was sent."""
        sent = [0.0] * len(texts)
        places = iter(range(len(texts)))

        async def some() -> None:
            exchange = await Exchange.open(self._job.host, self._job.port)
            try:
                for place in places:
                    reply = await exchange.ask(texts[place])
                    sent[place] = exchange.sent
                    if not reply.good:
                        raise WrongAnswer(f"{reply.status} {reply.body[:80]!r}")
            finally:
                exchange.close()

        await asyncio.gather(*(some() for _ in range(self._job.connections)))
        return sent

    async def register(self) -> None:
        """Register all, some services at a time; what is there already is kept alive, however long the rest takes."""
        beaten = time.perf_counter()
        for end in range(_AT_ONCE, len(self._job.services) + _AT_ONCE, _AT_ONCE):
            some = self._job.services[end - _AT_ONCE : end]
            await self.send([text for service in some for text in service.register])
            if time.perf_counter() > beaten + self._job.ttl * _SOON:
                await self._beat(self._job.services[:end])
                beaten = time.perf_counter()

    async def watch(self, service: LapsingService) -> None:
        """Follow a service, by one blocking query after the other."""
        exchange = await Exchange.open(self._job.host, self._job.port)
        try:
            index = "0"
            while True:
                reply = await exchange.ask(index.join(service.watch))
                if not reply.good:
                    raise WrongAnswer(f"a watcher was answered with {reply.status} {reply.body[:80]!r}")
                index = reply.changed
                self._see(service, set(self._api.read("ids", reply.body)), reply.at)
        finally:
            exchange.close()

    async def all_passing(self, watchers: Sequence[asyncio.Task[None]]) -> bool:
        """Send heartbeats until all are seen as passing, and once more; return whether that came about."""
        deadline = time.perf_counter() + self._job.ready_within
        while self.passing < self._ids:
            if time.perf_counter() > deadline or any(watcher.done() for watcher in watchers):
                return False
            await self._beat(self._job.services)
            await asyncio.sleep(_POLL)
        await self._beat(self._job.services)
        return True

    async def lapse(self, watchers: Sequence[asyncio.Task[None]]) -> LapsingResult:
        """Wait until all are seen to be gone."""
        deadline = max(self._beaten.values()) + self._job.ttl + self._job.lapsed_within
        while len(self._gone) < len(self._ids) and time.perf_counter() < deadline:
            if any(watcher.done() for watcher in watchers):
                break
            await asyncio.sleep(_POLL)
        late = sorted(at - self._beaten[one] - self._job.ttl for one, at in self._gone.items())
        return LapsingResult(
            len(self.passing | self._gone.keys()), tuple(late), len(self._ids) - len(late), self.problem(watchers)
        )

    def problem(self, watchers: Sequence[asyncio.Task[None]]) -> str:
        """Return why a watcher ended; empty unless one did."""
        ended = [error for watcher in watchers if watcher.done() and (error := watcher.exception())]
        return str(ended[0]) or repr(ended[0]) if ended else ""

    async def _beat(self, services: Sequence[LapsingService]) -> None:
        ids = [one for service in services for one in service.ids]
        sent = await self.send([text for service in services for text in service.heartbeat])
        self._beaten = dict(zip(ids, sent, strict=True))
        self._gone.clear()

    def _see(self, service: LapsingService, found: set[str], at: float) -> None:
        for one in service.ids:
            if one in found:
                self.passing.add(one)
                self._gone.pop(one, None)
            elif one in self.passing:
                self.passing.discard(one)
                self._gone[one] = at
