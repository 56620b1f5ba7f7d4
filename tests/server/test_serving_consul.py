"""The process under Consul's API: bursts, a thousand connections, those who wait and those who vanish, bad input."""

from __future__ import annotations

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.connections import answer_of, connect, open_files_of, threads_of
from tests.support.servers import RegistryProcess, running_registry
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 300
THOUSAND = 1000


@pytest.fixture(scope="module", params=["--fast", "--no-fast"])
def registry(request: pytest.FixtureRequest) -> Iterator[RegistryProcess]:
    with running_registry(request.param) as process:
        yield process


def get(registry: RegistryProcess, path: str) -> requests.Response:
    return requests.get(f"{registry.http}{path}", timeout=20)


def put(registry: RegistryProcess, path: str, body: Any = None) -> requests.Response:
    return requests.put(f"{registry.http}{path}", data=body if body is None else json.dumps(body), timeout=20)


def asks(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


def waiting(registry: RegistryProcess) -> int:
    """Return how many the registry itself says that wait; its own checks wait for what there is to be run."""
    gauges = get(registry, "/v1/agent/metrics").json()["Gauges"]
    return next(int(gauge["Value"]) for gauge in gauges if gauge["Name"] == "consul.rpc.queries_blocking")


def state_of(registry: RegistryProcess) -> list[Any]:
    paths = (
        "/v1/agent/services",
        "/v1/agent/checks",
        "/v1/catalog/nodes",
        "/v1/catalog/services",
        "/v1/health/state/any",
    )
    answers = [get(registry, path) for path in paths]
    return [(answer.json(), answer.headers.get("X-Consul-Index")) for answer in answers]


def test_a_burst_loses_and_invents_nothing_and_wakes_who_waits(registry: RegistryProcess) -> None:
    index = get(registry, "/v1/health/service/burst").headers["X-Consul-Index"]
    watcher = connect(registry, asks(f"/v1/health/service/burst?index={index}&wait=60s"))

    def register(number: int) -> int:
        check = {"TTL": "60s", "Status": "passing"}
        body = {"ID": f"burst-{number}", "Name": "burst", "Port": number, "Check": check}
        return put(registry, "/v1/agent/service/register", body).status_code

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(register, range(MANY))) == {200}
    assert answer_of(watcher).value
    found = get(registry, "/v1/health/service/burst?passing").json()
    assert {entry["Service"]["ID"] for entry in found} == {f"burst-{number}" for number in range(MANY)}
    indexes = [entry["Service"]["ModifyIndex"] for entry in found]
    assert len(set(indexes)) == len(found) == MANY, "each has an index of its own"


def test_a_thousand_connections_are_all_served(registry: RegistryProcess) -> None:
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(registry, b"")) for _ in range(THOUSAND)]
        for connection in connections:
            connection.sendall(asks("/v1/status/leader"))
        assert {answer_of(connection).status for connection in connections} == {200}


def test_who_waits_holds_no_thread_and_is_woken_by_its_own_service_alone(registry: RegistryProcess) -> None:
    before, others = threads_of(registry), waiting(registry)
    index = get(registry, "/v1/health/service/woken").headers["X-Consul-Index"]
    connections = [connect(registry, asks(f"/v1/health/service/woken?index={index}")) for _ in range(MANY)]
    eventually(lambda: waiting(registry) == others + MANY)
    put(registry, "/v1/agent/service/register", {"Name": "woken"})
    answers = [answer_of(connection) for connection in connections]
    assert {(answer.status, answer.value[0]["Service"]["ID"]) for answer in answers} == {(200, "woken")}
    assert len({answer.headers["x-consul-index"] for answer in answers}) == 1
    assert waiting(registry) == others
    assert threads_of(registry) <= before + 8


@pytest.mark.parametrize(
    "path",
    [
        "/v1/health/service/left?index={index}",
        "/v1/catalog/services?index={index}",
        "/v1/health/state/any?index={index}",
        "/v1/agent/service/left-1?hash={hash}",
    ],
)
def test_clients_that_vanish_while_they_wait_are_forgotten(path: str) -> None:
    with running_registry() as registry:
        put(registry, "/v1/agent/service/register", {"Name": "left", "ID": "left-1"})
        known = get(registry, "/v1/agent/service/left-1").headers["X-Consul-ContentHash"]
        files, others = open_files_of(registry), waiting(registry)
        index = get(registry, "/v1/health/state/any").headers["X-Consul-Index"]
        request = asks(path.format(index=int(index) + 100, hash=known))
        connections = [connect(registry, request) for _ in range(100)]
        eventually(lambda: waiting(registry) == others + 100)
        for connection in connections:
            connection.close()
        eventually(lambda: waiting(registry) == others)
        eventually(lambda: open_files_of(registry) <= files)


DEEP = "[" * 5000
NESTED = '{"Name": "x", "Meta": ' + '{"a": ' * 2000 + "1" + "}" * 2000 + "}"
SERVICE, CHECK, CATALOG = "/v1/agent/service/register", "/v1/agent/check/register", "/v1/catalog/register"


@pytest.mark.parametrize("path", [SERVICE, CHECK, CATALOG, "/v1/catalog/deregister", "/v1/agent/check/update/nosuch"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b'"text"',
        b"1e999",
        b"\xff\xfe",
        b"\x00",
        DEEP.encode(),
        NESTED.encode(),
        b'{"Name": {"a": 1}}',
        b'{"Name": "x", "Port": 99999999999999999999}',
        b'{"Name": "x", "Port": "80"}',
        b'{"Name": "x", "Tags": "no list"}',
        b'{"Name": "x", "Check": {"TTL": "soon"}}',
        b'{"Name": "x", "Checks": [{"TTL": "10s"}, 1]}',
        b'{"Name": "x", "Check": {"HTTP": "http://h/", "Interval": "-1s"}, "Checks": 5}',
        b'{"Nosuch": 1}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_bad_body_is_refused_and_changes_nothing(registry: RegistryProcess, path: str, body: bytes) -> None:
    before = state_of(registry)
    answer = requests.put(f"{registry.http}{path}", data=body, timeout=20)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.text
    assert state_of(registry) == before


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /v1/health/service/x?index=-1", 400),
        ("GET /v1/health/service/x?index=1&wait=soon", 400),
        ("GET /v1/health/service/x?index=99999999999999999999999", 400),
        ("GET /v1/health/service/x?stale&consistent", 400),
        ("GET /v1/health/service/", 400),
        ("GET /v1/health/service/%ff%00", 400),
        ("GET /v1/catalog/service/a%2f..%2fb", 307),
        ("GET /v1/nosuch", 404),
        ("GET /v1/agent/service/nosuch", 404),
        ("GET /v1/kv/x", 501),
        ("DELETE /v1/agent/services", 405),
        ("BREW /v1/agent/services", 400),
        ("PUT /v1/agent/check/pass/nosuch", 404),
        ("PUT /v1/agent/service/deregister/nosuch", 404),
        ("PUT /v1/agent/service/maintenance/nosuch?enable=true", 404),
        ("PUT /v1/agent/maintenance?enable=perhaps", 400),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(registry: RegistryProcess, line: str, status: int) -> None:
    before = state_of(registry)
    answer = answer_of(connect(registry, f"{line} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".encode()))
    assert answer.status == status, answer
    assert state_of(registry) == before


@pytest.mark.parametrize(
    ("expression", "status"), [('Service matches "^(a+)+$b"', 200), ("(" * 3000, 500), ("not " * 3000 + "x", 500)]
)
def test_no_filter_makes_it_hang(registry: RegistryProcess, expression: str, status: int) -> None:
    put(registry, "/v1/agent/service/register", {"Name": "a" * 200})
    began = time.monotonic()
    answer = requests.get(f"{registry.http}/v1/agent/services", params={"filter": expression}, timeout=20)
    assert answer.status_code == status
    assert time.monotonic() - began < 5
