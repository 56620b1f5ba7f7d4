"""The Registrar over a registry that is started anew and has lost everything."""

from __future__ import annotations

import time

from discovery import BackendUnavailable, Registrar, Registration, open_discovery
from tests.discovery.fakes import PATIENCE
from tests.support.servers import running_registry


def test_an_instance_is_found_again_after_its_registry_was_restarted() -> None:
    registration = Registration("users", "127.0.0.1:8001", ttl=1.5)
    with (
        running_registry() as first,
        open_discovery(first.url) as discovery,
        Registrar(discovery, registration) as registrar,
    ):
        first.stop()
        deadline = time.monotonic() + PATIENCE
        while registrar.last_error is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert isinstance(registrar.last_error, BackendUnavailable)

        with running_registry(port=first.port):
            deadline = time.monotonic() + PATIENCE
            while not (found := discovery.discover("users")) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert [instance.id for instance in found] == [registrar.instance_id]
            registrar.stop()
            assert discovery.discover("users", healthy_only=False) == []
