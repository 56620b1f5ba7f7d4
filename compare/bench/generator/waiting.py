"""Requests that wait for one change, by the thousand, and when each is awake; memory is the bench's to look at."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from compare.bench.generator.connection import Connection, Exchange, Lost
from compare.bench.jobs import Parked, WaitingResult

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from compare.bench.generator.connection import Reply
    from compare.bench.jobs import Waiting

_AT_ONCE = 100  # connections being made: a listening socket holds no more than its backlog
_MOMENT = 0.5  # seconds in which one that will not wait is answered or closed


async def run(job: Waiting, say: Callable[[msgspec.Struct], None], hear: Callable[[], bytes]) -> None:
    """Let all wait and say so; after a word from the bench make the change, and say who was awake when."""
    crowd = _Crowd(job)
    try:
        await crowd.gather()
        await asyncio.sleep(_MOMENT)
        say(crowd.parked())
        await asyncio.get_running_loop().run_in_executor(None, hear)
        say(await crowd.wake())
    finally:
        crowd.close()


class _Crowd:
    def __init__(self, job: Waiting) -> None:
        self._job = job
        self._connections: list[Connection] = []
        self._refused = 0
        self._closed = 0
        self._replies: list[Reply] = []
        self._over = asyncio.Event()

    async def gather(self) -> None:
        watch = self._job.watch.encode()
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with gate:
                try:
                    _, made = await loop.create_connection(
                        lambda: Connection(self._answered, self._lost), self._job.host, self._job.port
                    )
                except OSError:
                    self._refused += 1
                    return
            self._connections.append(made)
            made.send(watch)

        await asyncio.gather(*(one() for _ in range(self._job.count)))

    def parked(self) -> Parked:
        early, closed = len(self._replies), self._closed + self._refused
        return Parked(self._job.count - early - closed, closed, early)

    async def wake(self) -> WaitingResult:
        before = len(self._replies)
        wrong = 0
        acknowledged = 0.0
        writer = await Exchange.open(self._job.host, self._job.port)
        try:
            start = time.perf_counter()
            answer = await writer.ask(self._job.change)
            acknowledged = answer.at - start
            wrong += not answer.good
            self._look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._job.within)
        except Lost:
            wrong += 1
        finally:
            writer.close()
        sign = self._job.sign.encode()
        replies = self._replies[before:]
        right = [reply for reply in replies if reply.good and sign in reply.body]
        wrong += len(replies) - len(right)
        awake = tuple(sorted(reply.at - start for reply in right))
        return WaitingResult(awake, acknowledged, wrong, self._closed + self._refused)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _answered(self, _: Connection, reply: Reply) -> None:
        self._replies.append(reply)
        self._look()

    def _lost(self, _: Connection) -> None:
        self._closed += 1
        self._look()

    def _look(self) -> None:
        if len(self._replies) + self._closed + self._refused >= self._job.count:
            self._over.set()
