"""Tests a program that uses Consul, without Consul: to be copied into your own tests, and run by pytest."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import consul
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENT = [sys.executable, "-m", "custom_registry", "agent", "-dev", "-http-port=0", "-log-level=error"]
# Consul takes 30 s and 60 s here, and never less; a test need not wait for them.
SOON = ["-reap-interval=0.1", "-shortest-deregister-after=0.2"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:consul.base")  # it warns of itself


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """Start an agent; the port of its API is a free one."""
    with subprocess.Popen([*AGENT, *SOON], stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout is not None
        try:
            ready = (re.search(r"http://\S+:(\d+)", line) for line in agent.stdout)
            yield next(int(found[1]) for found in ready if found)
        finally:
            agent.terminate()


@pytest.fixture
def client(port: int) -> Iterator[consul.Consul]:
    """Connect a client to it."""
    opened = consul.Consul(port=port)
    yield opened
    opened.http.session.close()


def test_a_service_that_falls_silent_is_removed(client: consul.Consul) -> None:
    """Register, heartbeat, wait for the lapse and for the removal, as with any Consul."""
    check = {"TTL": "200ms", "DeregisterCriticalServiceAfter": "200ms"}
    client.agent.service.register("web", service_id="web-1", port=8001, check=check)
    client.agent.check.ttl_pass("service:web-1")
    index, healthy = client.health.service("web", passing=True)
    assert [entry["Service"]["Port"] for entry in healthy] == [8001]

    seen = set()
    while healthy:
        index, healthy = client.health.service("web", index=index, wait="10s")
        seen |= {check["Status"] for entry in healthy for check in entry["Checks"] if check["ServiceID"]}
    assert "critical" in seen
