"""What the native API does with what another language registered: the state is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.core.commands import CatalogDeregister, CatalogRegister, RegisterService, SetNodeMaintenance
from custom_registry.core.model import CheckDefinition, CheckRecord, NodeDefinition, ServiceDefinition, Weights

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from custom_registry.registry import Registry
    from tests.support.clock import ManualClock

EXTERNAL = NodeDefinition("ext", address="10.9.9.9")


def discover(api: FlaskClient, service: str = "web", healthy_only: str = "false") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/discover/{service}?healthy_only={healthy_only}").get_json()["instances"]
    return found


def ttl_check(service_id: str, **other: Any) -> CheckDefinition:
    return CheckDefinition(f"service:{service_id}", "c", service_id=service_id, type="ttl", ttl=30.0, **other)


@pytest.fixture
def agent_service(registry: Registry) -> None:
    definition = ServiceDefinition("w", "web", ("v1",), "10.0.0.7", 80, {"zone": "a"}, weights=Weights(5))
    registry.apply(RegisterService(definition, (ttl_check("w"),)))


@pytest.fixture
def catalog_service(registry: Registry) -> None:
    service = ServiceDefinition("e", "web", port=81)
    registry.apply(CatalogRegister(EXTERNAL, service, (CheckRecord("c", status="passing", service_id="e"),)))


@pytest.mark.usefixtures("agent_service")
class TestRegisteredWithTheAgent:
    def test_it_is_discovered_as_its_check_stands(self, api: FlaskClient, clock: ManualClock) -> None:
        clock.advance(3)
        assert discover(api, healthy_only="true") == []
        assert discover(api) == [
            {
                "id": "w",
                "address": "10.0.0.7",
                "host": "10.0.0.7",
                "port": 80,
                "status": "critical",
                "tags": ["v1"],
                "metadata": {"zone": "a"},
                "weight": 5,
                "ttl_seconds": 30.0,
                "uptime_seconds": 3,
                "last_heartbeat_seconds_ago": 3,
                "note": "",
            }
        ]

    def test_a_heartbeat_passes_its_check(self, api: FlaskClient) -> None:
        assert api.post("/heartbeat", json={"id": "w", "note": "fine"}).get_json()["ids"] == ["w"]
        (found,) = discover(api, healthy_only="true")
        assert found["note"] == "fine"

    def test_it_stays_when_it_lapses(self, api: FlaskClient, clock: ManualClock) -> None:
        api.post("/heartbeat", json={"id": "w"})
        clock.advance(1000)
        assert [one["status"] for one in discover(api)] == ["critical"]

    def test_registered_natively_it_leaves_when_it_lapses(self, api: FlaskClient, clock: ManualClock) -> None:
        assert api.post("/register", json={"id": "w", "service": "web", "address": "10.0.0.7:80"}).status_code == 200
        assert [one["status"] for one in discover(api)] == ["passing"]
        clock.advance(1000)
        assert discover(api) == []


def test_one_without_a_ttl_check_takes_no_heartbeat(api: FlaskClient, registry: Registry) -> None:
    registry.apply(RegisterService(ServiceDefinition("w", "web", address="h")))
    for target in ({"id": "w"}, {"service": "web", "address": "h"}):
        answer = api.post("/heartbeat", json=target)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "no_heartbeat")
        assert answer.get_json()["field"] in target
        assert "has no TTL check" in answer.get_json()["error"]
    assert [(one["status"], one["ttl_seconds"], one["last_heartbeat_seconds_ago"]) for one in discover(api)] == [
        ("passing", None, None)
    ]


def test_by_address_a_heartbeat_reaches_those_that_take_it(api: FlaskClient, registry: Registry) -> None:
    registry.apply(RegisterService(ServiceDefinition("a", "web", address="h")))
    registry.apply(RegisterService(ServiceDefinition("b", "web", address="h"), (ttl_check("b"),)))
    answer = api.post("/heartbeat", json={"service": "web", "address": "h"})
    assert (answer.status_code, answer.get_json()["ids"]) == (200, ["b"])


def test_a_heartbeat_passes_all_ttl_checks(api: FlaskClient, registry: Registry) -> None:
    checks = (ttl_check("w"), CheckDefinition("own", "own", service_id="w", type="ttl", ttl=9.0))
    registry.apply(RegisterService(ServiceDefinition("w", "web"), checks))
    api.post("/heartbeat", json={"id": "w"})
    assert [one["ttl_seconds"] for one in discover(api, healthy_only="true")] == [30.0]


@pytest.mark.usefixtures("catalog_service")
class TestKnownToTheCatalogOnly:
    def test_it_is_discovered_with_its_nodes_address(self, api: FlaskClient) -> None:
        (found,) = discover(api, healthy_only="true")
        assert (found["id"], found["address"], found["host"], found["port"]) == ("e", "10.9.9.9", "10.9.9.9", 81)
        assert api.get("/services").get_json()["services"] == {"web": {"total_instances": 1, "active_instances": 1}}

    def test_a_check_of_its_node_is_its_health_too(self, api: FlaskClient, registry: Registry) -> None:
        registry.apply(CatalogRegister(EXTERNAL, checks=(CheckRecord("disk", status="warning"),)))
        assert [one["status"] for one in discover(api)] == ["warning"]
        registry.apply(CatalogDeregister("ext", check_id="disk"))
        assert [one["status"] for one in discover(api)] == ["passing"]

    def test_it_takes_no_heartbeat(self, api: FlaskClient) -> None:
        assert api.post("/heartbeat", json={"id": "e"}).status_code == 409

    @pytest.mark.parametrize("target", [{"id": "e"}, {"service": "web", "address": "10.9.9.9"}])
    def test_it_can_be_removed(self, api: FlaskClient, target: dict[str, str]) -> None:
        assert api.post("/deregister", json=target).get_json()["ids"] == ["e"]
        assert discover(api) == []
        assert api.post("/deregister", json=target).status_code == 404

    def test_an_id_means_the_own_nodes_instance_where_it_has_one(self, api: FlaskClient) -> None:
        api.post("/register", json={"id": "e", "service": "web", "address": "h:1"})
        assert api.post("/deregister", json={"id": "e"}).get_json()["ids"] == ["e"]
        assert [one["host"] for one in discover(api)] == ["10.9.9.9"]


class TestTheRegistryItself:
    def test_it_is_not_among_what_is_registered(self, api: FlaskClient) -> None:
        assert discover(api, "consul") == []
        assert api.get("/services").get_json() == {"services": {}, "total_services": 0}
        for path in ("/heartbeat", "/deregister"):
            assert api.post(path, json={"id": "consul"}).status_code == 404

    def test_its_id_may_be_taken(self, api: FlaskClient) -> None:
        assert api.post("/register", json={"service": "consul", "id": "consul", "address": "h:1"}).status_code == 201
        assert [one["id"] for one in discover(api, "consul")] == ["consul"]
        assert api.post("/deregister", json={"id": "consul"}).status_code == 200
        assert discover(api, "consul") == []

    def test_maintenance_of_its_node_makes_all_on_it_critical(self, api: FlaskClient, registry: Registry) -> None:
        api.post("/register", json={"service": "web", "address": "h:1"})
        registry.apply(SetNodeMaintenance(enable=True))
        assert [one["status"] for one in discover(api)] == ["critical"]
        registry.apply(SetNodeMaintenance(enable=False))
        assert [one["status"] for one in discover(api)] == ["passing"]
