"""A client of few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers import RegistryProcess


@pytest.fixture
def post() -> Iterator[Callable[[RegistryProcess, str, dict[str, Any]], requests.Response]]:
    """Post JSON to a registry."""
    with requests.Session() as session:
        yield lambda registry, path, body: session.post(f"{registry.http}{path}", json=body, timeout=20)
