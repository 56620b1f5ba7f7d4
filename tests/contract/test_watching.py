"""What a backend guarantees that can be watched."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from discovery import Discovery, Health, InvalidRequest, Registration, Snapshot, Watchable

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 20.0  # seconds; only spent by a test that fails


@pytest.fixture
def watched(backend: Discovery) -> Watchable:
    assert isinstance(backend, Watchable)
    return backend


def test_with_index_0_it_returns_at_once(watched: Watchable, backend: Discovery, service: str) -> None:
    assert watched.watch(service, timeout=LONGEST).instances == ()
    backend.register(Registration(service, "localhost", 1))
    began = time.monotonic()
    snapshot = watched.watch(service, timeout=LONGEST)
    assert time.monotonic() - began < LONGEST / 2
    assert [found.port for found in snapshot.instances] == [1]
    assert snapshot.index > 0


def test_without_a_change_it_returns_after_the_timeout(watched: Watchable, backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 1))
    index = watched.watch(service).index
    snapshot = watched.watch(service, index=index, timeout=0.1)
    assert (snapshot.index, [found.port for found in snapshot.instances]) == (index, [1])


@pytest.mark.parametrize("timeout", [0.0, -1.0])
def test_a_timeout_that_is_over_does_not_wait(watched: Watchable, service: str, timeout: float) -> None:
    index = watched.watch(service).index
    began = time.monotonic()
    watched.watch(service, index=index, timeout=timeout)
    assert time.monotonic() - began < LONGEST / 2


def test_a_timeout_may_be_without_end(watched: Watchable, service: str) -> None:
    assert watched.watch(service, timeout=math.inf).instances == ()


def test_a_timeout_that_is_no_number_is_refused(watched: Watchable, service: str) -> None:
    with pytest.raises(InvalidRequest, match="timeout") as raised:
        watched.watch(service, index=1, timeout=math.nan)
    assert raised.value.field == "timeout"


def _register(backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 2))


def _deregister(backend: Discovery, service: str) -> None:
    backend.deregister(service)


def _warn(backend: Discovery, service: str) -> None:
    backend.heartbeat(service, status=Health.WARNING)


@pytest.mark.parametrize(("change", "ports_after"), [(_register, {1, 2}), (_deregister, set()), (_warn, set())])
def test_it_returns_as_soon_as_the_service_has_changed(
    watched: Watchable,
    backend: Discovery,
    service: str,
    change: Callable[[Discovery, str], None],
    ports_after: set[int],
) -> None:
    backend.register(Registration(service, "localhost", 1, id=service))
    before = watched.watch(service)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_watch_until, watched, service, before, ports_after)
        change(backend, service)
        assert waiting.result(LONGEST).index > before.index


def test_what_changed_before_it_was_asked_is_not_missed(watched: Watchable, backend: Discovery, service: str) -> None:
    before = watched.watch(service)
    backend.register(Registration(service, "localhost", 1))
    assert {found.port for found in _watch_until(watched, service, before, {1}).instances} == {1}


def test_health_and_tag_choose_as_in_discover(watched: Watchable, backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 1, tags=("a",)))
    backend.heartbeat(backend.register(Registration(service, "localhost", 2)), status=Health.CRITICAL)
    assert {found.port for found in watched.watch(service).instances} == {1}
    assert {found.port for found in watched.watch(service, healthy_only=False).instances} == {1, 2}
    assert {found.port for found in watched.watch(service, healthy_only=False, tag="a").instances} == {1}


def _watch_until(watched: Watchable, service: str, snapshot: Snapshot, ports: set[int]) -> Snapshot:
    """Watch on until the service has these ports: a watch may return though nothing changed."""
    deadline = time.monotonic() + LONGEST / 2
    while {found.port for found in snapshot.instances} != ports:
        assert time.monotonic() < deadline, "the change was not seen"
        snapshot = watched.watch(service, index=snapshot.index, timeout=LONGEST)
    return snapshot
