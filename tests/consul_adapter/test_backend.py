"""The adapter against a Consul that misbehaves, and against what two versions of the real one answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from discovery import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    ConfigurationError,
    Discovery,
    DiscoveryError,
    PermissionDenied,
    Registration,
    UnknownInstance,
    Watchable,
    open_discovery,
)
from tests.support.fake_consul import Answer, FakeConsul, fake_consul

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consul_adapter import ConsulDiscovery


@pytest.fixture
def fake() -> Iterator[FakeConsul]:
    with fake_consul() as running:
        yield running


def connect(fake: FakeConsul, query: str = "") -> Any:
    return open_discovery(f"consul://127.0.0.1:{fake.port}?{query}".removesuffix("?"))


def satisfies(backend: ConsulDiscovery) -> tuple[Discovery, Watchable]:
    """For the type checker: the adapter has all that the contract asks for."""
    return backend, backend


HEALTHY = Answer(body="[]", headers={"X-Consul-Index": "1"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(0), BackendUnavailable),
        (Answer(body="[]", delay=1, headers={"X-Consul-Index": "1"}), BackendTimeout),
        (Answer(body="[", length=100), BackendUnavailable),  # ends in the middle
        (Answer(body="<html>", headers={"X-Consul-Index": "1"}), BackendError),
        (Answer(body="[]"), BackendError),  # without an index
        (Answer(body="[]", headers={"X-Consul-Index": "soon"}), BackendError),
        (Answer(body="null", headers={"X-Consul-Index": "1"}), BackendError),
        (Answer(body="[1]", headers={"X-Consul-Index": "1"}), BackendError),
        (Answer(body='[{"Service": {}}]', headers={"X-Consul-Index": "1"}), BackendError),
        (Answer(301, headers={"Location": "/elsewhere"}), BackendError),
        (Answer(404, "not found"), BackendError),
        (Answer(403, "Permission denied"), PermissionDenied),
        (Answer(500, "No cluster leader"), BackendUnavailable),
        (Answer(500, "boom"), BackendError),
        (Answer(503), BackendUnavailable),
        (Answer(418, "a teapot"), BackendError),
    ],
    ids=str,
)
def test_a_strange_answer_becomes_an_error_of_the_contract(
    fake: FakeConsul, answer: Answer, error: type[DiscoveryError]
) -> None:
    fake.answer = answer
    with connect(fake, "timeout=0.3") as backend, pytest.raises(DiscoveryError) as raised:
        backend.discover("web")
    assert type(raised.value) is error


@pytest.mark.parametrize("operation", ["register", "heartbeat", "deregister", "discover", "services", "ping", "watch"])
@pytest.mark.parametrize(
    "answer",
    [Answer(), Answer(body="7"), Answer(body="{}"), Answer(204), Answer(404), Answer(body="\0", headers={"X": "\x01"})],
    ids=str,
)
def test_nothing_else_than_errors_of_the_contract_leaves(fake: FakeConsul, operation: str, answer: Answer) -> None:
    fake.answer = answer
    argument = {"register": [Registration("web", "host")], "services": [], "ping": []}.get(operation, ["web"])
    with connect(fake, "timeout=0.3") as backend:
        try:
            getattr(backend, operation)(*argument)
        except DiscoveryError:
            return
        assert operation in {"heartbeat", "deregister"}  # to which a bare success is an answer


def test_the_url_beats_the_environment(fake: FakeConsul, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CONSUL_HTTP_ADDR": "a:malformed:one:indeed",
        "CONSUL_HTTP_TOKEN": "from-outside",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_SSL_VERIFY": "false",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    fake.answer = HEALTHY
    with connect(fake) as backend:
        assert backend.discover("web") == []
    with connect(fake, "token=mine") as backend:
        assert backend.discover("web") == []
    assert [headers.get("X-Consul-Token") for _, _, headers in fake.asked] == [None, "mine"]


def test_reads_name_the_datacenter_of_the_url(fake: FakeConsul) -> None:
    fake.answer = HEALTHY
    with connect(fake, "dc=dc2") as backend:
        backend.discover("web", tag="a b", healthy_only=False)
        backend.watch("web", index=7, timeout=0.5)
    assert [path for _, path, _ in fake.asked] == [
        "/v1/health/service/web?tag=a+b&dc=dc2",
        "/v1/health/service/web?index=7&wait=500ms&passing=1&dc=dc2",
    ]


@pytest.mark.parametrize(("timeout", "wait"), [(0.0, "1ms"), (-5.0, "1ms"), (60.0, "60000ms")])
def test_a_watch_never_waits_by_consuls_default(fake: FakeConsul, timeout: float, wait: str) -> None:
    fake.answer = HEALTHY
    with connect(fake) as backend:
        backend.watch("web", index=1, timeout=timeout)
    assert f"wait={wait}&" in fake.asked[0][1]


def test_a_watch_may_take_longer_than_the_timeout_of_other_requests(fake: FakeConsul) -> None:
    fake.answer = Answer(body="[]", delay=0.4, headers={"X-Consul-Index": "1"})
    with connect(fake, "timeout=0.2") as backend:
        assert backend.watch("web", index=1, timeout=0.5).instances == ()


@pytest.mark.parametrize(("answered", "index"), [("0", 1), ("-3", 1), ("7", 7)])
def test_the_index_of_a_watch_is_never_below_1(fake: FakeConsul, answered: str, index: int) -> None:
    fake.answer = Answer(body="[]", headers={"X-Consul-Index": answered})
    with connect(fake) as backend:
        assert backend.watch("web", index=1000, timeout=0.1).index == index  # and smaller than before, if it is


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, 'CheckID "service:web" does not have associated TTL'),
        Answer(404, 'Unknown check ID "service:web". Ensure that the check ID is passed, not the check name.'),
    ],
    ids=["1.8.7", "1.21.4"],
)
def test_either_answer_to_an_unknown_heartbeat_is_the_one_error(fake: FakeConsul, answer: Answer) -> None:
    fake.answer = answer
    with connect(fake) as backend, pytest.raises(UnknownInstance):
        backend.heartbeat("web")


def test_a_change_that_the_catalog_never_shows_is_a_timeout(fake: FakeConsul) -> None:
    """The fake takes every write, and its catalog has nothing, as of an agent that has lost its servers."""
    held = {"Service": "web", "Address": "host", "Port": 0, "Tags": [], "Meta": {}, "Weights": {"Passing": 1}}
    body = json.dumps({"Config": {"NodeName": "n"}, **held})
    fake.answer = Answer(body=body, headers={"X-Consul-Index": "1"})
    with connect(fake, "timeout=0.3") as backend, pytest.raises(BackendTimeout, match="catalog"):
        backend.register(Registration("web", "host", id="web"))


def test_a_host_that_cannot_be_one_is_a_wrong_url() -> None:
    with open_discovery(f"consul://{'x' * 70}") as backend, pytest.raises(ConfigurationError):
        backend.ping()
