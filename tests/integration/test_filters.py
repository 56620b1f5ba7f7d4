"""Filters, asked of the installed Consul: the cases that tests know, and any others that chance brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from custom_registry.core.filters import CONSUL_1_8, FilterError, compile_filter
from tests.support.consul import ConsulAgent, running_agent
from tests.support.filter_cases import KEPT, REFUSED, SERVICES
from tests.support.filter_texts import broken, trees, written

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = {
    "service": "/v1/agent/services",
    "agent_check": "/v1/agent/checks",
    "check": "/v1/health/state/any",
    "node": "/v1/catalog/nodes",
    "health_entry": "/v1/health/service/web",
    "catalog_entry": "/v1/catalog/service/web",
}
# Each pair of parentheses takes this Consul four times as long.
MOST_PARENTHESES = 4

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def agent() -> Iterator[ConsulAgent]:
    """An agent with the services of the cases."""
    with running_agent("-node=node-1") as running:
        for service in SERVICES:
            answer = requests.put(f"{running.http}/v1/agent/service/register", json=service, timeout=10)
            answer.raise_for_status()
        yield running


def asked(agent: ConsulAgent, kind: str, text: str = "") -> Any:
    """Return the entries that the agent shows, or its error."""
    answer = requests.get(agent.http + PATHS[kind], params={"filter": text}, timeout=30)
    return answer.json() if answer.ok else answer.text


def ours(kind: str, text: str, entries: Any) -> Any:
    try:
        keeps = compile_filter(text, getattr(CONSUL_1_8, kind))
        if isinstance(entries, dict):
            return {name: entry for name, entry in entries.items() if keeps(entry)}
        return [entry for entry in entries if keeps(entry)]
    except FilterError as error:
        return str(error)


@pytest.mark.parametrize(("kind", "text", "message"), REFUSED)
def test_the_installed_consul_refuses_it_too(agent: ConsulAgent, kind: str, text: str, message: str) -> None:
    assert asked(agent, kind, text) == message


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, text, _ in KEPT])
def test_the_installed_consul_keeps_the_same(agent: ConsulAgent, kind: str, text: str) -> None:
    assert asked(agent, kind, text) == ours(kind, text, asked(agent, kind))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees().flatmap(written).flatmap(lambda text: st.one_of(st.just(text), broken(text))))
def test_any_filter_comes_to_the_same(agent: ConsulAgent, text: str) -> None:
    assume(text and text.count("(") <= MOST_PARENTHESES)
    assert asked(agent, "service", text) == ours("service", text, asked(agent, "service"))
