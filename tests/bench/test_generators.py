"""What makes load: our generator and wrk count alike, and count no error as an answer."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from compare.bench import worker, wrk
from compare.bench.jobs import (
    QUANTILES,
    FixedAnswers,
    Listening,
    Load,
    LoadResult,
    Parked,
    Slot,
    Stream,
    Waiting,
    WaitingResult,
    texts,
)
from compare.bench.worker import GeneratorFailed, Worker
from compare.processes import free_ports
from tests.support.consul import missing
from tests.support.ports import closed_port
from tests.support.raw_server import RawServer, http, raw_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare.stage import RealClock

PLAIN = Slot(("GET /x HTTP/1.1\r\nHost: h\r\n\r\n",))
NUMBERED = Slot(("PUT /", " HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n", ""), 1)
ROUND = Slot(("GET /again/", " HTTP/1.1\r\nHost: h\r\n\r\n"), 0)


def load(port: int, *slots: Slot, seconds: float = 0.3, most: int = 0, connections: int = 4) -> Load:
    return Load("127.0.0.1", port, slots or (PLAIN,), (Stream(7, 2), Stream(100)), connections, seconds, most)


@pytest.fixture(params=["own", "wrk"])
def generate(request: pytest.FixtureRequest, clock: RealClock) -> Callable[[Load], LoadResult]:
    if request.param == "own":
        return lambda job: worker.run(job, LoadResult, clock, 30)
    if wrk.version() is None:
        missing("wrk is not installed; apt install wrk does it on Debian")
    return lambda job: wrk.run(job, clock)


@pytest.fixture
def fixed(clock: RealClock) -> Iterator[int]:
    """The port of a server of fixed answers."""
    (port,) = free_ports(1)
    with Worker(FixedAnswers(port), clock) as server:
        yield server.hear(Listening, 30).port


def test_answers_are_counted_and_timed(fixed: int, generate: Callable[[Load], LoadResult]) -> None:
    slot = Slot(("GET /1000/x HTTP/1.1\r\nHost: h\r\n\r\n",))
    result = generate(load(fixed, slot))
    assert result.answered > 10
    assert result.errors == {}
    assert 0.2 < result.seconds < 5
    assert 1000 < result.bytes / result.answered < 1200
    assert [quantile for quantile, _ in result.curve] == list(QUANTILES)
    seconds = [at for _, at in result.curve]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    assert seconds[-1] < 5
    assert 0 < result.cpu <= result.seconds * 2


@pytest.mark.parametrize("most", [1, 3, 501])
def test_a_load_ends_after_so_many_and_all_are_answered(
    fixed: int, generate: Callable[[Load], LoadResult], most: int
) -> None:
    result = generate(load(fixed, NUMBERED, most=most, seconds=20))
    assert (result.answered, result.errors) == (most, {})
    assert 0 < result.seconds < 20


def test_of_so_many_each_is_begun_once_and_an_error_is_one_of_them(generate: Callable[[Load], LoadResult]) -> None:
    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            connection.sendall(http(500 if len(server.requests) % 5 == 0 else 200, b"no"))

    with raw_server(answer) as server:
        result = generate(load(server.port, NUMBERED, connections=1, most=50, seconds=20))
    assert server.requests == [f"PUT /{number:07d} HTTP/1.1" for number in range(100, 150)]
    assert (result.answered, result.errors) == (40, {"status": 10})


def test_of_so_many_what_is_lost_is_an_error(generate: Callable[[Load], LoadResult]) -> None:
    def close_third(server: RawServer, connection: socket.socket, _: int) -> None:
        for _ in range(2):
            if server.read_request(connection):
                connection.sendall(http(200, b"{}"))
        server.read_request(connection)

    with raw_server(close_third) as server:
        result = generate(load(server.port, NUMBERED, most=50, seconds=20))
    assert result.answered > 0
    assert result.answered + result.errors["closed"] == len(server.requests) <= 50


@pytest.mark.parametrize("most", [0, 10_000_000])
def test_when_the_time_is_over_what_was_begun_is_awaited(generate: Callable[[Load], LoadResult], most: int) -> None:
    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            connection.sendall(http(200, b"{}"))

    with raw_server(answer) as server:
        result = generate(load(server.port, NUMBERED, most=most))
    assert result.errors == {}
    assert 10 < result.answered == len(server.requests)


@pytest.mark.parametrize("hung", [1, 4])
def test_wrk_awaits_no_answer_for_ever(monkeypatch: pytest.MonkeyPatch, clock: RealClock, hung: int) -> None:
    if wrk.version() is None:
        missing("wrk is not installed; apt install wrk does it on Debian")
    monkeypatch.setattr(wrk, "_LAST_ANSWERS_WITHIN", 0.3)

    def hang(server: RawServer, connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            if number <= 1 + hung:  # the first only shows wrk that somebody is there
                server.over.wait()
            else:
                connection.sendall(http(200, b"{}"))

    with raw_server(hang) as server:
        result = wrk.run(load(server.port, NUMBERED, most=50), clock)
        begun = len(server.requests)
    assert hung <= begun <= 50
    assert (result.answered, result.errors) == (begun - hung, {"timeout": hung})
    assert 0 <= result.seconds < 20
    assert 0 <= result.cpu < 20


@pytest.mark.parametrize("slots", [(PLAIN, NUMBERED, ROUND, ROUND), (NUMBERED,), (ROUND, PLAIN)])
def test_both_send_the_same_requests_in_the_same_order(
    generate: Callable[[Load], LoadResult], slots: tuple[Slot, ...]
) -> None:
    seen: list[str] = []

    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            connection.sendall(http(200, b"{}"))

    with raw_server(answer) as server:
        job = load(server.port, *slots, connections=1)
        generate(job)
        seen = list(server.requests)
    wanted = [text.decode().splitlines()[0] for text in islice(texts(job), len(seen))]
    assert len(seen) > 8
    assert seen == wanted


def test_numbers_run_and_begin_again() -> None:
    lines = [text.decode().split()[1] for text in islice(texts(load(1, PLAIN, NUMBERED, ROUND)), 9)]
    assert lines == [
        "/x",
        "/0000100",
        "/again/0000007",
        "/x",
        "/0000101",
        "/again/0000008",
        "/x",
        "/0000102",
        "/again/0000007",
    ]


def test_an_error_status_is_no_answer(generate: Callable[[Load], LoadResult]) -> None:
    counted: Counter[int] = Counter()

    def answer(server: RawServer, connection: socket.socket, _: int) -> None:
        while server.read_request(connection):
            counted["good" if len(server.requests) % 2 else "bad"] += 1  # type: ignore[index]
            connection.sendall(http(200 if len(server.requests) % 2 else 500, b"no"))

    with raw_server(answer) as server:
        result = generate(load(server.port, connections=1))
    assert result.errors["status"] > 3
    assert abs(result.errors["status"] - result.answered) <= 1


def test_a_closed_connection_is_no_answer(generate: Callable[[Load], LoadResult]) -> None:
    def close(server: RawServer, connection: socket.socket, _: int) -> None:
        server.read_request(connection)

    with raw_server(close) as server:
        result = generate(load(server.port))
    assert result.answered == 0
    assert result.errors["closed"] > 0
    assert result.curve == ()


def test_nobody_is_there(clock: RealClock) -> None:
    with closed_port() as port:
        result = worker.run(load(port), LoadResult, clock, 30)
    assert result.answered == 0
    assert result.errors == {"connect": 4}


def test_what_is_no_http_is_no_answer(generate: Callable[[Load], LoadResult]) -> None:
    def babble(server: RawServer, connection: socket.socket, _: int) -> None:
        server.read_request(connection)
        connection.sendall(b"hello\r\n\r\n")

    with raw_server(babble) as server:
        result = generate(load(server.port))
    assert result.answered == 0
    assert result.errors


def test_a_generator_that_fails_has_last_words(clock: RealClock) -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(GeneratorFailed, match="address already in use"):
        worker.run(FixedAnswers(port), Listening, clock, 30)


def test_fixed_answers_are_as_long_as_asked_for(fixed: int) -> None:
    with socket.create_connection(("127.0.0.1", fixed)) as connection:
        connection.sendall(b"PUT /12/a HTTP/1.1\r\ncontent-length: 3\r\n\r\n")
        connection.sendall(b"abcGET /a HTTP/1.1\r\n\r\n")
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 2:
            received += connection.recv(1000)
    first, second = received.split(b"HTTP/1.1 200 OK")[1:]
    assert first.endswith(b"\r\n\r\n" + b" " * 12)
    assert second.endswith(b"Content-Length: 0\r\n\r\n")


def test_wrk_is_asked_for_its_version() -> None:
    if wrk.version() is None:
        missing("wrk is not installed; apt install wrk does it on Debian")
    assert json.dumps(wrk.version()).startswith('"wrk 4.')


def test_who_waits_is_awake_with_the_end_of_the_answer_and_only_if_it_has_the_change(clock: RealClock) -> None:
    changed = threading.Event()
    end_after = 0.05

    def answer(server: RawServer, connection: socket.socket, number: int) -> None:
        while server.read_request(connection):
            if number == 6:  # the change
                connection.sendall(http(200, b"true"))
                changed.set()
                return
            if number == 1:
                return  # closed, though it should wait
            changed.wait(10)
            whole = http(200, b"[]" if number == 2 else b'[{"ID": "new"}]')
            connection.sendall(whole[:-1])
            time.sleep(end_after)
            connection.sendall(whole[-1:])

    with raw_server(answer) as server:
        watch, change = PLAIN.pieces[0], "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        with Worker(Waiting("127.0.0.1", server.port, watch, change, "new", 5), clock) as crowd:
            parked = crowd.hear(Parked, 30)
            crowd.say(b"go")
            result = crowd.hear(WaitingResult, 30)
    assert parked == Parked(waiting=4, closed=1, early=0)
    assert (len(result.awake), result.wrong, result.closed) == (3, 1, 1)
    assert all(end_after <= awake < 10 for awake in result.awake)
    assert 0 < result.acknowledged < 10
