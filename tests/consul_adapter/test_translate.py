from __future__ import annotations

import json
from typing import Any

import consul.base
import pytest
import requests
import urllib3.exceptions

import discovery
from consul_adapter import translate
from consul_adapter.settings import Settings
from discovery import DiscoveryError, Health, Instance, InvalidRegistration, InvalidRequest, Registration


def define(**values: Any) -> dict[str, Any]:
    return translate.to_definition(Registration(**({"service": "web", "address": "host"} | values)), Settings())


def entry(**service: Any) -> dict[str, Any]:
    """Return an entry of /v1/health/service, as Consul writes it."""
    return {
        "Node": {"Node": "node-1", "Address": "10.0.0.1"},
        "Service": {
            "ID": "web-1",
            "Service": "web",
            "Tags": [],
            "Address": "",
            "Meta": None,
            "Port": 0,
            "Weights": {"Passing": 1, "Warning": 1},
        }
        | service,
        "Checks": [],
    }


def test_a_definition_has_all_that_was_registered() -> None:
    settings = Settings(status=Health.WARNING, deregister_after="90m")
    registration = Registration(
        "web", "http://host:80", id="web-1", tags=("b", "a"), metadata={"k": "v"}, ttl=1.5, weight=3
    )
    assert translate.to_definition(registration, settings) == {
        "ID": "web-1",
        "Name": "web",
        "Address": "host",
        "Port": 80,
        "Tags": ["b", "a"],
        "Meta": {"k": "v", "address": "http://host:80"},
        "Weights": {"Passing": 3, "Warning": 1},
        "Check": {"TTL": "1.500000s", "Status": "warning", "DeregisterCriticalServiceAfter": "90m"},
    }


def test_without_a_ttl_or_settings_the_defaults_apply() -> None:
    definition = define()
    assert definition["Check"] == {"TTL": "30.000000s", "Status": "passing"}
    assert (definition["Port"], definition["Meta"]) == (0, {})


@pytest.mark.parametrize(
    ("values", "derived"),
    [
        ({"address": "host:80"}, "web@host:80"),
        ({"address": "http://host:80/base"}, "web@host:80"),
        ({"address": "host"}, "web@host"),
        ({"address": "::1", "port": 80}, "web@[::1]:80"),
        ({"service": "a/b"}, "a%2Fb@host"),
        ({"address": "no address//"}, "web@no address%2F%2F"),
        ({"id": ""}, "web"),
    ],
)
def test_without_an_id_one_is_derived_that_can_stand_in_a_path(values: dict[str, Any], derived: str) -> None:
    assert define(**values)["ID"] == derived


def test_a_port_of_0_may_be_left_out_of_an_answer() -> None:
    without = entry()
    del without["Service"]["Port"]  # as 1.21.4 does: transcripts catalog_reads, reaping
    assert translate.to_instance(without) == translate.to_instance(entry())
    assert translate.essence(without["Service"]) == translate.essence(entry()["Service"])


def test_an_address_of_no_known_form_is_left_to_consul() -> None:
    definition = define(address="not an address", port=80)
    assert (definition["Address"], definition["Port"], definition["Meta"]) == ("not an address", 80, {})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "host:1", "port": 2}, "port"),
        ({"metadata": {"address": "x"}}, "metadata"),
        ({"service": "a//b"}, "service"),
        ({"id": "../x"}, "id"),
        ({"id": "tab\t"}, "id"),
    ],
)
def test_what_could_not_come_back_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRegistration) as refused:
        define(**values)
    assert refused.value.field == field


def test_an_instance_without_an_address_has_its_nodes() -> None:
    assert translate.to_instance(entry()) == Instance("web", "web-1", "10.0.0.1", "10.0.0.1", None, Health.PASSING)


@pytest.mark.parametrize("kept", ["http://host:80", "host:80", "host"])
def test_a_kept_address_comes_back_and_leaves_the_metadata(kept: str) -> None:
    instance = translate.to_instance(entry(Address="host", Port=80, Meta={"address": kept, "k": "v"}))
    assert (instance.address, dict(instance.metadata)) == (kept, {"k": "v"})


@pytest.mark.parametrize("kept", ["http://other:80", "host:81", "not an address", ""])
def test_a_kept_address_that_no_longer_agrees_is_metadata_like_any_other(kept: str) -> None:
    instance = translate.to_instance(entry(Address="host", Port=80, Meta={"address": kept}))
    assert (instance.address, dict(instance.metadata)) == ("host", {"address": kept})


@pytest.mark.parametrize(
    ("statuses", "health"),
    [
        ([], Health.PASSING),
        (["passing", "passing"], Health.PASSING),
        (["passing", "warning"], Health.WARNING),
        (["warning", "critical", "passing"], Health.CRITICAL),
    ],
)
def test_health_is_the_worst_of_all_checks(statuses: list[str], health: Health) -> None:
    checks = [{"Status": status} for status in statuses]
    assert translate.to_instance(entry() | {"Checks": checks}).health is health


@pytest.mark.parametrize("name", ["a/b", "a/", "a b", "ü", "...", "a..b", ""])
def test_a_name_that_can_stand_in_a_path(name: str) -> None:
    translate.require_addressable(name, "id")


@pytest.mark.parametrize("name", ["/", "//", "/a", "a//", "a//b", ".", "..", "a/.", "a/./b", "../a", "\n", "a\u2028"])
def test_a_name_that_cannot(name: str) -> None:
    with pytest.raises(InvalidRequest, match="id"):
        translate.require_addressable(name, "id")


def _subclasses(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(_subclasses(child) for child in root.__subclasses__()))


@pytest.mark.parametrize(
    "error",
    sorted(_subclasses(consul.base.ConsulException) | _subclasses(requests.RequestException), key=str),
)
def test_every_error_of_the_libraries_becomes_one_of_ours(error: type[BaseException]) -> None:
    made = error("a", "{", 0) if issubclass(error, json.JSONDecodeError) else error("500 what")
    with pytest.raises(DiscoveryError) as translated, translate.consul_errors():
        raise made
    assert translated.value.__cause__ is made


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (requests.ConnectTimeout(), discovery.BackendUnavailable),
        (requests.ReadTimeout(), discovery.BackendTimeout),
        (
            requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(None, "", "")),  # type: ignore[arg-type]
            discovery.BackendTimeout,
        ),
        (requests.exceptions.SSLError("x"), discovery.BackendError),
        (requests.exceptions.InvalidURL("x"), discovery.ConfigurationError),
        (urllib3.exceptions.LocationParseError("x"), discovery.ConfigurationError),
        (KeyError("X-Consul-Index"), discovery.BackendError),
        (consul.base.ACLDisabled("ACL support disabled"), discovery.PermissionDenied),
        (consul.base.ACLPermissionDenied("Permission denied"), discovery.PermissionDenied),
        (consul.base.ConsulException("500 No cluster leader"), discovery.BackendUnavailable),
        (consul.base.ConsulException("503 "), discovery.BackendUnavailable),
        (consul.base.ConsulException("500 boom"), discovery.BackendError),
        (consul.base.ConsulException("500 No path to datacenter"), discovery.InvalidRequest),
        (consul.base.ConsulException('500 CheckID "x" does not have associated TTL'), discovery.UnknownInstance),
        (consul.base.BadRequest("400 Missing service name"), discovery.InvalidRequest),
        (UnicodeEncodeError("utf-8", "half\ud800", 4, 5, "surrogates not allowed"), discovery.InvalidRequest),
    ],
    ids=repr,
)
def test_each_becomes_what_it_means(error: Exception, ours: type[DiscoveryError]) -> None:
    with pytest.raises(DiscoveryError) as translated, translate.consul_errors():
        raise error
    assert type(translated.value) is ours


def test_a_refusal_is_of_the_kind_that_was_asked_for() -> None:
    with pytest.raises(InvalidRegistration, match="Consul: Missing"), translate.consul_errors(InvalidRegistration):
        raise consul.base.BadRequest("400 Missing service name")
