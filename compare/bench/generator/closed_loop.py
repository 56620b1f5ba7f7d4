"""Load in a closed loop: each connection asks again as soon as it is answered; every answer's status is looked at."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

from compare.bench.generator.connection import Connection
from compare.bench.jobs import LoadResult, curve, texts

if TYPE_CHECKING:
    from compare.bench.generator.connection import Reply
    from compare.bench.jobs import Load

_LAST_ANSWERS_WITHIN = 20.0  # seconds after the end


async def run(load: Load) -> LoadResult:
    """Send the load. What was begun is awaited, so that each request is answered, or told as an error."""
    loop = _ClosedLoop(load)
    try:
        await loop.connect()
        return await loop.measure()
    finally:
        loop.close()


class _ClosedLoop:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = texts(load)
        self._connections: list[Connection] = []
        self._times: list[float] = []
        self._errors: Counter[str] = Counter()
        self._example = ""
        self._begun = 0
        self._open = 0
        self._deadline = 0.0
        self._last = 0.0
        self._over = asyncio.Event()

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._load.connections):
            try:
                _, made = await loop.create_connection(
                    lambda: Connection(self._answered, self._lost), self._load.host, self._load.port
                )
            except OSError:
                self._errors["connect"] += 1
            else:
                self._connections.append(made)

    async def measure(self) -> LoadResult:
        cpu, start = time.process_time(), time.perf_counter()
        self._deadline = start + self._load.seconds
        self._last = start
        for connection in self._connections:
            self._next(connection)
        if self._open:
            try:
                await asyncio.wait_for(self._over.wait(), self._load.seconds + _LAST_ANSWERS_WITHIN)
            except TimeoutError:
                self._errors["timeout"] += self._open
        return LoadResult(
            answered=len(self._times),
            seconds=self._last - start,
            bytes=sum(connection.received for connection in self._connections),
            curve=curve(self._times),
            errors=dict(self._errors),
            cpu=time.process_time() - cpu,
            example=self._example,
        )

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _next(self, connection: Connection) -> None:
        limit = self._load.most
        if (limit and self._begun >= limit) or time.perf_counter() >= self._deadline:
            return
        self._begun += 1
        self._open += 1
        connection.send(next(self._requests))

    def _answered(self, connection: Connection, reply: Reply) -> None:
        self._open -= 1
        self._last = reply.at
        if reply.good:
            self._times.append(reply.at - connection.sent)
        else:
            self._errors["status"] += 1
            self._example = self._example or f"{reply.status} {reply.body[:80]!r}"
        self._next(connection)
        self._end()

    def _lost(self, _: Connection) -> None:
        self._errors["closed"] += 1
        self._open -= 1
        self._end()

    def _end(self) -> None:
        if self._open <= 0:
            self._over.set()
