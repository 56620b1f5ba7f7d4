"""What only a real Consul can show of the adapter: its nodes, its access control, its restart."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from discovery import (
    BackendUnavailable,
    Health,
    PermissionDenied,
    Registration,
    ServiceSummary,
    UnknownInstance,
    Watchable,
    open_discovery,
)
from tests.support.consul import ConsulAgent, running_agent
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

MASTER_TOKEN = str(uuid.uuid4())

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def agent() -> Iterator[ConsulAgent]:
    """An agent of our own, since these tests change its nodes."""
    with running_agent("-node=one") as running:
        yield running


@pytest.fixture
def service() -> str:
    return f"web-{uuid.uuid4().hex[:12]}"


def put(agent: ConsulAgent, path: str, body: dict[str, Any]) -> None:
    requests.put(f"{agent.http}{path}", json=body, timeout=10).raise_for_status()


@pytest.mark.parametrize("status", list(Health))
def test_the_initial_status_is_a_setting(agent: ConsulAgent, service: str, status: Health) -> None:
    with open_discovery(f"{agent.url}?status={status}&deregister_after=90m") as backend:
        backend.register(Registration(service, "localhost", 1))
        assert [found.health for found in backend.discover(service, healthy_only=False)] == [status]


def test_a_failing_check_of_the_node_makes_all_its_instances_unhealthy(agent: ConsulAgent, service: str) -> None:
    with open_discovery(agent.url) as backend:
        backend.register(Registration(service, "localhost", 1))
        put(agent, "/v1/agent/check/register", {"ID": "disk", "Name": "disk", "TTL": "60s", "Status": "warning"})
        try:
            eventually(lambda: not backend.discover(service))
            assert [found.health for found in backend.discover(service, healthy_only=False)] == [Health.WARNING]
            assert backend.services()[service] == ServiceSummary(service, 1, 0)
        finally:
            put(agent, "/v1/agent/check/deregister/disk", {})
        eventually(lambda: backend.services()[service] == ServiceSummary(service, 1, 1))


def test_the_same_id_on_another_node_is_another_instance(agent: ConsulAgent, service: str) -> None:
    entry = {"Service": service, "ID": "same", "Address": "localhost", "Port": 1}
    put(agent, "/v1/catalog/register", {"Node": "two words/ü", "Address": "10.0.0.2", "Service": entry})
    with open_discovery(agent.url) as backend:
        with pytest.raises(UnknownInstance):  # the agent has it not
            backend.heartbeat("same")
        backend.register(Registration(service, "localhost", 1, id="same"))
        assert backend.services()[service] == ServiceSummary(service, 2, 2)
        backend.deregister("same")
        assert backend.services()[service] == ServiceSummary(service, 1, 1)
        assert [found.id for found in backend.discover(service)] == ["same"]


def test_without_a_token_access_control_refuses() -> None:
    rules = f'acl {{ enabled = true, default_policy = "deny", tokens {{ master = "{MASTER_TOKEN}" }} }}'
    with (
        running_agent("-hcl", rules) as guarded,
        open_discovery(guarded.url) as stranger,
        open_discovery(f"{guarded.url}?token={MASTER_TOKEN}") as master,
    ):
        eventually(lambda: "web" in _register_once_ready(master))
        assert [found.id for found in master.discover("web")] == ["web-1"]
        with pytest.raises(PermissionDenied):
            stranger.register(Registration("web", "localhost", 2))
        with pytest.raises(PermissionDenied):
            stranger.ping()
        assert stranger.discover("web") == []  # Consul shows nothing, instead of refusing
        master.heartbeat("web-1")
        assert master.deregister("web-1") is True  # with access control 1.8.7, too, tells whether it was there
        assert master.deregister("web-1") is False


def _register_once_ready(backend: Any) -> dict[str, ServiceSummary]:
    """Register and list; nothing, as long as the agent still sets up its access control."""
    try:
        backend.register(Registration("web", "localhost", 1, id="web-1"))
    except (PermissionDenied, BackendUnavailable):
        return {}
    listed: dict[str, ServiceSummary] = backend.services()
    return listed


def test_a_client_outlives_its_agent(service: str) -> None:
    registration = Registration(service, "localhost", 1)
    with running_agent("-node=before") as first, open_discovery(first.url) as backend:
        instance_id = backend.register(registration)
        port = first.port
    with pytest.raises(BackendUnavailable):
        backend.heartbeat(instance_id)
    with running_agent("-node=after", port=port):  # memory only, and under another name
        with pytest.raises(UnknownInstance):
            backend.heartbeat(instance_id)
        assert backend.register(registration) == instance_id
        assert [found.id for found in backend.discover(service)] == [instance_id]
    backend.close()


def test_a_watch_ends_when_the_agent_does(service: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with running_agent() as stopped, open_discovery(stopped.url) as backend:
            assert isinstance(backend, Watchable)
            waiting = pool.submit(backend.watch, service, index=backend.watch(service).index, timeout=60)
        ended = waiting.exception(20)
    assert ended is None or isinstance(ended, BackendUnavailable)  # Consul may answer before it goes
