"""What filters keep and what they refuse, against what Consul did; the transcripts first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from custom_registry.core.filters import CONSUL_1_8, CONSUL_1_21, FilterError, Schema, Schemas, compile_filter
from tests.support.filter_cases import KEPT, REFUSED, SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSCRIPTS = Path(__file__).parents[2] / "compare" / "transcripts"
VERSIONS = {"1.8.7": CONSUL_1_8, "1.21.4": CONSUL_1_21}
KINDS = {
    "/v1/agent/services": "service",
    "/v1/agent/checks": "agent_check",
    "/v1/catalog/nodes": "node",
    "/v1/catalog/node/": "service",
    "/v1/catalog/node-services/": "service",
    "/v1/catalog/service/": "catalog_entry",
    "/v1/health/service/": "health_entry",
    "/v1/health/state/": "check",
}


def schema_of(version: str, path: str) -> Schema | None:
    kind = next((kind for start, kind in KINDS.items() if path.startswith(start)), None)
    return getattr(VERSIONS[version], kind) if kind else None


def filtered_steps() -> Iterator[Any]:
    """Every recorded request with a filter, but those to /v1/catalog/services, whose answers are no entries."""
    for version in VERSIONS:
        for file in sorted((TRANSCRIPTS / f"consul-{version}").glob("*.json")):
            for number, step in enumerate(json.loads(file.read_text())["steps"]):
                url = urlsplit(step.get("request", {}).get("path", ""))
                arguments = parse_qs(url.query)
                text, datacenter = (arguments.get(name, [""])[0] for name in ("filter", "dc"))
                schema = schema_of(version, url.path)
                if text and schema and datacenter in {"", "dc1"}:  # of another one Consul says only that
                    yield pytest.param(schema, text, step["response"], id=f"{version}-{file.stem}-{number}")


def entries_in(body: Any) -> list[dict[str, Any]]:
    """Return the entries of an answer: a list, a map, or the services of a node in one of two forms."""
    if isinstance(body, dict) and "Services" in body:
        body = body["Services"] or []
    return list(body.values()) if isinstance(body, dict) else body


def outcome(schema: Schema, text: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]] | str:
    try:
        keeps = compile_filter(text, schema)
        return [entry for entry in entries if keeps(entry)]
    except FilterError as error:
        return str(error)


@pytest.mark.parametrize(("schema", "text", "response"), list(filtered_steps()))
def test_the_transcripts(schema: Schema, text: str, response: dict[str, Any]) -> None:
    if response["status"] == 200:
        entries = entries_in(response["body"])
        assert outcome(schema, text, entries) == entries
    else:
        assert outcome(schema, text, [{}]) == response["body"]


def agent_services(version: str) -> Iterator[Any]:
    steps = json.loads((TRANSCRIPTS / f"consul-{version}" / "filters.json").read_text())["steps"]
    prefix = "/v1/agent/services?filter="
    (everything,) = (step["response"]["body"] for step in steps if step["request"]["path"] == prefix)
    for step in steps:
        if step["request"]["path"].startswith(prefix) and step["response"]["status"] == 200:
            text = parse_qs(urlsplit(step["request"]["path"]).query).get("filter", [""])[0]
            if text:
                yield pytest.param(VERSIONS[version].service, text, everything, step["response"]["body"], id=text)


@pytest.mark.parametrize(
    ("schema", "text", "everything", "kept"), [case for version in VERSIONS for case in agent_services(version)]
)
def test_what_the_agent_keeps_of_its_services(
    schema: Schema, text: str, everything: dict[str, Any], kept: dict[str, Any]
) -> None:
    keeps = compile_filter(text, schema)
    assert {name: entry for name, entry in everything.items() if keeps(entry)} == kept


@pytest.mark.parametrize(("kind", "text", "message"), REFUSED)
def test_what_consul_refuses(kind: str, text: str, message: str) -> None:
    assert outcome(getattr(CONSUL_1_8, kind), text, [{}]) == message


def shown(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the service as the agent shows it."""
    kept = {key: value for key, value in definition.items() if key not in {"Name", "Check"}}
    return {"Meta": {}, "Tags": [], "Address": "", **kept, "Service": definition["Name"]}


def entries_of(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the services, or the entries of another kind that Consul has of them, with the services' ids."""
    found = []
    for definition in SERVICES:
        service: Any = shown(definition)
        check: Any = {"ServiceID": service["ID"], "ServiceTags": service["Tags"], "Type": "ttl"}
        check |= {"CheckID": f"service:{service['ID']}", "Status": "passing" if service["ID"] == "a" else "critical"}
        node: Any = {"Node": "node-1", "CheckID": "serfHealth", "Status": "passing", "ServiceTags": []}
        catalog = {f"Service{key}": value for key, value in service.items()} | {"ServiceWeights": {"Passing": 1}}
        entries = {
            "service": service,
            "check": check,
            "health_entry": {"Node": {"Meta": None}, "Service": service, "Checks": [node, check]},
            "catalog_entry": catalog,
        }
        of_web = kind in {"service", "check"} or service["Service"] == "web"
        if of_web and (kind != "check" or "Check" in definition):
            found.append((service["ID"], entries[kind]))
    return found


@pytest.mark.parametrize("schemas", VERSIONS.values(), ids=VERSIONS)
@pytest.mark.parametrize(("kind", "text", "kept"), KEPT)
def test_what_consul_keeps(schemas: Schemas, kind: str, text: str, kept: str) -> None:
    keeps = compile_filter(text, getattr(schemas, kind))
    assert "".join(name for name, entry in entries_of(kind) if keeps(entry)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Service.SocketPath == `` and Service.PeerName == `` and Node.PeerName == `` and Node.Partition == ``",
        "Service.Proxy.Mode == `` and Service.Proxy.Upstreams.DestinationPeer != x or Checks.ExposedPort == 0",
        "Checks.Interval == `` or Checks.Timeout == `` or Checks.PeerName == ``",
        "Service.Proxy.AccessLogs.Enabled == false and Service.Proxy.EnvoyExtensions is empty",
        "Service.Proxy.TransparentProxy.OutboundListenerPort == 0",
    ],
)
def test_only_the_newer_consul_has(text: str) -> None:
    assert isinstance(compile_filter(text, CONSUL_1_21.health_entry)({}), bool)
    with pytest.raises(FilterError, match="is not valid"):
        compile_filter(text, CONSUL_1_8.health_entry)


@pytest.mark.parametrize("entry", [{}, {"Tags": None, "Meta": None, "Weights": None, "Proxy": None, "Port": None}])
def test_what_is_left_out_or_null_counts_as_zero(entry: dict[str, Any]) -> None:
    text = (
        "Tags is empty and Meta is empty and Weights.Passing == 0 and Port == 0 and Service == `` and "
        "Proxy.DestinationServiceName == `` and Connect.Native == false and Proxy.Upstreams is empty and "
        "Kind matches `^$` and x not in Kind and x not in Tags and x not in Meta and Meta.x != y"
    )
    assert compile_filter(text, CONSUL_1_8.service)(entry)


def test_the_agents_checks_are_looked_at_only_with_the_first_of_them() -> None:
    keeps = compile_filter("bogus == 1", CONSUL_1_21.agent_check)  # `checks`, step 26, says so without the usual prefix
    for _ in range(2):
        with pytest.raises(FilterError, match=r'^Selector "bogus" is not valid$'):
            keeps({})


def test_a_filter_that_was_used_is_remembered() -> None:
    assert compile_filter("ID == a", CONSUL_1_21.service) is compile_filter("ID == a", CONSUL_1_21.service)
    assert compile_filter("ID == a", CONSUL_1_21.service) is not compile_filter("ID == a", CONSUL_1_8.service)
