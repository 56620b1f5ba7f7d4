"""The client on the minimal registry, which has no ids and keeps no port."""

from __future__ import annotations

import pytest

from discovery import Registration, open_discovery
from tests.support.servers import running_registry


@pytest.mark.parametrize(
    "registration",
    [
        Registration("web", "10.0.0.1", port=8001),
        Registration("pay", "10.0.0.1:8001"),
        Registration("urls", "http://localhost:8001", id="urls-1"),
    ],
    ids=lambda registration: registration.service,
)
def test_an_instance_is_found_by_the_id_that_its_registration_returned(registration: Registration) -> None:
    with running_registry("--profile", "basic") as registry, open_discovery(registry.url) as backend:
        given = backend.register(registration)
        assert [found.id for found in backend.discover(registration.service)] == [given]
