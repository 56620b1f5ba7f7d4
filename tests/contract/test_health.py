"""What every backend guarantees of heartbeats and of their absence. Times are short but real."""

from __future__ import annotations

import time

import pytest

from discovery import Discovery, Health, Registration, UnknownInstance
from tests.support.waiting import eventually

TTL = 0.6  # seconds


@pytest.mark.parametrize("status", [Health.WARNING, Health.CRITICAL])
def test_only_passing_is_healthy(backend: Discovery, service: str, status: Health) -> None:
    instance_id = backend.register(Registration(service, "localhost", 1))
    backend.heartbeat(instance_id, status=status, note="a note")
    eventually(lambda: [found.health for found in backend.discover(service, healthy_only=False)] == [status])
    assert backend.discover(service) == []
    backend.heartbeat(instance_id)
    eventually(lambda: [found.health for found in backend.discover(service)] == [Health.PASSING])


def test_a_heartbeat_of_the_unknown_says_so(backend: Discovery, service: str) -> None:
    for status in Health:
        with pytest.raises(UnknownInstance):
            backend.heartbeat(service, status=status)


def test_without_a_heartbeat_it_becomes_unhealthy(backend: Discovery, service: str) -> None:
    backend.register(Registration(service, "localhost", 1, ttl=TTL))
    eventually(lambda: not backend.discover(service))
    assert all(not found.healthy for found in backend.discover(service, healthy_only=False))


@pytest.mark.parametrize("renewal", ["heartbeat", "register"])
def test_a_renewal_begins_the_ttl_anew(backend: Discovery, service: str, renewal: str) -> None:
    registration = Registration(service, "localhost", 1, ttl=TTL)
    began = time.monotonic()
    instance_id = backend.register(registration)
    compared = False
    while not compared:  # once more, should this machine have been so slow that the ttl passed in between
        time.sleep(TTL / 3)
        renewed = time.monotonic()
        if renewal == "heartbeat":
            backend.heartbeat(instance_id)
        else:
            backend.register(registration)
        found = backend.discover(service)
        now = time.monotonic()
        if now - renewed < TTL / 2 and now - began > TTL:
            assert [instance.id for instance in found] == [instance_id]
            compared = True
