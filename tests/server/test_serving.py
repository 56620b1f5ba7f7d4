"""The registry as a process: bursts, waiting requests, bodies, and its end."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.connections import answer_of, connect, open_files_of, threads_of
from tests.support.servers import STOP_TIMEOUT, RegistryProcess, running_registry
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    Post = Callable[[RegistryProcess, str, dict[str, Any]], requests.Response]

MANY = 300
KIB = 1024


@pytest.fixture(scope="module", params=["--fast", "--no-fast"])
def registry(request: pytest.FixtureRequest) -> Iterator[RegistryProcess]:
    with running_registry(request.param) as process:
        yield process


def get(registry: RegistryProcess, path: str) -> requests.Response:
    return requests.get(f"{registry.http}{path}", timeout=20)


def request_to_wait(service: str, index: int = 1, wait: str = "60s") -> bytes:
    return b"GET /discover/%b?index=%d&wait=%b HTTP/1.1\r\nHost: h\r\n\r\n" % (service.encode(), index, wait.encode())


def found_by(connection: socket.socket) -> tuple[int, Any]:
    """Read what a discovery was answered: status and body."""
    answer = answer_of(connection)
    return answer.status, answer.value


def test_a_burst_loses_and_invents_nothing(registry: RegistryProcess) -> None:
    def register(number: int) -> int:
        body = {"service": "burst", "address": f"host-{number}:80"}
        return requests.post(f"{registry.http}/register", json=body, timeout=20).status_code

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(register, range(MANY))) == {201}
    found = get(registry, "/discover/burst").json()
    assert {instance["address"] for instance in found["instances"]} == {f"host-{n}:80" for n in range(MANY)}
    assert found["count"] == MANY


def test_all_may_connect_before_any_is_answered(registry: RegistryProcess) -> None:
    connections = [connect(registry, b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n") for _ in range(MANY)]
    assert {answer_of(connection).status for connection in connections} == {200}


def test_many_wait_without_a_thread_and_all_are_woken_by_a_change(registry: RegistryProcess, post: Post) -> None:
    before = threads_of(registry)
    connections = [connect(registry, request_to_wait("woken")) for _ in range(MANY)]
    assert get(registry, "/health").ok
    post(registry, "/register", {"service": "another", "address": "h:1"})
    post(registry, "/register", {"service": "woken", "address": "h:1"})
    answers = [found_by(connection) for connection in connections]
    assert {(status, body["count"]) for status, body in answers} == {(200, 1)}
    assert threads_of(registry) <= before + 8


def test_a_wait_ends_when_its_time_is_up(registry: RegistryProcess) -> None:
    started = time.monotonic()
    status, body = found_by(connect(registry, request_to_wait("quiet", wait="150ms")))
    assert (status, body["count"]) == (200, 0)
    assert time.monotonic() - started >= 0.15


def test_a_lapse_wakes_who_waits(registry: RegistryProcess, post: Post) -> None:
    registered = post(registry, "/register", {"service": "lapsing", "address": "h:1", "ttl": 0.3})
    assert registered.ok
    index = int(get(registry, "/discover/lapsing").headers["X-Registry-Index"])
    status, body = found_by(connect(registry, request_to_wait("lapsing", index)))
    assert (status, body["count"]) == (200, 0)


def test_a_client_that_vanished_while_it_waited_is_forgotten() -> None:
    with running_registry() as registry:
        before = open_files_of(registry)
        connections = [connect(registry, request_to_wait("left")) for _ in range(50)]
        eventually(lambda: open_files_of(registry) >= before + 50)
        for connection in connections:
            connection.close()
        eventually(lambda: open_files_of(registry) <= before)
        assert requests.post(f"{registry.http}/register", json={"service": "left", "address": "h:1"}, timeout=20).ok


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_who_waits_and_takes_no_time(number: signal.Signals) -> None:
    with running_registry() as registry:
        connections = [connect(registry, request_to_wait("left")) for _ in range(MANY)]
        # each was sent before this one, whose answer says that the server has come so far
        assert get(registry, "/health").ok
        started = time.monotonic()
        errors = registry.stop(number)
        took = time.monotonic() - started
        answers = [found_by(connection) for connection in connections]
    assert {(status, body["count"]) for status, body in answers} == {(200, 0)}
    assert errors == ""
    assert took < STOP_TIMEOUT / 2


def test_a_stop_does_not_wait_for_those_who_never_finish_asking() -> None:
    with running_registry() as registry:
        halves = [
            connect(registry, b"POST /register HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{"),
            connect(registry, b"GET /hea"),
            connect(registry, b""),
        ]
        assert get(registry, "/health").ok
        started = time.monotonic()
        errors = registry.stop()
        assert time.monotonic() - started < STOP_TIMEOUT / 2
        assert halves[0].recv(KIB).startswith(b"HTTP/1.1 503 ")
        for half in halves:
            half.close()
    assert errors == ""


def test_standard_output_carries_the_ready_line_alone(post: Post) -> None:
    with running_registry("--log-level", "debug") as registry:
        post(registry, "/register", {"service": "web", "address": "h:1"})
        get(registry, "/nowhere")
        registry.stop()
        assert registry.process.stdout is not None
        assert registry.process.stdout.read() == ""


@pytest.mark.parametrize("profile", ["full", "basic"])
def test_a_restart_on_the_same_port_begins_empty(profile: str, post: Post) -> None:
    with running_registry("--profile", profile) as registry:
        assert post(registry, "/register", {"service": "web", "address": "h:1"}).ok
        assert get(registry, "/discover/web").json()["count"] == 1
    with running_registry("--profile", profile, port=registry.port) as registry:
        assert get(registry, "/discover/web").json()["count"] == 0


def chunked(size: int) -> Iterator[bytes]:
    """Yield JSON of a size in chunks, so that it is sent without its length being told."""
    body = json.dumps({"service": "chunked", "address": "h:1"}).encode()
    yield body
    for _ in range((size - len(body)) // KIB):
        yield b" " * KIB
    yield b" " * ((size - len(body)) % KIB)


def test_a_body_in_chunks_is_read_as_one(registry: RegistryProcess) -> None:
    answer = requests.post(f"{registry.http}/register", data=chunked(512 * KIB), timeout=20)
    assert answer.status_code == 201
    assert get(registry, "/discover/chunked").json()["count"] == 1


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("size", [512 * KIB + 1, 512 * KIB + 2, 4096 * KIB])
def test_a_body_that_is_too_large_is_refused_and_changes_nothing(
    registry: RegistryProcess, size: int, *, told: bool
) -> None:
    before = get(registry, "/health").json()["total_instances"]
    body: Any = b"".join(chunked(size)) if told else chunked(size)
    answer = requests.post(f"{registry.http}/register", data=body, timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert get(registry, "/health").json()["total_instances"] == before


def test_a_body_without_end_is_refused_before_its_end(registry: RegistryProcess) -> None:
    head = b"POST /register HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = connect(registry, head)
    for _ in range(600):
        connection.sendall(b"400\r\n" + b"x" * KIB + b"\r\n")
    assert answer_of(connection).status == 413


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET nonsense",
        b"GET /\xff HTTP/1.1",
        b"\x00\x01\x02",
        b"GET http://h HTTP/1.1",
        b"BREW / HTTP/1.1",
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_served(registry: RegistryProcess, request_line: bytes) -> None:
    with connect(registry, request_line + b"\r\nHost: h\r\n\r\n") as connection:
        assert connection.recv(KIB).split(b" ")[1] == b"400"
    assert get(registry, "/health").ok


def test_an_offer_of_http_2_is_passed_over(registry: RegistryProcess) -> None:
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA"}
    assert requests.get(f"{registry.http}/health", headers=headers, timeout=20).ok


def test_one_connection_carries_many_requests(registry: RegistryProcess) -> None:
    health = b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n"
    with connect(registry, health * 3) as connection, connection.makefile("rb") as stream:
        for _ in range(3):
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
