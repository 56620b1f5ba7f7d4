"""Requests that wait for one change, by the thousand, and when each is awake; memory is the bench's to look at."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from compare.bench.generator.connection import Exchange, Lost, ReadLater
from compare.bench.jobs import Parked, WaitingResult

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from compare.bench.generator.connection import Connection, Reply
    from compare.bench.jobs import Waiting

_AT_ONCE = 100  # connections being made: a listening socket holds no more than its backlog
_MOMENT = 0.5  # seconds in which one that will not wait is answered or closed
_POLL = 0.02  # seconds between two looks at who is awake
_DOZE = 0.001  # seconds between two looks at what has come


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


class _Dozing:
    """Keeps the event loop asleep between looks at what has come.

    A loop that sleeps until something comes is woken by it, and who sends pays for the waking: on one machine as much
    as for the sending. Clients on other machines cost a server nothing of the kind. The times that are told are late by
    a doze, and by what came in it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_soon(self._doze)

    def stop(self) -> None:
        self._next.cancel()

    def _doze(self) -> None:
        time.sleep(_DOZE)
        self._next = self._loop.call_soon(self._doze)


class _Crowd:
    def __init__(self, job: Waiting) -> None:
        self._job = job
        self._connections: list[ReadLater] = []
        self._refused = 0
        self._closed = 0
        self._replies: list[Reply] = []

    async def gather(self) -> None:
        watch = self._job.watch.encode()
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with gate:
                try:
                    _, made = await loop.create_connection(
                        lambda: ReadLater(self._answered, self._lost), self._job.host, self._job.port
                    )
                except OSError:
                    self._refused += 1
                    return
            self._connections.append(made)
            made.send(watch)

        await asyncio.gather(*(one() for _ in range(self._job.count)))

    def parked(self) -> Parked:
        self._read()
        early, closed = len(self._replies), self._closed + self._refused
        return Parked(self._job.count - early - closed, closed, early)

    async def wake(self) -> WaitingResult:
        before = len(self._replies)
        dozing = _Dozing()
        wrong = 0
        acknowledged = 0.0
        writer = await Exchange.open(self._job.host, self._job.port)
        try:
            start = time.perf_counter()
            answer = await writer.ask(self._job.change)
            acknowledged = answer.at - start
            wrong += not answer.good
            while not self._all_awake() and time.perf_counter() < start + self._job.within:  # noqa: ASYNC110 - to tell costs
                await asyncio.sleep(_POLL)
        except Lost:
            wrong += 1
        finally:
            dozing.stop()
            writer.close()
        self._read()
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

    def _lost(self, _: Connection) -> None:
        self._closed += 1

    def _all_awake(self) -> bool:
        """Return whether all are; what they were told is read only once each has been told something."""
        gone = self._closed + self._refused
        if sum(connection.heard > 0 for connection in self._connections) + gone < self._job.count:
            return False
        self._read()
        return len(self._replies) + gone >= self._job.count

    def _read(self) -> None:
        for connection in self._connections:
            connection.read()
