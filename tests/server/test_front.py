"""The front in this process: where a request waits, and that nothing of it is left over."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api import create_app
from custom_registry.front import Front
from custom_registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator


class Request:
    """One request to the front, as a server would hand it over: what the client sends, and what it was answered."""

    def __init__(self, front: Front, method: str, target: str, *body: bytes, whole: bool = True) -> None:
        path, _, query = target.partition("?")
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [],
            "server": ("127.0.0.1", 5001),
        }
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        chunks = body or (b"",)
        for number, chunk in enumerate(chunks, 1):
            more = not whole or number < len(chunks)
            self.incoming.put_nowait({"type": "http.request", "body": chunk, "more_body": more})
        self.sent: list[Any] = []
        self.task = asyncio.create_task(front(self.scope, self.incoming.get, self.send))

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def leave(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})
        await self.task

    async def answer(self) -> tuple[int, Any]:
        await asyncio.wait_for(self.task, 10)
        content = b"".join(message.get("body", b"") for message in self.sent)
        return self.sent[0]["status"], json.loads(content) if content else None


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as live:
        yield live


@pytest.fixture
def front(registry: Registry) -> Iterator[Front]:
    served = Front(partial(create_app, registry), registry)
    yield served
    served._bridge.executor.shutdown()


async def parked(registry: Registry, number: int) -> None:
    while registry.waiting != number:  # noqa: ASYNC110 - the registry has no event for it
        await asyncio.sleep(0.001)


def test_a_change_answers_who_waits_once(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        waiting = Request(front, "GET", "/discover/web?index=1")
        await parked(registry, 1)
        assert waiting.sent == []
        body = b'{"service": "web", "address": "h:1"}'
        assert (await Request(front, "POST", "/register", body).answer())[0] == 201
        status, found = await waiting.answer()
        assert (status, found["count"]) == (200, 1)
        assert [message["type"] for message in waiting.sent].count("http.response.start") == 1
        assert registry.waiting == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_client_that_leaves_is_forgotten_and_not_answered(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        waiting = Request(front, "GET", "/discover/web?index=1")
        await parked(registry, 1)
        await waiting.leave()
        assert waiting.sent == []
        assert registry.waiting == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_wait_that_is_cancelled_leaves_nothing(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        before = asyncio.all_tasks()
        waiting = Request(front, "GET", "/discover/web?index=1")
        await parked(registry, 1)
        waiting.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting.task
        assert registry.waiting == 0
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_stop_answers_who_waits_and_parks_nobody_more(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        waiting = Request(front, "GET", "/discover/web?index=1")
        await parked(registry, 1)
        front.stop()
        assert (await waiting.answer())[0] == 200
        assert (await Request(front, "GET", "/discover/web?index=1").answer())[0] == 200
        assert registry.waiting == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_stop_refuses_who_has_not_finished_asking(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        asking = Request(front, "POST", "/register", b'{"service": "web", ', whole=False)
        await asyncio.sleep(0)
        front.stop()
        assert await asking.answer() == (503, None)
        assert registry.status().totals.instances == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_client_that_leaves_while_it_asks_changes_nothing(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        asking = Request(front, "POST", "/register", b'{"service": "web", "address": "h:1"}', whole=False)
        await asking.leave()
        assert asking.sent == []
        assert registry.status().totals.instances == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_what_is_wrong_is_said_at_once_though_it_asks_to_wait(front: Front, registry: Registry) -> None:
    async def scenario() -> None:
        status, body = await Request(front, "GET", "/discover/web?index=1&wait=soon").answer()
        assert (status, body["field"]) == (400, "wait")
        assert registry.waiting == 0

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_body_is_read_no_further_than_needed_to_refuse_it(front: Front) -> None:
    async def scenario() -> None:
        asking = Request(front, "POST", "/register", *[b" " * 65536] * 100)
        status, body = await asking.answer()
        assert (status, body["code"]) == (413, "too_large")
        assert asking.incoming.qsize() == 100 - 9

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_two_applications_are_never_made_at_once() -> None:
    both = threading.Barrier(2)

    def make() -> Any:
        with pytest.raises(threading.BrokenBarrierError):
            both.wait(0.05)
        return made

    def made(_environment: Any, _start_response: Any) -> list[bytes]:
        return []

    with ThreadPoolExecutor(2) as threads:
        making = [threads.submit(Front(make).application) for _ in range(2)]
    assert [one.result() for one in making] == [made, made]
