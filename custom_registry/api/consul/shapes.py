"""The bodies that Consul 1.21 takes, field by field; it knows no rule beyond which keys and types there are.

Names, types and second spellings are those of Consul's own structs, as its errors tell them (transcripts
``register_shapes`` and ``checks``); what 1.8 does not know of them stands in the table of dialects.
"""

from __future__ import annotations

from custom_registry.api.consul.decode import Field, Shape, later
from custom_registry.api.consul.kinds import (
    ANYTHING,
    BOOL,
    DURATION,
    INT,
    TEXT,
    UINT,
    UINT64,
    list_of,
    map_of,
)

_TEXTS = list_of(TEXT)
_TEXT_MAP = map_of(TEXT)

SERVICE_ADDRESS = Shape("ServiceAddress", {"Address": Field(TEXT), "Port": Field(INT)})
WEIGHTS = Shape("Weights", {"Passing": Field(INT), "Warning": Field(INT)})
LOCALITY = Shape("Locality", {"Region": Field(TEXT), "Zone": Field(TEXT)})

_PROBE_FIELDS = {
    "ScriptArgs": Field(_TEXTS, also=("args", "script_args")),
    "HTTP": Field(TEXT),
    "H2PING": Field(TEXT),
    "H2PingUseTLS": Field(BOOL, also=("h2ping_use_tls",)),
    "Header": Field(map_of(_TEXTS)),
    "Method": Field(TEXT),
    "Body": Field(TEXT),
    "DisableRedirects": Field(BOOL),
    "TCP": Field(TEXT),
    "TCPUseTLS": Field(BOOL, also=("tcp_use_tls",)),
    "UDP": Field(TEXT),
    "Interval": Field(DURATION, embedded=""),
    "AliasNode": Field(TEXT),
    "AliasService": Field(TEXT),
    "DockerContainerID": Field(TEXT, also=("docker_container_id",)),
    "Shell": Field(TEXT),
    "GRPC": Field(TEXT),
    "GRPCUseTLS": Field(BOOL, also=("grpc_use_tls",)),
    "OSService": Field(TEXT),
    "TLSServerName": Field(TEXT, also=("tls_server_name",)),
    "TLSSkipVerify": Field(BOOL, also=("tls_skip_verify",)),
    "Timeout": Field(DURATION, embedded=""),
    "TTL": Field(DURATION, embedded=""),
    "SuccessBeforePassing": Field(INT),
    "FailuresBeforeWarning": Field(INT),
    "FailuresBeforeCritical": Field(INT),
    "DeregisterCriticalServiceAfter": Field(DURATION, also=("deregister_critical_service_after",), embedded=""),
    "OutputMaxSize": Field(INT),
}
_CHECK_DURATIONS = ("Interval", "Timeout", "TTL", "DeregisterCriticalServiceAfter")

CHECK_TYPE = Shape(
    "CheckType",
    {
        "CheckID": Field(TEXT),
        "Name": Field(TEXT),
        "Status": Field(TEXT),
        "Notes": Field(TEXT),
        **_PROBE_FIELDS,
        "ProxyHTTP": Field(TEXT),
        "ProxyGRPC": Field(TEXT),
    },
    itself=True,
    durations=_CHECK_DURATIONS,
    ignored={"ServiceID": TEXT, "service_id": TEXT},
)
"""A check as part of a service's registration: ``CheckType``."""

CHECK_DEFINITION = Shape(
    "CheckDefinition",
    {
        "ID": Field(TEXT),
        "Name": Field(TEXT),
        "Notes": Field(TEXT),
        "ServiceID": Field(TEXT, also=("service_id",)),
        "Token": Field(TEXT),
        "Status": Field(TEXT),
        **_PROBE_FIELDS,
        "DisableRedirects": Field(BOOL, also=("disable_redirects",)),
    },
    itself=True,
    durations=_CHECK_DURATIONS,
)
"""The body of ``/v1/agent/check/register``."""

CHECK_UPDATE = Shape("checkUpdate", {"Status": Field(TEXT), "Output": Field(TEXT)}, package="agent")
"""The body of ``/v1/agent/check/update/<id>``."""

_MESH_GATEWAY = Shape("MeshGatewayConfig", {"Mode": Field(TEXT)})
_TRANSPARENT_PROXY = Shape(
    "TransparentProxyConfig", {"OutboundListenerPort": Field(INT), "DialedDirectly": Field(BOOL)}
)
_ACCESS_LOGS = Shape(
    "AccessLogsConfig",
    {
        "Enabled": Field(BOOL),
        "DisableListenerLogs": Field(BOOL),
        "Type": Field(TEXT),
        "Path": Field(TEXT),
        "JSONFormat": Field(TEXT),
        "TextFormat": Field(TEXT),
    },
)
_EXTENSION = Shape(
    "EnvoyExtension",
    {
        "Name": Field(TEXT),
        "Required": Field(BOOL),
        "Arguments": Field(map_of(ANYTHING)),
        "ConsulVersion": Field(TEXT),
        "EnvoyVersion": Field(TEXT),
    },
)
_EXPOSE_PATH = Shape(
    "ExposePath",
    {
        "ListenerPort": Field(INT, also=("listener_port",)),
        "Path": Field(TEXT),
        "LocalPathPort": Field(INT, also=("local_path_port",)),
        "Protocol": Field(TEXT),
        "ParsedFromCheck": Field(BOOL, also=("parsed_from_check",)),
    },
    itself=True,
)
_EXPOSE = Shape(
    "ExposeConfig",
    {"Checks": Field(BOOL), "Paths": Field(list_of(_EXPOSE_PATH.kind))},
)
UPSTREAM = Shape(
    "Upstream",
    {
        "DestinationType": Field(TEXT, also=("destination_type",)),
        "DestinationNamespace": Field(TEXT, also=("destination_namespace",)),
        "DestinationPartition": Field(TEXT, also=("destination_partition",)),
        "DestinationPeer": Field(TEXT, also=("destination_peer",)),
        "DestinationName": Field(TEXT, also=("destination_name",)),
        "Datacenter": Field(TEXT),
        "LocalBindAddress": Field(TEXT, also=("local_bind_address",)),
        "LocalBindPort": Field(INT, also=("local_bind_port",)),
        "LocalBindSocketPath": Field(TEXT, also=("local_bind_socket_path",)),
        "LocalBindSocketMode": Field(TEXT, also=("local_bind_socket_mode",)),
        "Config": Field(map_of(ANYTHING)),
        "MeshGateway": Field(_MESH_GATEWAY.kind, also=("mesh_gateway",)),
        "CentrallyConfigured": Field(BOOL),
    },
    itself=True,
)
PROXY = Shape(
    "ConnectProxyConfig",
    {
        "EnvoyExtensions": Field(list_of(_EXTENSION.kind)),
        "DestinationServiceName": Field(TEXT, also=("destination_service_name",)),
        "DestinationServiceID": Field(TEXT, also=("destination_service_id",)),
        "LocalServiceAddress": Field(TEXT, also=("local_service_address",)),
        "LocalServicePort": Field(INT, also=("local_service_port",)),
        "LocalServiceSocketPath": Field(TEXT, also=("local_service_socket_path",)),
        "Mode": Field(TEXT),
        "Config": Field(map_of(ANYTHING)),
        "Upstreams": Field(list_of(UPSTREAM.kind, "structs.Upstreams")),
        "MeshGateway": Field(_MESH_GATEWAY.kind, also=("mesh_gateway",)),
        "Expose": Field(_EXPOSE.kind),
        "TransparentProxy": Field(_TRANSPARENT_PROXY.kind, also=("transparent_proxy",)),
        "AccessLogs": Field(_ACCESS_LOGS.kind, also=("access_logs",)),
    },
    itself=True,
)

CONNECT = Shape(
    "ServiceConnect",
    {
        "Native": Field(BOOL),
        "SidecarService": Field(
            later(lambda: SERVICE_DEFINITION, "ServiceDefinition"),
            also=("sidecar_service",),
        ),
    },
    itself=True,
    strict=False,
)

SERVICE_DEFINITION: Shape = Shape(
    "ServiceDefinition",
    {
        "Kind": Field(TEXT),
        "ID": Field(TEXT),
        "Name": Field(TEXT),
        "Tags": Field(_TEXTS),
        "Address": Field(TEXT),
        "TaggedAddresses": Field(map_of(SERVICE_ADDRESS.kind), also=("tagged_addresses",)),
        "Meta": Field(_TEXT_MAP),
        "Port": Field(INT),
        "SocketPath": Field(TEXT),
        "Check": Field(CHECK_TYPE.kind),
        "Checks": Field(list_of(CHECK_TYPE.kind, "structs.CheckTypes")),
        "Weights": Field(WEIGHTS.optional),
        "Token": Field(TEXT),
        "EnableTagOverride": Field(BOOL, also=("enable_tag_override",)),
        "Locality": Field(LOCALITY.optional),
        "Proxy": Field(PROXY.optional),
        "Connect": Field(CONNECT.optional),
    },
    itself=True,
)
"""The body of ``/v1/agent/service/register``."""

_INDEXES = {
    "CreateIndex": Field(UINT64, embedded="RaftIndex"),
    "ModifyIndex": Field(UINT64, embedded="RaftIndex"),
}

NODE_SERVICE = Shape(
    "NodeService",
    {
        "Kind": Field(TEXT),
        "ID": Field(TEXT),
        "Service": Field(TEXT),
        "Tags": Field(_TEXTS),
        "Address": Field(TEXT),
        "TaggedAddresses": Field(map_of(SERVICE_ADDRESS.kind)),
        "Meta": Field(_TEXT_MAP),
        "Port": Field(INT),
        "SocketPath": Field(TEXT),
        "Weights": Field(WEIGHTS.optional),
        "EnableTagOverride": Field(BOOL),
        "Locality": Field(LOCALITY.optional),
        "Proxy": Field(PROXY.kind),
        "Connect": Field(CONNECT.kind),
        "PeerName": Field(TEXT),
        **_INDEXES,
    },
)

CHECK_PROBE = Shape(
    "HealthCheckDefinition",
    {
        "HTTP": Field(TEXT),
        "TLSServerName": Field(TEXT),
        "TLSSkipVerify": Field(BOOL),
        "Header": Field(map_of(_TEXTS)),
        "Method": Field(TEXT),
        "Body": Field(TEXT),
        "DisableRedirects": Field(BOOL),
        "TCP": Field(TEXT),
        "TCPUseTLS": Field(BOOL),
        "UDP": Field(TEXT),
        "H2PING": Field(TEXT),
        "OSService": Field(TEXT),
        "H2PingUseTLS": Field(BOOL),
        "Interval": Field(DURATION, embedded=""),
        "OutputMaxSize": Field(UINT),
        "Timeout": Field(DURATION, embedded=""),
        "DeregisterCriticalServiceAfter": Field(DURATION, embedded=""),
        "ScriptArgs": Field(_TEXTS),
        "DockerContainerID": Field(TEXT),
        "Shell": Field(TEXT),
        "GRPC": Field(TEXT),
        "GRPCUseTLS": Field(BOOL),
        "AliasNode": Field(TEXT),
        "AliasService": Field(TEXT),
        "TTL": Field(DURATION, embedded=""),
    },
    itself=True,
    strict=False,
    durations=("Interval", "Timeout", "DeregisterCriticalServiceAfter", "TTL"),
)

HEALTH_CHECK = Shape(
    "HealthCheck",
    {
        "Node": Field(TEXT),
        "CheckID": Field(TEXT),
        "Name": Field(TEXT),
        "Status": Field(TEXT),
        "Notes": Field(TEXT),
        "Output": Field(TEXT),
        "ServiceID": Field(TEXT),
        "ServiceName": Field(TEXT),
        "ServiceTags": Field(_TEXTS),
        "Type": Field(TEXT),
        "Interval": Field(TEXT),
        "Timeout": Field(TEXT),
        "ExposedPort": Field(INT),
        "PeerName": Field(TEXT),
        "Definition": Field(CHECK_PROBE.kind),
        **_INDEXES,
    },
)

CATALOG_REGISTRATION = Shape(
    "RegisterRequest",
    {
        "Datacenter": Field(TEXT),
        "ID": Field(TEXT),
        "Node": Field(TEXT),
        "Address": Field(TEXT),
        "TaggedAddresses": Field(_TEXT_MAP),
        "NodeMeta": Field(_TEXT_MAP),
        "Service": Field(NODE_SERVICE.optional),
        "Check": Field(HEALTH_CHECK.optional),
        "Checks": Field(list_of(HEALTH_CHECK.optional, "structs.HealthChecks")),
        "Locality": Field(LOCALITY.optional),
        "SkipNodeUpdate": Field(BOOL),
        "PeerName": Field(TEXT),
        "Token": Field(TEXT, embedded="WriteRequest"),
        **_INDEXES,
    },
)
"""The body of ``/v1/catalog/register``."""

CATALOG_DEREGISTRATION = Shape(
    "DeregisterRequest",
    {
        "Datacenter": Field(TEXT),
        "Node": Field(TEXT),
        "ServiceID": Field(TEXT),
        "CheckID": Field(TEXT),
        "PeerName": Field(TEXT),
        "Token": Field(TEXT),
    },
    itself=True,
    ignored={"Address": TEXT},
)
"""The body of ``/v1/catalog/deregister``."""
