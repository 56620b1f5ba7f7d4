"""The native API in process: the real application over a registry whose clock the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_registry.api import create_app
from custom_registry.registry import Registry
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(clock: ManualClock) -> Registry:
    return Registry(clock=clock)


@pytest.fixture
def api(registry: Registry) -> FlaskClient:
    return create_app(registry).test_client()
