"""Alias checks follow what they name, at once."""

from __future__ import annotations

from typing import Any

import pytest

from custom_registry.core import queries
from custom_registry.core.commands import (
    CatalogDeregister,
    CatalogRegister,
    DeregisterCheck,
    DeregisterService,
    RegisterCheck,
    RegisterService,
    ReportCheck,
)
from custom_registry.core.model import Alias, CheckDefinition, CheckRecord, NodeDefinition, ServiceDefinition
from custom_registry.core.state import OWN_NODE, State
from custom_registry.core.topics import AgentChecks, HealthService

START = 1000.0
EXTERNAL = NodeDefinition("ext", address="10.9.9.9")


@pytest.fixture
def state() -> State:
    return State(now=START)


def register(state: State, service_id: str, *checks: CheckDefinition) -> None:
    state.apply(RegisterService(ServiceDefinition(service_id, service_id), checks), START)


def alias(of: str, service_id: str = "follower", *, node: str = "", check_id: str = "alias") -> CheckDefinition:
    return CheckDefinition(check_id, check_id, service_id=service_id, type="alias", alias=Alias(of, node))


def ttl(check_id: str, service_id: str, **other: Any) -> CheckDefinition:
    return CheckDefinition(check_id, f"name of {check_id}", service_id=service_id, ttl=1e6, **other)


def stands(state: State, check_id: str = "alias") -> tuple[str, str]:
    check = state.agent.checks[check_id]
    found = state.catalog.check(OWN_NODE.name, check_id)
    assert found
    assert found.record.status == check.status
    return check.status, check.output


def report(state: State, check_id: str, status: str, output: str = "") -> None:
    state.apply(ReportCheck(check_id, status, output), START)


class TestOfAServiceOfTheOwnNode:
    def test_it_stands_as_the_worst_of_its_checks(self, state: State) -> None:
        register(state, "web", ttl("a", "web", status="passing"), ttl("b", "web", status="passing"))
        register(state, "follower", alias("web"))
        assert stands(state) == ("passing", "All checks passing.")
        report(state, "a", "warning", "slow")
        assert stands(state) == ("warning", 'Aliased check "name of a" failing: slow')
        report(state, "b", "critical", "down")
        assert stands(state) == ("critical", 'Aliased check "name of b" failing: down')
        report(state, "b", "passing")
        assert stands(state)[0] == "warning"

    def test_without_checks_it_passes(self, state: State) -> None:
        register(state, "web")
        register(state, "follower", alias("web"))
        assert stands(state) == ("passing", "No checks found.")

    def test_without_its_service_it_is_critical(self, state: State) -> None:
        register(state, "follower", alias("web"))
        assert stands(state) == ("critical", "Service web could not be found on node ")
        register(state, "web")
        assert stands(state) == ("passing", "No checks found.")
        state.apply(DeregisterService("web"), START)
        assert stands(state) == ("critical", "Service web could not be found on node ")

    def test_the_nodes_checks_count_too(self, state: State) -> None:
        register(state, "web", ttl("a", "web", status="passing"))
        register(state, "follower", alias("web"))
        state.apply(RegisterCheck(ttl("disk", "")), START)
        assert stands(state) == ("critical", 'Aliased check "name of disk" failing: ')
        state.apply(DeregisterCheck("disk"), START)
        assert stands(state) == ("passing", "All checks passing.")

    def test_a_lapse_is_followed(self, state: State) -> None:
        register(state, "web", CheckDefinition("a", "a", "passing", service_id="web", ttl=1.0))
        register(state, "follower", alias("web"))
        change = state.advance(START + 1)
        assert stands(state) == ("critical", 'Aliased check "a" failing: TTL expired')
        assert {HealthService("follower"), AgentChecks()} <= change.topics

    def test_one_of_the_node_follows_itself_and_never_leaves_critical(self, state: State) -> None:
        register(state, "web")
        state.apply(RegisterCheck(alias("web", "")), START)
        assert stands(state) == ("critical", 'Aliased check "alias" failing: ')

    def test_a_chain_follows_to_its_end(self, state: State) -> None:
        register(state, "s0", ttl("c0", "s0", status="passing"))
        for number in range(1, 20):
            register(state, f"s{number}", alias(f"s{number - 1}", f"s{number}", check_id=f"c{number}"))
        assert stands(state, "c19")[0] == "passing"
        report(state, "c0", "warning")
        assert stands(state, "c19")[0] == "warning"

    def test_a_ring_comes_to_an_end(self, state: State) -> None:
        for number in range(5):
            register(state, f"s{number}", alias(f"s{(number + 1) % 5}", f"s{number}", check_id=f"c{number}"))
        register(state, "s0", ttl("t", "s0"))
        report(state, "t", "passing")
        assert {stands(state, f"c{number}")[0] for number in range(5)} == {"critical"}

    def test_one_that_is_gone_follows_no_more(self, state: State) -> None:
        register(state, "web", ttl("a", "web", status="passing"))
        register(state, "follower", alias("web"))
        state.apply(DeregisterService("follower"), START)
        report(state, "a", "critical")
        assert set(state.agent.checks) == {"a"}
        assert not state.agent.followers._by_service


class TestOfAnotherNode:
    def test_it_follows_the_catalog(self, state: State) -> None:
        register(state, "follower", alias("e", node="EXT"))
        assert stands(state) == ("critical", "Service e could not be found on node EXT")
        service = ServiceDefinition("e", "web")
        state.apply(CatalogRegister(EXTERNAL, service), START)
        assert stands(state) == ("passing", "No checks found.")
        checks = (CheckRecord("c", "c", "warning", service_id="e"), CheckRecord("d", "d", "passing"))
        state.apply(CatalogRegister(EXTERNAL, checks=checks), START)
        assert stands(state) == ("warning", 'Aliased check "c" failing: ')
        state.apply(CatalogRegister(EXTERNAL, checks=(CheckRecord("x", "x", "critical", service_id="e"),)), START)
        state.apply(CatalogDeregister("ext", check_id="x"), START)
        assert stands(state)[0] == "warning"
        state.apply(CatalogDeregister("ext"), START)
        assert stands(state)[0] == "critical"

    def test_the_node_alone_can_be_followed(self, state: State) -> None:
        register(state, "follower", alias("", node="ext"))
        checks = (CheckRecord("d", "d", "passing"), CheckRecord("c", "c", "critical", service_id="e"))
        state.apply(CatalogRegister(EXTERNAL, ServiceDefinition("e", "web"), checks), START)
        assert stands(state) == ("passing", "All checks passing.")

    def test_so_can_the_own_node_by_its_name(self, state: State) -> None:
        register(state, "web", ttl("a", "web", status="passing"))
        register(state, "follower", alias("web", node=OWN_NODE.name))
        assert stands(state) == ("passing", "All checks passing.")
        report(state, "a", "critical", "down")
        assert stands(state) == ("critical", 'Aliased check "name of a" failing: down')
        assert queries.health_service(state, "follower")[0].checks[-1].record.status == "critical"
