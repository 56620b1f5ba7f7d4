"""The agent itself: who it is, its cluster of one, and what it is told to do.

Source: transcript ``agent_info`` (1.8.7 and 1.21.4).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api import create_app
from custom_registry.api.consul.call import Facade
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.identity import Identity
from tests.api.consul.conftest import NODE_ID
from tests.support.ports import closed_port

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from custom_registry.registry import Registry

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)


def get(api: FlaskClient, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@in_each
class TestIdentity:
    def test_it_says_who_it_is(self, api: FlaskClient, dialect: Dialect) -> None:
        said = get(api, "/v1/agent/self")
        assert list(said) == ["Config", "DebugConfig", "Coord", "Member", "Stats", "Meta"]
        assert (said["Config"]["NodeName"], said["Config"]["NodeID"]) == ("here", NODE_ID)
        assert (said["Config"]["Version"], said["Config"]["Datacenter"]) == (dialect.version, "dc1")
        assert said["Meta"]["rack"] == "r1"
        assert said["Member"]["Tags"]["id"] == NODE_ID

    def test_it_is_its_own_node_in_the_catalog(self, api: FlaskClient) -> None:
        (node,) = get(api, "/v1/catalog/nodes")
        assert (node["Node"], node["ID"], node["Address"], node["Meta"]["rack"]) == ("here", NODE_ID, "10.0.0.1", "r1")
        assert node["TaggedAddresses"] == dict.fromkeys(("lan", "lan_ipv4", "wan", "wan_ipv4"), "10.0.0.1")
        (server,) = get(api, "/v1/catalog/service/consul")
        assert (server["ServiceID"], server["ServicePort"]) == ("consul", 8300)

    def test_it_is_its_own_leader_and_only_member(self, api: FlaskClient) -> None:
        assert get(api, "/v1/status/leader") == "10.0.0.1:8300"
        assert get(api, "/v1/status/peers") == ["10.0.0.1:8300"]
        assert [member["Name"] for member in get(api, "/v1/agent/members")] == ["here"]
        assert [member["Name"] for member in get(api, "/v1/agent/members?wan=1")] == ["here.dc1"]
        assert get(api, "/v1/operator/raft/configuration")["Servers"][0]["Leader"] is True
        assert get(api, "/v1/operator/autopilot/health")["Healthy"] is True

    def test_another_datacenter_is_not_there(self, api: FlaskClient) -> None:
        for path in ("/v1/status/leader", "/v1/operator/raft/configuration", "/v1/coordinate/node/x"):
            answer = api.get(f"{path}?dc=other")
            assert (answer.status_code, answer.text) == (500, "No path to datacenter")

    def test_segments_are_not_there(self, api: FlaskClient) -> None:
        assert len(get(api, "/v1/agent/members?segment=_all")) == 1
        assert api.get("/v1/agent/members?segment=x").status_code == 500
        assert api.get("/v1/agent/members?segment=x&wan=1").status_code == 400


def test_an_address_of_version_6_is_bracketed_before_its_port() -> None:
    identity = Identity(node_name="n", node_id=NODE_ID, address="fd00::1")
    assert identity.server == "[fd00::1]:8300"
    assert set(identity.node(NEW).tagged_addresses or ()) == {"lan", "lan_ipv6", "wan", "wan_ipv6"}


@in_each
class TestWithoutMuch:
    def test_without_acls_all_of_them_say_so(self, api: FlaskClient) -> None:
        for path in ("/v1/acl/tokens", "/v1/acl/token/self", "/v1/acl/policy/x"):
            answer = api.get(path)
            assert (answer.status_code, answer.text) == (401, "ACL support disabled")
        assert api.put("/v1/agent/token/default", data="{}").status_code == 401

    def test_there_are_no_configuration_entries(self, api: FlaskClient) -> None:
        assert get(api, "/v1/config/service-defaults") == []
        answer = api.get("/v1/config/service-defaults/web")
        assert (answer.status_code, answer.text) == (404, 'Config entry not found for "service-defaults" / "web"')
        answer = api.get("/v1/config/odd")
        assert (answer.status_code, answer.text) == (500, "invalid config entry kind: odd")
        answer = api.delete("/v1/config/service-defaults/web")
        assert (answer.status_code, "is not implemented by this registry" in answer.text) == (501, True)

    def test_nobody_measures_coordinates(self, api: FlaskClient) -> None:
        assert get(api, "/v1/coordinate/nodes") == []
        assert get(api, "/v1/coordinate/datacenters")[0]["Coordinates"][0]["Node"] == "here"
        assert api.get("/v1/coordinate/node/here").status_code == 404

    def test_metrics_are_what_is_counted_here(self, api: FlaskClient) -> None:
        api.put("/v1/agent/service/register", json={"Name": "web"})
        gauges = {gauge["Name"]: gauge["Value"] for gauge in get(api, "/v1/agent/metrics")["Gauges"]}
        assert gauges == {
            "consul.rpc.queries_blocking": 0,
            "consul.state.nodes": 1,
            "consul.state.service_instances": 2,
            "consul.state.services": 2,
        }
        assert api.get("/v1/agent/metrics?format=prometheus").status_code == 415


class TestTold:
    def test_to_leave(self, api: FlaskClient, left: list[str]) -> None:
        assert api.put("/v1/agent/leave").status_code == 200
        assert left == ["left"]

    def test_to_leave_where_nobody_can_end_it(self, registry: Registry, identity: Identity) -> None:
        answer = create_app(registry, Facade(registry, identity)).test_client().put("/v1/agent/leave")
        assert (answer.status_code, "cannot end itself" in answer.text) == (501, True)

    def test_to_reload_which_forgets_nothing(self, api: FlaskClient) -> None:
        api.put("/v1/agent/service/register", json={"Name": "web"})
        assert api.put("/v1/agent/reload").status_code == 200
        assert set(get(api, "/v1/agent/services")) == {"web"}

    def test_to_let_go_of_a_member(self, api: FlaskClient) -> None:
        answer = api.put("/v1/agent/force-leave/nope")
        assert (answer.status_code, answer.text) == (500, "agent: No node found with name 'nope'")
        assert api.put("/v1/agent/force-leave/here").status_code == 200

    @in_each
    def test_to_join_one_that_is_not_there(self, api: FlaskClient, dialect: Dialect) -> None:
        with closed_port() as port:
            answer = api.put(f"/v1/agent/join/127.0.0.1:{port}")
        named = f"127.0.0.1:{port}" if dialect.join_names_port else "127.0.0.1"
        problem = f"Failed to join {named}: dial tcp 127.0.0.1:{port}: connect: connection refused"
        assert (answer.status_code, answer.text) == (500, f"1 error occurred:\n\t* {problem}\n\n")

    def test_to_join_one_that_is(self, api: FlaskClient) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            answer = api.put(f"/v1/agent/join/127.0.0.1:{listening.getsockname()[1]}")
        assert (answer.status_code, answer.text.endswith("it does not gossip")) == (501, True)

    def test_to_join_one_whose_name_nobody_knows(self, api: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_asked: object, **_more: object) -> None:
            raise OSError

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        answer = api.put("/v1/agent/join/nobody.invalid")
        assert (answer.status_code, "lookup nobody.invalid: no such host" in answer.text) == (500, True)


class TestByDefault:
    def test_the_facade_is_that_of_the_registrys_own_node(self, registry: Registry) -> None:
        api = create_app(registry).test_client()
        assert get(api, "/v1/agent/self")["Config"]["NodeName"] == "here"
        assert api.put("/v1/agent/leave").status_code == 501


def test_both_apis_speak_of_one_state(api: FlaskClient) -> None:
    assert api.post("/register", json={"service": "web", "address": "10.0.0.5:80", "tags": ["t"]}).status_code == 201
    (entry,) = get(api, "/v1/health/service/web?passing")
    assert (entry["Service"]["Address"], entry["Service"]["Port"], entry["Service"]["Tags"]) == ("10.0.0.5", 80, ["t"])
    api.put("/v1/agent/service/register", json={"Name": "db", "Address": "10.0.0.6", "Port": 1})
    (instance,) = get(api, "/discover/db")["instances"]
    assert (instance["address"], instance["port"]) == ("10.0.0.6", 1)
