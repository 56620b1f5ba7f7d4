"""The core's values as Consul shows them: pure functions of a value and a dialect, in Consul's order of fields.

Fields are 1.21's; what a dialect lacks is taken out of what was made, so that the default one pays nothing for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from custom_registry.api.consul.durations import format_duration
from custom_registry.api.consul.gotext import quote
from custom_registry.api.consul.service_rules import CONNECT_PROXY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from custom_registry.api.consul.dialects import Dialect
    from custom_registry.core.model import (
        AgentCheck,
        AgentService,
        Check,
        Entry,
        Node,
        NodeDefinition,
        Service,
        ServiceAddress,
        ServiceDefinition,
    )

Shown = dict[str, Any]

_DURATIONS: Final = ("Interval", "Timeout", "DeregisterCriticalServiceAfter")
_NO_PROBE: Final = {
    "Interval": "0s",
    "Timeout": "0s",
    "DeregisterCriticalServiceAfter": "0s",
    "HTTP": "",
    "Header": None,
    "Method": "",
    "Body": "",
    "TLSServerName": "",
    "TLSSkipVerify": False,
    "TCP": "",
    "TCPUseTLS": False,
    "UDP": "",
    "GRPC": "",
    "OSService": "",
    "GRPCUseTLS": False,
}


def node(value: Node, datacenter: str) -> Shown:
    """Return a node of the catalog."""
    definition = value.definition
    shown: Shown = {
        "ID": definition.id,
        "Node": definition.name,
        "Address": definition.address,
        "Datacenter": datacenter,
        "TaggedAddresses": definition.tagged_addresses,
        "Meta": definition.meta,
    }
    if definition.locality:
        shown["Locality"] = _given(definition.locality)
    shown["CreateIndex"] = value.create_index
    shown["ModifyIndex"] = value.modify_index
    return shown


def service(value: Service, dialect: Dialect) -> Shown:
    """Return a service of the catalog as it is shown beside its node: ``NodeService``."""
    definition = value.definition
    shown: Shown = {"Kind": definition.kind} if definition.kind else {}
    shown["ID"] = definition.id
    shown["Service"] = definition.service
    shown["Tags"] = definition.tags or ()
    shown["Address"] = definition.address
    if addresses := definition.addresses:
        shown["TaggedAddresses"] = _addresses(addresses)
    shown["Meta"] = definition.meta
    if definition.port or dialect.shows_no_port:
        shown["Port"] = definition.port
    if definition.socket_path:
        shown["SocketPath"] = definition.socket_path
    shown["Weights"] = _weights(definition)
    shown["EnableTagOverride"] = definition.enable_tag_override
    if definition.locality:
        shown["Locality"] = _given(definition.locality)
    shown["Proxy"] = proxy(definition.proxy, dialect)
    shown["Connect"] = definition.connect or {}
    shown["PeerName"] = ""
    shown["CreateIndex"] = value.create_index
    shown["ModifyIndex"] = value.modify_index
    return _without(shown, dialect.lacking("NodeService"))


def service_node(on: Node, value: Service, dialect: Dialect, datacenter: str) -> Shown:
    """Return a service of the catalog with its node in one: ``ServiceNode``."""
    machine, definition = on.definition, value.definition
    shown: Shown = {
        "ID": machine.id,
        "Node": value.node,
        "Address": machine.address,
        "Datacenter": datacenter,
        "TaggedAddresses": machine.tagged_addresses,
        "NodeMeta": machine.meta,
        "ServiceKind": definition.kind,
        "ServiceID": definition.id,
        "ServiceName": definition.service,
        "ServiceTags": definition.tags or (),
        "ServiceAddress": definition.address,
    }
    if addresses := definition.addresses:
        shown["ServiceTaggedAddresses"] = _addresses(addresses)
    shown["ServiceWeights"] = _weights(definition)
    shown["ServiceMeta"] = definition.meta or {}
    shown["ServicePort"] = definition.port
    shown["ServiceSocketPath"] = definition.socket_path
    shown["ServiceEnableTagOverride"] = definition.enable_tag_override
    shown["ServiceProxy"] = proxy(definition.proxy, dialect)
    shown["ServiceConnect"] = definition.connect or {}
    shown["ServiceLocality"] = _given(definition.locality) if definition.locality else None
    shown["CreateIndex"] = value.create_index
    shown["ModifyIndex"] = value.modify_index
    return _without(shown, dialect.lacking("ServiceNode"))


def check(value: Check, dialect: Dialect) -> Shown:
    """Return a check of the catalog: ``HealthCheck``."""
    record = value.record
    shown: Shown = {
        "Node": value.node,
        "CheckID": record.id,
        "Name": record.name,
        "Status": record.status,
        "Notes": record.notes,
        "Output": record.output,
        "ServiceID": record.service_id,
        "ServiceName": record.service_name,
        "ServiceTags": record.service_tags or (),
        "Type": record.type,
        "Interval": record.interval,
        "Timeout": record.timeout,
        "ExposedPort": record.exposed_port,
        "Definition": _probe(record.definition) if record.definition else {},
        "CreateIndex": value.create_index,
        "ModifyIndex": value.modify_index,
    }
    return _without(shown, dialect.lacking("HealthCheck"))


def entry(value: Entry, dialect: Dialect, datacenter: str) -> Shown:
    """Return a service with its node and all checks that decide about it."""
    return {
        "Node": node(value.node, datacenter),
        "Service": service(value.service, dialect),
        "Checks": [check(one, dialect) for one in value.checks],
    }


def node_name_taken(wanted: NodeDefinition, node: Node, *, renames: bool) -> str:
    """Return how Consul says that a node cannot have a name, since another has it and lives."""
    which = f" ({wanted.address})" if renames else ""
    owner = node.definition
    return (
        f"failed inserting node: Error while renaming Node ID: {quote(wanted.id)}{which}: Node name {wanted.name} is "
        f"reserved by node {owner.id} with name {owner.name} ({owner.address})"
    )


def tags_by_service(found: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    """Return each service's name, in order, with all tags of its instances."""
    names: dict[str, dict[str, None]] = {}
    for name, tags in found:
        names.setdefault(name, {}).update(dict.fromkeys(tags))
    return {name: list(names[name]) for name in sorted(names)}


def agent_service(value: AgentService, dialect: Dialect, datacenter: str) -> Shown:
    """Return a service as the agent shows it."""
    definition = value.definition
    shown: Shown = {"Kind": definition.kind} if definition.kind else {}
    shown["ID"] = definition.id
    shown["Service"] = definition.service
    shown["Tags"] = definition.tags or ()
    shown["Meta"] = definition.meta or {}
    shown["Port"] = definition.port
    shown["Address"] = definition.address
    if definition.socket_path:
        shown["SocketPath"] = definition.socket_path
    if addresses := definition.addresses:
        shown["TaggedAddresses"] = _addresses(addresses)
    shown["Weights"] = _weights(definition)
    shown["EnableTagOverride"] = definition.enable_tag_override
    if definition.kind == CONNECT_PROXY or definition.kind in dialect.gateways:
        shown["Proxy"] = _agent_proxy(definition.proxy, dialect)
    if definition.connect:
        shown["Connect"] = definition.connect
    shown["Datacenter"] = datacenter
    if definition.locality:
        shown["Locality"] = _given(definition.locality)
    return _without(shown, dialect.lacking("AgentService"))


def agent_check(value: AgentCheck, node_name: str, dialect: Dialect) -> Shown:
    """Return a check as the agent shows it, without the catalog's indexes."""
    definition = value.definition
    shown: Shown = {
        "Node": node_name,
        "CheckID": definition.id,
        "Name": definition.name,
        "Status": value.status,
        "Notes": definition.notes,
        "Output": value.output,
        "ServiceID": definition.service_id,
        "ServiceName": value.service_name,
        "ServiceTags": value.service_tags or (),
        "Type": definition.type,
        "Interval": definition.interval,
        "Timeout": definition.timeout,
        "ExposedPort": definition.exposed_port,
        "Definition": {},
        "CreateIndex": 0,
        "ModifyIndex": 0,
    }
    return _without(shown, dialect.lacking("HealthCheck"))


def health_check(value: AgentCheck, node_name: str, dialect: Dialect) -> Shown:
    """Return a check as ``/v1/agent/health`` shows it, which leaves out much."""
    shown: Shown = {
        "Node": node_name,
        "CheckID": value.id,
        "Name": value.definition.name,
        "Status": value.status,
        "Notes": value.definition.notes,
        "Output": value.output,
        "ServiceID": value.definition.service_id,
        "ServiceName": value.service_name,
        "ServiceTags": value.service_tags,
        "Type": "",
        "ExposedPort": 0,
        "Definition": _without(dict(_NO_PROBE), dialect.lacking("api.HealthCheckDefinition")),
        "CreateIndex": 0,
        "ModifyIndex": 0,
    }
    return _without(shown, dialect.lacking("api.HealthCheck"))


def proxy(value: Mapping[str, Any] | None, dialect: Dialect) -> Shown:
    """Return a proxy's configuration; there is always one, however empty."""
    if not value:  # as with almost every service
        return _without({"Mode": "", "MeshGateway": {}, "Expose": {}}, dialect.lacking("ConnectProxyConfig"))
    shown = {name: _given(value[name]) for name in _PROXY_BEFORE if value.get(name)}
    shown["Mode"] = value.get("Mode", "")
    if value.get("Config"):
        shown["Config"] = value["Config"]
    if value.get("Upstreams"):
        shown["Upstreams"] = [_upstream(one, dialect) for one in value["Upstreams"]]
    shown["MeshGateway"] = _given(value.get("MeshGateway") or {})
    shown["Expose"] = _given(value.get("Expose") or {})
    for name in ("TransparentProxy", "AccessLogs"):
        part = _given(value.get(name) or {})
        if part:
            shown[name] = part
    return _without(shown, dialect.lacking("ConnectProxyConfig"))


_PROXY_BEFORE = (
    "EnvoyExtensions",
    "DestinationServiceName",
    "DestinationServiceID",
    "LocalServiceAddress",
    "LocalServicePort",
    "LocalServiceSocketPath",
)
_AGENT_UPSTREAM_ALWAYS = frozenset({"DestinationName", "MeshGateway"})
_UPSTREAM_ALWAYS = frozenset({"DestinationType", "DestinationName", "Datacenter", "MeshGateway"})


def _agent_proxy(value: Mapping[str, Any] | None, dialect: Dialect) -> Shown:
    """Return a proxy's configuration as the agent shows it, which leaves out more of what is empty."""
    shown = proxy(value, dialect)
    if "Upstreams" in shown:
        shown["Upstreams"] = [
            {key: one for key, one in upstream.items() if one or key in _AGENT_UPSTREAM_ALWAYS}
            for upstream in shown["Upstreams"]
        ]
    for path in shown["Expose"].get("Paths", ()):
        path.setdefault("ParsedFromCheck", False)
    return shown


def _upstream(value: Mapping[str, Any], dialect: Dialect) -> Shown:
    always = _UPSTREAM_ALWAYS | dialect.upstream_shows
    shown = {name: _given(one) if name != "Config" else one for name, one in value.items() if one or name in always}
    return _without(shown, dialect.lacking("Upstream"))


def _given(value: Any) -> Any:  # noqa: ANN401 - whatever a body can hold
    """Return a decoded value without what was not given, as Go's ``omitempty`` leaves it out."""
    if isinstance(value, dict):
        return {name: _given(one) for name, one in value.items() if one}
    return [_given(one) for one in value] if isinstance(value, list) else value


def _probe(value: Mapping[str, Any]) -> Shown:
    shown = {name: one for name, one in value.items() if one and name not in _DURATIONS}
    durations = {name: format_duration(value[name]) for name in _DURATIONS if value[name]}
    return durations | shown


def _addresses(values: Mapping[str, ServiceAddress]) -> Shown:
    return {tag: {"Address": one.address, "Port": one.port} for tag, one in values.items()}


def _weights(definition: ServiceDefinition) -> Shown:
    weights = definition.weights
    return {"Passing": weights.passing, "Warning": weights.warning} if weights else {"Passing": 1, "Warning": 1}


def _without(shown: Shown, lacking: Iterable[str]) -> Shown:
    for name in lacking:
        shown.pop(name, None)
    return shown
