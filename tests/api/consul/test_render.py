"""What is shown of the core's values, by dialect: which fields, in which order, and which are left out when empty.

Source: transcripts ``catalog_reads``, ``health_reads``, ``checks`` and ``agent_health`` (1.8.7 and 1.21.4), and a
running 1.8.7 for proxies.
"""

from __future__ import annotations

from typing import Any

import pytest

from custom_registry.api.consul import render
from custom_registry.api.consul.dialects import Dialect
from custom_registry.api.consul.shapes import CHECK_PROBE, PROXY, UPSTREAM
from custom_registry.core.model import (
    AgentCheck,
    AgentService,
    Check,
    CheckDefinition,
    CheckRecord,
    Entry,
    Node,
    NodeDefinition,
    Service,
    ServiceAddress,
    ServiceDefinition,
)

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")
DC = "dc1"
BARE = ServiceDefinition("web", "web", meta={})
FULL = ServiceDefinition(
    "web-1",
    "web",
    tags=("b", "a"),
    address="10.0.0.2",
    port=80,
    meta={"k": "v"},
    tagged_addresses={"lan": ServiceAddress("10.0.0.2", 80)},
    enable_tag_override=True,
    kind="odd",
    socket_path="/s",
    locality={"Region": "r", "Zone": ""},
    connect={"Native": True},
)
NODE = Node(NodeDefinition("n", id="i", address="10.0.0.1"), create_index=5, modify_index=6)


def service(definition: ServiceDefinition) -> Service:
    return Service("n", definition, create_index=7, modify_index=8, registered_at=0.0)


def held(definition: ServiceDefinition) -> AgentService:
    return AgentService(definition, revision=1)


class TestServiceBesideItsNode:
    def test_what_is_empty_is_left_out_or_not_as_in_consul(self) -> None:
        shown = render.service(service(BARE), NEW)
        assert list(shown) == [
            "ID",
            "Service",
            "Tags",
            "Address",
            "Meta",
            "Weights",
            "EnableTagOverride",
            "Proxy",
            "Connect",
            "PeerName",
            "CreateIndex",
            "ModifyIndex",
        ]
        assert (shown["Meta"], tuple(shown["Tags"])) == ({}, ())
        assert shown["Proxy"] == {"Mode": "", "MeshGateway": {}, "Expose": {}}

    def test_everything_is_shown_in_order(self) -> None:
        shown = render.service(service(FULL), NEW)
        assert list(shown)[:10] == [
            "Kind",
            "ID",
            "Service",
            "Tags",
            "Address",
            "TaggedAddresses",
            "Meta",
            "Port",
            "SocketPath",
            "Weights",
        ]
        assert shown["Locality"] == {"Region": "r"}
        assert shown["TaggedAddresses"] == {"lan": {"Address": "10.0.0.2", "Port": 80}}
        assert (shown["CreateIndex"], shown["ModifyIndex"]) == (7, 8)

    def test_the_old_dialect_knows_less_and_shows_a_port_of_0(self) -> None:
        assert render.service(service(BARE), OLD)["Port"] == 0
        shown = render.service(service(FULL), OLD)
        assert not {"SocketPath", "Locality", "PeerName"} & set(shown)
        assert shown["Proxy"] == {"MeshGateway": {}, "Expose": {}}


class TestServiceWithItsNodeInOne:
    def test_fields_of_both(self) -> None:
        shown = render.service_node(NODE, service(FULL), NEW, DC)
        assert (shown["ID"], shown["Node"], shown["Address"], shown["ServiceID"]) == ("i", "n", "10.0.0.1", "web-1")
        assert (shown["ServicePort"], shown["ServiceSocketPath"], shown["ServiceLocality"]) == (
            80,
            "/s",
            {"Region": "r"},
        )
        assert render.service_node(NODE, service(BARE), NEW, DC)["ServiceLocality"] is None

    def test_the_old_dialect_knows_less(self) -> None:
        shown = render.service_node(NODE, service(BARE), OLD, DC)
        assert not {"ServiceSocketPath", "ServiceLocality"} & set(shown)
        assert shown["ServicePort"] == 0


class TestService:
    def test_of_the_agent(self) -> None:
        shown = render.agent_service(held(BARE), NEW, DC)
        assert shown == {
            "ID": "web",
            "Service": "web",
            "Tags": (),
            "Meta": {},
            "Port": 0,
            "Address": "",
            "Weights": {"Passing": 1, "Warning": 1},
            "EnableTagOverride": False,
            "Datacenter": DC,
        }
        assert "Datacenter" not in render.agent_service(held(BARE), OLD, DC)

    def test_only_a_proxy_or_a_gateway_shows_the_configuration_of_a_proxy(self) -> None:
        for kind, shows in (("", False), ("odd", False), ("connect-proxy", True), ("mesh-gateway", True)):
            shown = render.agent_service(held(ServiceDefinition("p", "p", kind=kind)), NEW, DC)
            assert ("Proxy" in shown) is shows


class TestCheck:
    HELD = AgentCheck(
        CheckDefinition("c", "c", type="ttl", ttl=1.0),
        service_name="",
        service_tags=None,
        status="critical",
        output="",
        said="",
        renewed_at=0.0,
    )
    RECORD = CheckRecord(id="c", name="n", status="passing", type="ttl", interval="10s", exposed_port=1)

    def test_of_the_catalog(self) -> None:
        shown = render.check(Check("n", self.RECORD, create_index=3, modify_index=4), NEW)
        assert (shown["Interval"], shown["Timeout"], shown["ExposedPort"], shown["Definition"]) == ("10s", "", 1, {})
        old = render.check(Check("n", self.RECORD, create_index=3, modify_index=4), OLD)
        assert set(shown) - set(old) == {"Interval", "Timeout", "ExposedPort"}

    def test_what_it_does_is_shown_as_far_as_it_was_given(self) -> None:
        probe = CHECK_PROBE.empty() | {"HTTP": "http://x", "Interval": 10**10, "TLSSkipVerify": True}
        record = CheckRecord(id="c", name="c", status="passing", definition=probe)
        assert render.check(Check("n", record, create_index=1, modify_index=1), NEW)["Definition"] == {
            "Interval": "10s",
            "HTTP": "http://x",
            "TLSSkipVerify": True,
        }

    def test_of_the_agent_has_no_index(self) -> None:
        shown = render.agent_check(self.HELD, "n", NEW)
        assert (shown["Node"], shown["CreateIndex"], shown["ModifyIndex"]) == ("n", 0, 0)
        assert "Interval" not in render.agent_check(self.HELD, "n", OLD)

    def test_under_agent_health_less_is_told(self) -> None:
        shown = render.health_check(self.HELD, "n", NEW)
        assert (shown["Type"], shown["Definition"]["Interval"]) == ("", "0s")
        assert "TCPUseTLS" not in render.health_check(self.HELD, "n", OLD)["Definition"]


def test_an_entry_holds_node_service_and_checks() -> None:
    shown = render.entry(Entry(NODE, service(BARE), ()), NEW, DC)
    assert (list(shown), shown["Checks"]) == (["Node", "Service", "Checks"], [])
    assert list(shown["Node"]) == [
        "ID",
        "Node",
        "Address",
        "Datacenter",
        "TaggedAddresses",
        "Meta",
        "CreateIndex",
        "ModifyIndex",
    ]


def proxy(**given: Any) -> dict[str, Any]:
    return PROXY.empty() | given


class TestProxy:
    UPSTREAM = UPSTREAM.empty() | {"DestinationType": "service", "DestinationName": "db", "Config": {"a": 0}}

    def test_of_what_was_given_only_that_is_shown(self) -> None:
        given = proxy(
            DestinationServiceName="web",
            LocalServicePort=8,
            Config={"off": False},
            Mode="direct",
            TransparentProxy={"OutboundListenerPort": 0, "DialedDirectly": False},
            Expose={"Checks": True, "Paths": None},
        )
        assert render.proxy(given, NEW) == {
            "DestinationServiceName": "web",
            "LocalServicePort": 8,
            "Mode": "direct",
            "Config": {"off": False},
            "MeshGateway": {},
            "Expose": {"Checks": True},
        }

    @pytest.mark.parametrize(
        ("dialect", "fields"),
        [
            (OLD, {"DestinationType", "DestinationNamespace", "DestinationName", "Datacenter", "LocalBindPort"}),
            (NEW, {"DestinationType", "DestinationNamespace", "DestinationName", "Datacenter", "DestinationPartition"}),
        ],
        ids=["1.8", "1.21"],
    )
    def test_an_upstream_shows_some_of_what_is_empty(self, dialect: Dialect, fields: set[str]) -> None:
        (shown,) = render.proxy(proxy(Upstreams=[self.UPSTREAM]), dialect)["Upstreams"]
        assert shown["Config"] == {"a": 0}
        assert {"DestinationType", "DestinationName", "Datacenter", "MeshGateway"} <= set(shown)
        assert set(shown) <= fields | {"Config", "MeshGateway"} | dialect.upstream_shows


def test_tags_of_all_instances_are_told_once() -> None:
    assert render.tags_by_service([("b", ("x", "y")), ("a", ()), ("b", ("y", "z"))]) == {"a": [], "b": ["x", "y", "z"]}
