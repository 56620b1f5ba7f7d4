"""What the registry tells of an instance beyond its registration, as the client hands it on."""

from __future__ import annotations

import time

from discovery import Registration, open_discovery
from tests.support.servers import running_registry


def test_the_registry_tells_ttl_uptime_and_age_of_the_heartbeat() -> None:
    with running_registry() as registry, open_discovery(registry.url) as backend:
        began = time.monotonic()
        backend.register(Registration("web", "localhost", 1, ttl=12.5))
        backend.register(Registration("web", "localhost", 2))
        own, usual = backend.discover("web")
        took = time.monotonic() - began
        assert (own.ttl, usual.ttl) == (12.5, 30)
        assert own.uptime is not None
        assert own.heartbeat_age is not None
        assert 0 <= own.heartbeat_age <= own.uptime <= took + 0.001  # the registry rounds to milliseconds
