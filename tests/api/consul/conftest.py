"""Consul's API in process: the real application over a registry whose clock the test moves, in each dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.api import create_app
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import DEFAULT, DIALECTS, Dialect
from custom_registry.api.consul.identity import Identity
from custom_registry.registry import Registry

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.support.clock import ManualClock

NODE_ID = "5f2cba0e-1f9a-4d6b-8a35-3b1c0d6a7e11"


@pytest.fixture
def dialect() -> Dialect:
    """The default one; a test that differs by dialect is parametrized with ``in_each_dialect``."""
    return DEFAULT


@pytest.fixture
def identity() -> Identity:
    return Identity(node_name="here", node_id=NODE_ID, address="10.0.0.1", node_meta={"rack": "r1"}, started_at=1.8e9)


@pytest.fixture
def registry(identity: Identity, dialect: Dialect, clock: ManualClock) -> Registry:
    return Registry(node=identity.node(dialect), server=identity.service(dialect), clock=clock)


@pytest.fixture
def left() -> list[str]:
    """What the agent did when it was asked to leave."""
    return []


@pytest.fixture
def facade(registry: Registry, identity: Identity, dialect: Dialect, left: list[str]) -> Facade:
    return Facade(registry, identity, dialect, leave=lambda: left.append("left"), stagger=lambda _seconds: 0.0)


@pytest.fixture
def api(registry: Registry, facade: Facade) -> FlaskClient:
    return create_app(registry, facade).test_client()


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def each_dialect(request: pytest.FixtureRequest) -> Dialect:
    found = request.param
    assert isinstance(found, Dialect)
    return found
