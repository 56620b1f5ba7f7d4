"""Real Consul agents, one of each kind for the whole run; what needs one is marked as an integration test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support import consul

if TYPE_CHECKING:
    from collections.abc import Iterator

_REAL = {"consul_agent", "consul_container"}
# Ryuk, testcontainers' reaper, is one more image to pull, which not every machine can; containers are removed anyway
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a real Consul, and let the files that need one come last, since the others are quick."""
    for item in items:
        if _REAL & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)
    real = {item.path for item in items if item.get_closest_marker("integration")}
    items.sort(key=lambda item: item.path in real)


@pytest.fixture(scope="session")
def consul_agent() -> Iterator[consul.ConsulAgent]:
    """The installed Consul, run as a dev agent."""
    with consul.running_agent() as agent:
        yield agent


@pytest.fixture(scope="session")
def consul_container() -> Iterator[consul.ConsulAgent]:
    """Consul's image, run as a dev agent."""
    with consul.running_container() as agent:
        yield agent
