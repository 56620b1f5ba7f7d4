"""What every backend guarantees of its own use: errors of one tree only, threads, opening and closing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from discovery import (
    BackendUnavailable,
    ConfigurationError,
    Discovery,
    InvalidRegistration,
    Registration,
    open_discovery,
)
from discovery.backends import backends
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[str, Callable[[Discovery], object]] = {
    "register": lambda backend: backend.register(Registration("web", "localhost", 1)),
    "heartbeat": lambda backend: backend.heartbeat("web"),
    "deregister": lambda backend: backend.deregister("web"),
    "discover": lambda backend: backend.discover("web"),
    "services": lambda backend: backend.services(),
    "ping": lambda backend: backend.ping(),
    "watch": lambda backend: getattr(backend, "watch")("web"),  # noqa: B009 - a capability, not of every Discovery
}


def test_ping_names_the_backend_and_its_version(backend: Discovery) -> None:
    assert re.fullmatch(r"[\w -]+ \d+\.\d+\S*", backend.ping())


def test_closing_deregisters_nothing_and_may_be_repeated(url: str, service: str) -> None:
    with open_discovery(url) as backend:
        backend.register(Registration(service, "localhost", 1))
    backend.close()
    backend.close()
    with open_discovery(url) as another:
        assert [found.port for found in another.discover(service)] == [1]


def test_several_threads_may_use_one_backend(backend: Discovery, service: str) -> None:
    def live(number: int) -> None:
        for round_ in range(3):
            instance_id = backend.register(Registration(service, f"host-{number}", 80, id=f"{service}-{number}"))
            backend.heartbeat(instance_id)
            assert instance_id in {found.id for found in backend.discover(service)}
            if number % 2 or round_ < 2:
                assert backend.deregister(instance_id) in {True, None}
                assert instance_id not in {found.id for found in backend.discover(service, healthy_only=False)}

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(live, range(32)))
    found = {instance.host for instance in backend.discover(service)}
    assert found == {f"host-{number}" for number in range(0, 32, 2)}


def test_threads_that_register_the_same_make_one(backend: Discovery, service: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(lambda _: backend.register(Registration(service, "localhost", 1)), range(32)))
    assert [{found.id} for found in backend.discover(service)] == [ids]


def test_threads_that_register_one_id_with_different_values_leave_one_of_them(backend: Discovery, service: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(lambda port: backend.register(Registration(service, "localhost", port, id=service)), range(1, 33))
        )
    (found,) = backend.discover(service)
    assert found.port in range(1, 33)


@pytest.mark.parametrize("wrong", [{"port": 1, "address": "localhost:2"}, {"ttl": -1}, {"weight": 0}, {"service": ""}])
def test_what_no_backend_accepts(backend: Discovery, service: str, wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"service": service, "address": "localhost", "id": service} | wrong
    with pytest.raises(InvalidRegistration):
        backend.register(Registration(**values))  # type: ignore[arg-type]
    assert backend.discover(service, healthy_only=False) == []


@pytest.mark.parametrize("scheme", sorted(backends()))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_when_nothing_answers_the_backend_is_unavailable(scheme: str, operation: str) -> None:
    with (
        closed_port() as port,
        open_discovery(f"{scheme}://127.0.0.1:{port}") as backend,
        pytest.raises(BackendUnavailable),
    ):
        OPERATIONS[operation](backend)


@pytest.mark.parametrize("scheme", sorted(backends()))
@pytest.mark.parametrize(
    "setting", ["colour=blue", "timeout=0", "timeout=soon", "timeout=nan", "timeout=", "scheme=ftp", "verify="]
)
def test_a_wrong_setting_is_refused_before_anything_is_sent(scheme: str, setting: str) -> None:
    with pytest.raises(ConfigurationError, match=setting.partition("=")[0]):
        open_discovery(f"{scheme}://127.0.0.1:1?{setting}")
