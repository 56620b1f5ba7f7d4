"""What a connection does beyond a single answer: waiting, order, idleness, ends; and what never reaches Flask."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core.commands import DeregisterService
from tests.support.clock import ManualClock
from tests.support.definitions import registration
from tests.support.two_ways import Client, Way, request, serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE = 20.0  # seconds
BODY = b'{"ID": "web-1", "Name": "web", "Check": {"TTL": "30s"}}'


def on_the_fast_way(story: Callable[[Way, Client], Awaitable[None]], **settings: Any) -> None:
    async def tell() -> None:
        async with serve(fast=True, clock=ManualClock(), **settings) as way:
            client = await Client.connect(way)
            try:
                await story(way, client)
            finally:
                client.close()

    asyncio.run(asyncio.wait_for(tell(), 3 * PATIENCE))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


def the_connection(way: Way) -> Any:
    (connection,) = way.state.connections
    return connection


async def ask(client: Client, sent: bytes) -> bytes:
    await client.send(sent)
    return await client.answer()


def watch(service: str, index: int, wait: str = "60s") -> bytes:
    return request("GET", f"/v1/health/service/{service}?index={index}&wait={wait}")


def index_of(answer: bytes) -> int:
    found = re.search(rb"x-consul-index: (\d+)", answer)
    assert found
    return int(found[1])


HOT = [
    request("PUT", "/v1/agent/service/register", BODY),
    request("PUT", "/v1/agent/check/pass/service:web-1"),
    request("GET", "/v1/health/service/web?passing"),
    request("GET", "/v1/catalog/services"),
    request("GET", "/discover/web"),
    request("GET", "/services"),
    request("POST", "/heartbeat", b'{"id": "web-1"}'),
    request("PUT", "/v1/agent/service/deregister/web-1"),
]
UNUSUAL = {
    "a version before": request("GET", "/services").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a body in chunks": request("PUT", "/v1/agent/check/pass/x", Transfer_Encoding="chunked") + b"0\r\n\r\n",
    "a header with an underscore": b"GET /services HTTP/1.1\r\nHost: h\r\nx_y: z\r\n\r\n",
    "another method": request("HEAD", "/services"),
    "an unknown path": request("GET", "/nowhere"),
    "what reads everything": request("GET", "/v1/agent/services"),
}


def test_what_is_asked_all_day_never_reaches_flask() -> None:
    async def story(way: Way, client: Client) -> None:
        for _ in range(2):
            for sent in HOT:
                assert (await ask(client, sent)).startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")), sent
        assert way.asked_in_full == []

    on_the_fast_way(story)


@pytest.mark.parametrize("sent", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_what_is_unusual_takes_the_full_way(sent: bytes) -> None:
    async def story(way: Way, client: Client) -> None:
        await client.send(sent)
        assert (await client.answer(headless=sent.startswith(b"HEAD"))).startswith(b"HTTP/1.1 ")
        assert len(way.asked_in_full) == 1

    on_the_fast_way(story)


def test_one_who_waits_is_woken_by_the_change_and_told_of_it() -> None:
    async def story(way: Way, client: Client) -> None:
        way.registry.apply(registration("web-1"))
        index = index_of(await ask(client, watch("web", 0)))
        await client.send(watch("web", index))
        await until(lambda: way.registry.waiting == 1)
        way.registry.apply(registration("web-2"))
        answer = await client.answer()
        assert index_of(answer) > index
        assert b"web-2" in answer
        assert way.registry.waiting == 0
        assert way.asked_in_full == []

    on_the_fast_way(story)


def test_one_whose_time_is_up_is_told_what_there_is() -> None:
    async def story(way: Way, client: Client) -> None:
        index = index_of(await ask(client, watch("web", 0)))
        assert index_of(await ask(client, watch("web", index, "5ms"))) == index
        assert way.registry.waiting == 0

    on_the_fast_way(story)


def test_requests_sent_while_one_waits_are_answered_after_it_in_their_order() -> None:
    async def story(way: Way, client: Client) -> None:
        way.registry.apply(registration("web-1"))
        index = index_of(await ask(client, watch("web", 0)))
        await client.send(watch("web", index))
        await until(lambda: way.registry.waiting == 1)
        await client.send(request("GET", "/v1/health/service/other"), request("GET", "/services"))
        way.registry.apply(DeregisterService("web-1"))
        answers = [await client.answer() for _ in range(3)]
        assert index_of(answers[0]) > index
        assert answers[1].endswith(b"[]")
        assert b"total_services" in answers[2]

    on_the_fast_way(story)


def test_one_who_vanishes_while_waiting_is_forgotten() -> None:
    async def story(way: Way, client: Client) -> None:
        others = [await Client.connect(way) for _ in range(20)]
        index = index_of(await ask(client, watch("web", 0)))
        for other in others:
            await other.send(watch("web", index))
        await until(lambda: way.registry.waiting == len(others))
        for other in others:
            other.close()
        await until(lambda: way.registry.waiting == 0)

    on_the_fast_way(story)


def test_a_stop_answers_those_who_wait_and_closes() -> None:
    async def story(way: Way, client: Client) -> None:
        index = index_of(await ask(client, watch("web", 0)))
        await client.send(watch("web", index))
        await until(lambda: way.registry.waiting == 1)
        way.stop()
        assert (await client.answer()).startswith(b"HTTP/1.1 200")
        assert await client.rest() == b""

    on_the_fast_way(story)


def test_a_request_that_is_not_whole_at_the_stop_is_told_so() -> None:
    async def story(way: Way, client: Client) -> None:
        await ask(client, request("GET", "/services"))
        await client.send(request("PUT", "/v1/agent/service/register", BODY)[:-10])
        await until(lambda: not the_connection(way)._between)
        way.stop()
        assert (await client.rest()).startswith(b"HTTP/1.1 503")
        assert way.registry.services() == {}

    on_the_fast_way(story)


def test_an_idle_connection_is_closed_and_a_busy_one_is_not() -> None:
    async def story(way: Way, client: Client) -> None:
        idle = await Client.connect(way)
        await ask(idle, request("GET", "/services"))
        rest = asyncio.create_task(idle.rest())
        while not rest.done():
            assert (await ask(client, request("GET", "/services"))).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.01)
        assert await rest == b""
        idle.close()
        assert (await ask(client, request("GET", "/services"))).startswith(b"HTTP/1.1 200")

    on_the_fast_way(story, keep_alive=0.25)


def test_who_does_not_read_is_not_answered_any_further() -> None:
    """A client that only sends makes the server hold a bounded number of answers, and gets all when it reads."""

    async def story(way: Way, client: Client) -> None:
        for number in range(60):
            way.registry.apply(registration(f"web-{number}"))
        sent, count = request("GET", "/v1/health/service/web"), 400
        length = len(await ask(client, sent))
        sending = asyncio.create_task(client.send(*[sent] * count))
        await asyncio.sleep(0.2)
        connection = the_connection(way)
        assert connection._transport.get_write_buffer_size() < 20 * length
        answers = [await client.answer() for _ in range(count)]
        await sending
        assert len(set(answers)) == 1
        assert len(answers[0]) == length

    on_the_fast_way(story)
