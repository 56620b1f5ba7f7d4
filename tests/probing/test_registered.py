"""A prober on a live registry: checks begin and end with their registration, and what was found is what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.core.commands import DeregisterCheck, DeregisterService, RegisterCheck, RegisterService
from custom_registry.core.model import CheckDefinition, ServiceDefinition
from custom_registry.core.probes import HttpRequest, Probe, Result, TcpConnect
from custom_registry.core.topics import Probes
from custom_registry.probing import Prober, RegisteredProbes
from custom_registry.registry import Registry
from discovery.model import Health
from tests.support.loopback import reply
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custom_registry.core.probes import Action
    from tests.probing.conftest import Serve

SHORT = 0.01  # seconds


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Start a registry with a prober."""
    with Registry() as started, Prober(RegisteredProbes(started), shortest_interval=SHORT):
        yield started


def check(check_id: str, action: Action, service_id: str = "") -> CheckDefinition:
    probe = Probe(action=action, interval=SHORT)
    return CheckDefinition(check_id, check_id, service_id=service_id, type=probe.kind, probe=probe)


def stands(registry: Registry, check_id: str) -> tuple[str, str]:
    found = registry.read(lambda state: state.agent.checks[check_id])
    return found.status, found.output


def running(registry: Registry) -> set[str]:
    return {definition.id for definition in RegisteredProbes(registry).probes(lambda: None)}


def test_what_a_probe_finds_is_what_is_read(registry: Registry, serve: Serve) -> None:
    server = serve(reply(body=b"fine"))
    definition = check("api", HttpRequest(url=server.url), "web-1")
    registry.apply(RegisterService(ServiceDefinition("web-1", "web"), (definition,)))
    assert stands(registry, "api") == ("critical", "")
    eventually(lambda: stands(registry, "api") == ("passing", f"HTTP GET {server.url}: 200 OK Output: fine"))
    assert len(registry.discover("web").instances) == 1


def test_probes_end_with_their_check_and_service(registry: Registry, serve: Serve) -> None:
    address = serve(reply()).address
    registry.apply(RegisterCheck(check("node", TcpConnect(address=address))))
    of_service = check("web", TcpConnect(address=address), "web-1")
    registry.apply(RegisterService(ServiceDefinition("web-1", "web"), (of_service,)))
    assert running(registry) == {"node", "web"}
    registry.apply(DeregisterService("web-1"))
    assert running(registry) == {"node"}
    registry.apply(DeregisterCheck("node"))
    assert running(registry) == set()


def test_what_is_reported_of_a_check_that_is_gone_or_another_changes_nothing(registry: Registry) -> None:
    old = check("a", TcpConnect(address="127.0.0.1:1"))
    new = CheckDefinition("a", "a", type="ttl", ttl=60.0)
    source = RegisteredProbes(registry)
    source.report(old, Result(Health.PASSING, "late"))
    registry.apply(RegisterCheck(new))
    source.report(old, Result(Health.PASSING, "late"))
    assert stands(registry, "a") == ("critical", "")


def test_its_own_subscription_is_the_only_one(registry: Registry, serve: Serve) -> None:
    address = serve(reply()).address
    before = registry.waiting
    for number in range(20):
        registry.apply(RegisterCheck(check(f"c{number}", TcpConnect(address=address))))
    eventually(lambda: all(stands(registry, f"c{number}")[0] == "passing" for number in range(20)))
    assert registry.waiting == before == 1
    assert registry.changed(Probes(), 0)
