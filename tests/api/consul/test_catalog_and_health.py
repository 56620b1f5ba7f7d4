"""The catalog and health: what is written from elsewhere, what is read, and by what reads are narrowed.

Source: transcripts ``catalog_reads``, ``catalog_writes``, ``health_reads``, ``filters`` and
``order_and_uniqueness`` (1.8.7 and 1.21.4), and a running 1.8.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api.consul.dialects import Dialect

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
in_each = pytest.mark.parametrize("dialect", [OLD, NEW], ids=lambda dialect: dialect.name)
BLANK = "Couldn't load metadata pair ('', 'x'): Key cannot be blank"
UUID = "11111111-1111-1111-1111-111111111111"


def write(api: FlaskClient, node: str = "n1", **body: Any) -> TestResponse:
    return api.put("/v1/catalog/register", json={"Node": node, "Address": "10.1.1.1"} | body)


def written(api: FlaskClient, node: str = "n1", **body: Any) -> None:
    answer = write(api, node, **body)
    assert (answer.status_code, answer.get_json()) == (200, True), answer.text


def read(api: FlaskClient, path: str) -> Any:
    answer = api.get(f"/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@in_each
class TestWriting:
    def test_a_node_with_a_service_and_checks(self, api: FlaskClient) -> None:
        checks = [
            {"CheckID": "c", "ServiceID": "web", "Status": "passing"},
            {"Name": "of the node", "Status": "warning"},
        ]
        written(api, NodeMeta={"k": "v"}, Service={"Service": "web", "Port": 80}, Checks=checks)
        (entry,) = read(api, "health/service/web")
        assert (entry["Node"]["Meta"], entry["Service"]["ID"]) == ({"k": "v"}, "web")
        assert [check["CheckID"] for check in entry["Checks"]] == ["of the node", "c"]
        assert [check["ServiceID"] for check in read(api, "health/node/n1")] == ["web", ""]

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({"Node": ""}, "Must provide node"),
            ({"Address": ""}, "Must provide address if SkipNodeUpdate is not set"),
            ({"ID": "x"}, "Bad node ID: uuid string is wrong length"),
            ({"ID": "x" * 36}, "Bad node ID: uuid is improperly formatted"),
            ({"Datacenter": "other"}, "No path to datacenter"),
            ({"Service": {"Service": "web", "Address": "0.0.0.0"}}, "Invalid service address"),
            (
                {"Service": {"Service": "web", "Meta": {"": "x"}}},
                f"failed inserting service: Invalid Service Meta for node n1 and serviceID web: {BLANK}",
            ),
        ],
    )
    def test_what_is_wrong_is_refused_and_changes_nothing(
        self, api: FlaskClient, body: dict[str, Any], text: str
    ) -> None:
        answer = write(api, **body)
        assert (answer.status_code, answer.text) == (500, text)
        assert [node["Node"] for node in read(api, "catalog/nodes")] == ["here"]

    def test_a_check_is_of_the_node_and_of_a_service_that_are_there(self, api: FlaskClient, dialect: Dialect) -> None:
        old = dialect is OLD
        answer = write(api, Check={"CheckID": "c", "Node": "n2"})
        assert answer.text == (
            'check node "n2" does not match node "n1"'
            if old
            else "Node 'n2' for check 'c' doesn't match register request node 'n1'"
        )
        answer = write(api, Check={"CheckID": "c", "ServiceID": "nope"})
        assert answer.text == (
            'failed inserting check: Missing service registration on node "n1"'
            if old
            else "Unknown service ID 'nope' for check ID 'c'"
        )
        assert answer.status_code == 500
        written(api, Check={"CheckID": "c", "Node": "N1"})

    def test_which_of_two_mistakes_is_told(self, api: FlaskClient, dialect: Dialect) -> None:
        answer = write(api, Check={"CheckID": "c", "Node": "n2"}, Service={"Service": "web", "Meta": {"consul-x": ""}})
        assert answer.text.startswith("failed inserting service: " if dialect is OLD else "Node 'n2' for check 'c' ")

    @pytest.mark.parametrize("checks", [{"Checks": [{}]}, {"Check": {"Status": "passing"}}])
    def test_a_check_has_an_id_or_a_name(self, api: FlaskClient, checks: dict[str, Any]) -> None:
        answer = write(api, **checks)
        text = 'failed inserting check: failed inserting check: object missing primary index on node "n1"'
        assert (answer.status_code, answer.text) == (500, text)
        assert [node["Node"] for node in read(api, "catalog/nodes")] == ["here"]

    @pytest.mark.parametrize(
        ("weights", "kept"),
        [
            ({}, (1, 1)),
            ({"Passing": 0, "Warning": 5}, (1, 1)),
            ({"Passing": 5, "Warning": -1}, (1, 1)),
            ({"Passing": 5}, (5, 0)),
        ],
    )
    def test_weights_that_are_none_are_as_if_they_had_not_come(
        self, api: FlaskClient, weights: dict[str, int], kept: tuple[int, int]
    ) -> None:
        written(api, Service={"Service": "web", "Weights": weights})
        (found,) = read(api, "catalog/service/web")
        assert (found["ServiceWeights"]["Passing"], found["ServiceWeights"]["Warning"]) == kept

    def test_no_tagged_addresses_and_an_empty_mapping_are_not_the_same(self, api: FlaskClient) -> None:
        """Seen on 1.8.7: to Consul it is another service, though it shows none of it."""
        indexes: list[int] = []
        given: list[dict[str, Any]] = [{}, {"TaggedAddresses": None}, *[{"TaggedAddresses": {}}] * 2, {}]
        for addresses in given:
            written(api, Service={"Service": "web"} | addresses)
            (found,) = read(api, "catalog/service/web")
            assert "ServiceTaggedAddresses" not in found
            indexes.append(found["ModifyIndex"] - indexes[0] if indexes else found["ModifyIndex"])
        assert indexes[1:] == [0, 1, 1, 2]

    def test_a_row_keeps_its_nodes_name_as_it_was_written(self, api: FlaskClient) -> None:
        written(api, "N1", Service={"Service": "web"}, Check={"CheckID": "c"})
        written(api, "n1")
        assert [one["Node"] for one in read(api, "catalog/service/web")] == ["N1"]
        assert [one["Node"] for one in read(api, "health/node/n1")] == ["N1"]
        assert [one["Node"]["Node"] for one in read(api, "health/service/web")] == ["n1"]

    def test_a_name_cannot_be_taken_from_a_node_that_lives(self, api: FlaskClient) -> None:
        answer = write(api, "HERE", ID=UUID)
        assert (answer.status_code, "is reserved by node" in answer.text) == (500, True)

    def test_an_id_moves_with_its_node(self, api: FlaskClient) -> None:
        written(api, "n1", ID=UUID, Service={"Service": "web"})
        written(api, "n2", ID=UUID)
        assert [node["Node"] for node in read(api, "catalog/nodes")] == ["here", "n2"]

    @pytest.mark.parametrize(
        ("body", "left"),
        [
            ({"Node": "n1", "ServiceID": "web"}, (0, 1)),
            ({"Node": "n1", "CheckID": "c"}, (1, 0)),
            ({"Node": "n1"}, (0, 0)),
            ({"Node": "nope"}, (1, 1)),
            ({"Node": "n1", "ServiceID": "nope"}, (1, 1)),
        ],
    )
    def test_what_is_taken_out_is_gone(self, api: FlaskClient, body: dict[str, str], left: tuple[int, int]) -> None:
        written(api, Service={"Service": "web"}, Check={"CheckID": "c", "Status": "passing"})
        answer = api.put("/v1/catalog/deregister", json=body)
        assert (answer.status_code, answer.get_json()) == (200, True)
        assert (len(read(api, "catalog/service/web")), len(read(api, "health/node/n1"))) == left

    def test_a_deregistration_names_a_node(self, api: FlaskClient) -> None:
        answer = api.put("/v1/catalog/deregister", json={"ServiceID": "web"})
        assert (answer.status_code, answer.text) == (500, "Must provide node")


@pytest.mark.parametrize("part", [{}, {"Service": {"Service": "web"}}, {"Check": {"CheckID": "c"}}])
def test_what_is_of_another_cluster_is_refused(api: FlaskClient, part: dict[str, Any]) -> None:
    named = {key: value | {"PeerName": "p"} for key, value in part.items()} or {"PeerName": "p"}
    answer = write(api, **named)
    assert (answer.status_code, answer.text) == (500, "cannot register requests with PeerName in them")


@in_each
class TestReading:
    @pytest.fixture(autouse=True)
    def _written(self, api: FlaskClient) -> None:
        written(api, "n1", NodeMeta={"k": "v"}, Service={"ID": "w1", "Service": "web", "Tags": ["a", "B"], "Port": 1})
        written(api, "n2", Service={"ID": "w2", "Service": "web", "Tags": ["a"], "Port": 2})
        written(api, "n2", Check={"CheckID": "c", "ServiceID": "w2", "Status": "warning"})

    @pytest.mark.parametrize(
        "path",
        [
            "health/node/n1",
            "health/checks/web",
            "health/state/any",
            "health/service/web",
            "catalog/nodes",
            "catalog/services",
            "catalog/service/web",
            "catalog/node/n1",
        ],
    )
    def test_only_the_datacenter_asked_looks_at_the_filter(self, api: FlaskClient, path: str) -> None:
        answer = api.get(f"/v1/{path}", query_string={"filter": "Node ==", "dc": "nosuch", "passing": "x"})
        assert (answer.status_code, answer.text) == (500, "No path to datacenter")

    def test_a_node_has_no_list_of_services_but_an_empty_one_where_a_filter_leaves_none(self, api: FlaskClient) -> None:
        written(api, "n3")
        for node in ("n1", "n3"):
            query = {"filter": "Port == 7"}
            answer = api.get(f"/v1/catalog/node-services/{node}", query_string=query)
            assert answer.get_json()["Services"] == []
        assert read(api, "catalog/node-services/n3")["Services"] is None

    def ids(self, api: FlaskClient, query: str) -> list[str]:
        catalog = [one["ServiceID"] for one in read(api, f"catalog/service/web?{query}")]
        health = [one["Service"]["ID"] for one in read(api, f"health/service/web?{query}")]
        assert catalog == health
        return catalog

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("", ["w1", "w2"]),
            ("tag=a", ["w1", "w2"]),
            ("tag=A&tag=b", ["w1"]),
            ("tag=x", []),
            ("node-meta=k:v", ["w1"]),
            ("node-meta=k", []),
            ("node-meta=k:v&node-meta=x:", []),
            ("near=_agent", ["w1", "w2"]),
        ],
    )
    def test_it_is_narrowed(self, api: FlaskClient, query: str, ids: list[str]) -> None:
        assert self.ids(api, query) == ids

    @pytest.mark.parametrize(("passing", "ids"), [("", ["w1"]), ("=1", ["w1"]), ("=false", ["w1", "w2"]), ("=x", None)])
    def test_only_those_that_pass(self, api: FlaskClient, passing: str, ids: list[str] | None) -> None:
        answer = api.get(f"/v1/health/service/web?passing{passing}")
        if ids is None:
            assert (answer.status_code, answer.text) == (400, "Invalid value for ?passing")
        else:
            assert [one["Service"]["ID"] for one in answer.get_json()] == ids

    def test_by_a_filter(self, api: FlaskClient) -> None:
        assert [one["ServiceID"] for one in read(api, "catalog/service/web?filter=ServicePort == 2")] == ["w2"]
        assert [one["Service"]["ID"] for one in read(api, 'health/service/web?filter="B" in Service.Tags')] == ["w1"]
        assert [node["Node"] for node in read(api, "catalog/nodes?filter=Meta.k == v")] == ["n1"]
        assert [one["CheckID"] for one in read(api, "health/state/any?filter=Status == warning")] == ["c"]
        assert set(read(api, "catalog/node/n1?filter=Port == 1")["Services"]) == {"w1"}
        assert api.get("/v1/catalog/service/web?filter=Nope == 2").status_code == 500

    def test_a_name_has_no_case(self, api: FlaskClient) -> None:
        assert len(read(api, "catalog/service/WEB")) == 2
        assert read(api, "catalog/node/N1")["Node"]["Node"] == "n1"

    def test_checks_by_status_service_and_metadata(self, api: FlaskClient) -> None:
        assert [one["CheckID"] for one in read(api, "health/state/warning")] == ["c"]
        assert [one["CheckID"] for one in read(api, "health/checks/web")] == ["c"]
        assert read(api, "health/checks/web?node-meta=k:v") == []
        assert read(api, "health/state/odd") == []

    def test_what_is_not_there(self, api: FlaskClient) -> None:
        assert read(api, "catalog/node/nope") is None
        assert read(api, "catalog/node-services/nope") == {"Node": None, "Services": None}
        assert read(api, "catalog/service/nope") == []
        assert read(api, "health/node/nope") == []
        assert read(api, "health/ingress/web") == []

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("catalog/service/", "Missing service name"),
            ("catalog/connect/", "Missing service name"),
            ("catalog/node/", "Missing node name"),
            ("catalog/gateway-services/", "Missing gateway name"),
            ("health/service/", "Missing service name"),
            ("health/checks/", "Missing service name"),
            ("health/node/", "Missing node name"),
            ("health/state/", "Missing check state"),
        ],
    )
    def test_what_is_read_is_named(self, api: FlaskClient, path: str, text: str) -> None:
        answer = api.get(f"/v1/{path}")
        assert (answer.status_code, answer.text) == (400, text)

    def test_all_services_in_brief(self, api: FlaskClient, dialect: Dialect) -> None:
        consul, web = read(api, "internal/ui/services")
        assert (consul["Name"], web["Name"], web["Nodes"], web["Tags"]) == ("consul", "web", ["n1", "n2"], ["B", "a"])
        assert (web["InstanceCount"], web["ChecksPassing"], web["ChecksWarning"]) == (2, 0, 1)
        assert ("ConnectNative" in web) is (dialect is NEW)
        (web,) = read(api, "internal/ui/services?filter=Service.ID == w2")
        assert (web["Nodes"], web["InstanceCount"]) == (["n2"], 1)
        assert api.get("/v1/internal/ui/services?filter=x").status_code == 500


def test_names_of_services_can_be_filtered_in_the_new_dialect_only(api: FlaskClient) -> None:
    written(api, Service={"Service": "web", "Port": 80})
    assert set(read(api, "catalog/services?filter=ServicePort == 80")) == {"web"}


@pytest.mark.parametrize("dialect", [OLD], ids=["1.8"])
def test_in_the_old_one_such_a_filter_means_nothing(api: FlaskClient) -> None:
    assert "consul" in read(api, "catalog/services?filter=x")
    assert read(api, "catalog/gateway-services/web") is None
