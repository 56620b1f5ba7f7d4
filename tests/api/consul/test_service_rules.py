"""What Consul demands of a service, in its words.

Source: transcript ``register_shapes`` (1.8.7 and 1.21.4), and a running 1.8.7 for proxies, gateways and sidecars.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from custom_registry.api.consul import service_rules as rules
from custom_registry.api.consul.answers import Refused
from custom_registry.api.consul.dialects import DIALECTS, Dialect
from custom_registry.api.consul.gotext import join_errors
from custom_registry.api.consul.service_definitions import (
    check_registrable,
    definition,
    definition_of,
    read_registration,
)
from custom_registry.api.consul.shapes import SERVICE_DEFINITION
from custom_registry.core.model import ServiceAddress, Weights

if TYPE_CHECKING:
    from custom_registry.api.consul.service_definitions import Registration

OLD, NEW = Dialect.named("1.8"), Dialect.named("1.21")


def read(body: dict[str, Any], dialect: Dialect = NEW) -> Registration:
    return read_registration(SERVICE_DEFINITION.decode(json.dumps({"Name": "web"} | body).encode(), dialect), dialect)


def refusal(body: dict[str, Any], dialect: Dialect) -> tuple[int, object]:
    with pytest.raises(Refused) as raised:
        check_registrable(read(body, dialect))
    return raised.value.answer.status, raised.value.answer.value


def meta_problem(key: str, value: str, problem: str) -> str:
    return f"Invalid Service Meta: Couldn't load metadata pair ('{key}', '{value}'): {problem}"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"Name": ""}, "Missing service name"),
        ({"Name": "", "Address": "0.0.0.0"}, "Missing service name"),
        ({"Address": "0.0.0.0"}, "Invalid service address"),
        ({"Address": "[::]"}, "Invalid service address"),
        ({"Weights": {"Passing": 0, "Warning": 1}}, "Invalid Weights: Passing must be greater than 0"),
        ({"Weights": {"Passing": 1, "Warning": -1}}, "Invalid Weights: Warning must be greater or equal than 0"),
        ({"Weights": {"Passing": 65536}}, "Invalid Weights: DNS Weight must be between 0 and 65535"),
        ({"Meta": {"": "x"}}, meta_problem("", "x", "Key cannot be blank")),
        ({"Meta": {"a b": "x"}}, meta_problem("a b", "x", "Key contains invalid characters")),
        (
            {"Meta": {"consul-x": "y"}},
            meta_problem("consul-x", "y", "Key prefix 'consul-' is reserved for internal use"),
        ),
        (
            {"Meta": {"k" * 129: "x"}},
            meta_problem("k" * 129, "x", "Key is too long (limit: 128 characters)"),
        ),
        ({"Meta": {"k": "é" * 257}}, meta_problem("k", "é" * 257, "Value is too long (limit: 512 characters)")),
        (
            {"Meta": {f"k{number}": "" for number in range(65)}},
            "Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs",
        ),
        ({"Check": {"Name": "x"}}, "Invalid check: TTL must be > 0 for TTL checks"),
        ({"Checks": [{"TTL": "1s", "Status": "odd"}]}, "Status for checks must 'passing', 'warning', 'critical'"),
    ],
)
def test_what_is_wrong_is_told_first_by_first(dialect: Dialect, body: dict[str, Any], problem: str) -> None:
    assert refusal(body, dialect) == (400, problem)


@pytest.mark.parametrize(
    "body",
    [
        {"Name": "a name with spaces, and ünicode/"},
        {"Port": -1},
        {"Port": 99999},
        {"Kind": "odd"},
        {"Tags": ["", "a", "a"]},
        {"Meta": {"k" * 128: "v" * 512}},
        {"Meta": {f"k{number}": "" for number in range(64)}},
        {"Weights": {"Passing": 65535, "Warning": 0}},
        {"Address": "not an address"},
    ],
)
def test_what_consul_lets_through_is_let_through(body: dict[str, Any], each_dialect: Dialect) -> None:
    registration = read(body, each_dialect)
    check_registrable(registration)
    assert registration.service["ID"] == registration.service["Name"]


PROXY = {"Kind": "connect-proxy", "Port": 1, "Proxy": {"DestinationServiceName": "web"}}


NEW_KEY = '[type="service", name="db", partition="", namespace="", peer="", datacenter=""]'
TWICE = '"127.0.0.1:5" is specified twice'


def proxied(**proxy: Any) -> dict[str, Any]:
    return PROXY | {"Proxy": {"DestinationServiceName": "web"} | proxy}


def upstream(**given: Any) -> dict[str, Any]:
    return {"DestinationName": "db", "LocalBindPort": 5} | given


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (
            {"Kind": "connect-proxy"},
            [
                "Proxy.DestinationServiceName must be non-empty for Connect proxy services",
                "Port must be set for a Connect proxy",
            ],
            [
                "Port or SocketPath must be set for a connect-proxy",
                "Proxy.DestinationServiceName must be non-empty for Connect proxy services",
            ],
        ),
        (
            PROXY | {"Connect": {"Native": True}},
            ["A Proxy cannot also be Connect Native, only typical services"],
            ["A Proxy cannot also be Connect Native, only typical services"],
        ),
        (
            proxied(Upstreams=[upstream(LocalBindPort=0)]),
            ["upstream local bind port cannot be zero"],
            ["upstream local bind port or local socket path must be defined and nonzero"],
        ),
        (
            proxied(Upstreams=[upstream(DestinationName="")]),
            ["upstream destination name cannot be empty"],
            ["upstream destination name cannot be empty"],
        ),
        (
            proxied(Upstreams=[upstream(DestinationType="odd")]),
            ['unknown upstream destination type: "odd"'],
            ['unknown upstream destination type: "odd"'],
        ),
        (
            proxied(Upstreams=[upstream(), upstream()]),
            ['upstreams cannot contain duplicates of [type="service", name="db", namespace="", datacenter=""]'],
            [f"upstreams cannot contain duplicates of {NEW_KEY}"],
        ),
        (
            proxied(Upstreams=[upstream(), upstream(DestinationName="other")]),
            [f"upstreams cannot contain duplicates by local bind address and port; {TWICE}"],
            [f"upstreams cannot contain duplicates by local bind address and port or unix path; {TWICE}"],
        ),
        (
            proxied(Expose={"Paths": [{"Path": "", "ListenerPort": 70000, "Protocol": "tcp"}]}),
            [
                "expose.paths: empty path exposed",
                "expose.paths: invalid listener port: 70000",
                "protocol 'tcp' not supported for path: , must be in: [http http2]",
            ],
            [
                "expose.paths: empty path exposed",
                "expose.paths: invalid listener port: 70000",
                "protocol 'tcp' not supported for path: , must be in: [http http2]",
            ],
        ),
        (
            {"Kind": "mesh-gateway", "Connect": {"SidecarService": {}}, "Proxy": {"LocalServicePort": 1}},
            [
                "Port must be non-zero for a mesh-gateway",
                "A mesh-gateway cannot have a sidecar service defined",
                "The Proxy.LocalServicePort configuration is invalid for a mesh-gateway",
            ],
            [
                "Port must be non-zero for a mesh-gateway",
                "A mesh-gateway cannot have a sidecar service defined",
                "The Proxy.LocalServicePort configuration is invalid for a mesh-gateway",
            ],
        ),
        (
            {"Connect": {"SidecarService": {"ID": "x", "Connect": {"SidecarService": {}}}}},
            [
                "A SidecarService cannot specify an ID as this is managed by the agent",
                "A SidecarService cannot have a nested SidecarService",
            ],
            [
                "A SidecarService cannot specify an ID as this is managed by the agent",
                "A SidecarService cannot have a nested SidecarService",
            ],
        ),
    ],
)
def test_the_kind_decides_what_else_is_demanded(body: dict[str, Any], old: list[str], new: list[str]) -> None:
    assert refusal(body, OLD) == (400, join_errors(old))
    assert refusal(body, NEW) == (400, "Validation failed: " + join_errors(new))


@pytest.mark.parametrize(
    ("addresses", "problem"),
    [
        ({"lan_ipv4": {"Address": "::1"}}, 'Service tagged address "lan_ipv4" must be a valid ipv4 address'),
        ({"wan_ipv4": {"Address": "x"}}, 'Service tagged address "wan_ipv4" must be a valid ipv4 address'),
        ({"lan_ipv6": {"Address": "1.2.3.4"}}, 'Service tagged address "lan_ipv6" must be a valid ipv6 address'),
    ],
)
def test_a_tagged_address_is_of_its_family(addresses: dict[str, Any], problem: str, each_dialect: Dialect) -> None:
    assert refusal({"TaggedAddresses": addresses}, each_dialect) == (500, problem)


def test_consul_does_not_look_at_wan_ipv6(each_dialect: Dialect) -> None:
    check_registrable(read({"TaggedAddresses": {"wan_ipv6": {"Address": "x"}}}, each_dialect))
    assert rules.address_family("x") == 0


@pytest.mark.parametrize(
    ("address", "tags"),
    [
        ("1.2.3.4", {"lan_ipv4", "wan_ipv4"}),
        ("::ffff:1.2.3.4", {"lan_ipv4", "wan_ipv4"}),
        ("fe80::1", {"lan_ipv6", "wan_ipv6"}),
        ("web.example", set()),
        ("", set()),
    ],
)
def test_an_ip_address_is_told_by_its_family_too(address: str, tags: set[str]) -> None:
    made = definition_of(read({"Address": address, "Port": 80}).service)
    assert made.addresses == {tag: ServiceAddress(address, 80) for tag in tags}


def test_a_given_tagged_address_is_left_as_it_is() -> None:
    given = {"lan_ipv4": {"Address": "9.9.9.9", "Port": 1}}
    made = definition_of(read({"Address": "1.2.3.4", "Port": 80, "TaggedAddresses": given}).service)
    assert made.addresses == {
        "lan_ipv4": ServiceAddress("9.9.9.9", 1),
        "wan_ipv4": ServiceAddress("1.2.3.4", 80),
    }


def test_an_address_under_a_tag_is_the_same_whether_it_was_filled_in_or_given() -> None:
    """The comparison with the catalog goes by this (``core.anti_entropy``)."""
    own, other = {"Address": "1.2.3.4", "Port": 80}, {"Address": "9.9.9.9", "Port": 1}
    filled = definition_of(read(own).service)
    assert filled.own_tags == ("lan_ipv4", "wan_ipv4")
    given = read({**own, "TaggedAddresses": {"wan_ipv4": own}}).service
    assert definition_of(given) == filled
    assert definition(given, "web", {"wan_ipv4": own, "lan_ipv4": own}) == filled
    assert definition(given, "web", {"lan_ipv4": own}) != filled
    mixed = definition(given, "web", {"wan": other, "lan_ipv4": own})
    assert list(mixed.addresses.items()) == [
        ("lan_ipv4", ServiceAddress("1.2.3.4", 80)),
        ("wan", ServiceAddress("9.9.9.9", 1)),
    ]


def test_weights_are_one_where_none_are_given() -> None:
    assert definition_of(read({}).service).weights == Weights(1, 1)
    assert definition_of(read({"Weights": {"Passing": 3}}).service).weights == Weights(3, 0)


def test_what_a_service_is_reached_by_in_the_mesh() -> None:
    assert definition_of(read({"Connect": {"Native": True}, "Port": 1}).service).connect_for == "web"
    assert definition_of(read(PROXY).service).connect_for == "web"
    assert definition_of(read({}).service).connect_for == ""
