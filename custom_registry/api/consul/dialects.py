"""What differs between the Consuls that are spoken: one table. No other module asks which version it is.

Each value was seen on 1.21.4 and 1.8.7 (transcripts, named where one shows it); the wordings and fields of types of
checks and services that the transcripts do not show were asked of a running 1.8.7.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from custom_registry.core.filters import CONSUL_1_8, CONSUL_1_21

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custom_registry.core.filters import Schemas

_NO_FIELDS: Final[frozenset[str]] = frozenset()


class Refusal(Struct, frozen=True, kw_only=True, dict=True):
    """How Consul refuses something: a status, and a text in which the id stands, quoted, where it has ``{id}``."""

    status: int
    text: str


class Wordings(Struct, frozen=True, kw_only=True, dict=True):
    """Refusals that are told in other words, or with another status.

    Args:
        unknown_service: of a service that the agent does not have; None where that is no error.
        no_service_id: of an empty id of a service.
        unknown_check: of a check that the agent does not have; None where that is no error.
        no_check_id: of an empty id of a check.
        unknown_check_reported: of a report on a check that the agent does not have.
        unknown_service_of_check: of the service that a check is to be of.
        unknown_service_maintained: of a service that is to be put into maintenance.
        bad_request: what stands before the reason of some refusals.
        check_interval: of a check that needs an interval.
        invalid_service: what stands before what is wrong with a service's kind, proxy or connect.
        invalid_sidecar: the same for the sidecar that it brings along; None where nobody looks.
        sidecar_refused: the status of all that is wrong with a sidecar.
        service_without_name: of a catalog registration whose service has neither name nor id.
        service_id_without_name: of one whose service has an id only.
        unknown_service_of_record: of the service that a check is to be of in the catalog.
        check_of_other_node: of a check that names another node than the registration it comes with.
    """

    unknown_service: Refusal | None
    no_service_id: Refusal
    unknown_check: Refusal | None
    no_check_id: Refusal
    unknown_check_reported: Refusal
    unknown_service_of_check: Refusal
    unknown_service_maintained: Refusal
    bad_request: str
    check_interval: str
    invalid_service: str
    invalid_sidecar: str | None
    sidecar_refused: int
    service_without_name: str
    service_id_without_name: str
    unknown_service_of_record: str
    check_of_other_node: str


class Dialect(Struct, frozen=True, kw_only=True, dict=True):
    """One Consul.

    Args:
        name: as ``--consul-version`` takes it.
        version: whose answers these are.
        headers: of every answer of an endpoint.
        empty_answer_type: the content type of a success without a body; empty for none.
        unknown_path_type: the content type of an unknown path; empty for an answer without a body.
        redirect_status: to the path with its doubled slashes and dots taken out, or with the slash that it lacks.
        redirect_reason: the phrase that goes with it.
        compresses_from: bytes of a body from which it is sent by gzip to those who take it.
        semicolon_separates: whether a semicolon separates arguments of a query; where not, it is an error.
        streams: waiting for a service's health, and a cached read of it, are answered by the streaming backend, which
            knows no leader.
        shows_backend: whether reads tell which backend answered.
        service_health_errors_have_index: whether a failed read of a service's health tells an index.
        full_field_paths: errors of the JSON decoder name embedded and outer structs too.
        lacks: fields that are neither taken nor shown, by struct.
        lacks_endpoints: paths of 1.21 that are unknown.
        wordings: refusals told in other words.
        younger_mesh: rules for proxies and upstreams know of sockets, wildcards, partitions and peers.
        gateways: kinds of services that are gateways of the mesh.
        services_filter: whether ``/v1/catalog/services`` takes a filter.
        partitions_refused: whether the arguments of Consul Enterprise are refused beyond the namespace.
        sameness_groups: arguments that ask for what only Consul Enterprise has.
        peers: whether ``peer`` asks for another cluster's services, of which there are none here.
        nothing_is_list: whether ``/v1/catalog/gateway-services`` answers an empty list where nothing is.
        nodes_count_services: whether the index of all nodes counts changes of services.
        vets_checks_first: whether the nodes that checks name are looked at before a service's metadata, and not after
            (seen on 1.8.7).
        rewrites_checks: whether a check that is written again as it was moves the index of all checks (``reregister``).
        shows_no_port: whether a service of the catalog without a port shows port 0.
        upstream_shows: fields of a proxy's upstream that are shown even where they are empty.
        reason_type: the content type of the text for a service that the agent does not have.
        join_names_port: whether a failed join tells the port of whom it was to join.
        config_kinds: the kinds of configuration entries.
        config_counts: whether the index of configuration entries is above 1 though there are none.
        filters: what can be selected in filters.
        own_meta: the own node's metadata.
        server_meta: the metadata of the ``consul`` service.
        member_tags: tags of the own member beyond those that every version has.
    """

    name: str
    version: str
    headers: Mapping[str, str]
    empty_answer_type: str
    unknown_path_type: str
    redirect_status: int
    redirect_reason: str
    compresses_from: int
    semicolon_separates: bool
    streams: bool
    shows_backend: bool
    service_health_errors_have_index: bool
    full_field_paths: bool
    lacks: Mapping[str, frozenset[str]]
    lacks_endpoints: frozenset[str]
    wordings: Wordings
    younger_mesh: bool
    gateways: frozenset[str]
    services_filter: bool
    partitions_refused: bool
    sameness_groups: tuple[str, ...]
    peers: bool
    nothing_is_list: bool
    nodes_count_services: bool
    vets_checks_first: bool
    rewrites_checks: bool
    shows_no_port: bool
    upstream_shows: frozenset[str]
    reason_type: str
    join_names_port: bool
    config_kinds: frozenset[str]
    config_counts: bool
    filters: Schemas
    own_meta: Mapping[str, str]
    server_meta: Mapping[str, str]
    member_tags: Mapping[str, str]

    @staticmethod
    def named(name: str) -> Dialect:
        """Return the dialect of a version, as in ``--consul-version 1.21``.

        Raises:
            ValueError: it is not spoken; the message says which are.
        """
        for dialect in DIALECTS:
            if dialect.name == name:
                return dialect
        known = ", ".join(dialect.name for dialect in DIALECTS)
        raise ValueError(f"Consul {name} is not spoken here, only {known}")

    def lacking(self, struct: str) -> frozenset[str]:
        """Return the fields of a struct that are neither taken nor shown."""
        return self.lacks.get(struct, _NO_FIELDS)


_GATEWAYS = frozenset({"ingress-gateway", "mesh-gateway", "terminating-gateway"})
_CONFIG_KINDS = frozenset(
    {
        "ingress-gateway",
        "proxy-defaults",
        "service-defaults",
        "service-resolver",
        "service-router",
        "service-splitter",
        "terminating-gateway",
    }
)
_UNKNOWN_SERVICE = "Unknown service ID {id}. Ensure that the service ID is passed, not the service name."
_UNKNOWN_CHECK = "Unknown check ID {id}. Ensure that the check ID is passed, not the check name."
_NOT_TTL = "CheckID {id} does not have associated TTL"

_CONSUL_1_21 = Dialect(
    name="1.21",
    version="1.21.4",
    headers=MappingProxyType({"X-Consul-Default-ACL-Policy": "allow"}),
    empty_answer_type="application/json",
    unknown_path_type="text/plain; charset=utf-8",
    redirect_status=307,
    redirect_reason="Temporary Redirect",
    compresses_from=1400,
    semicolon_separates=False,
    streams=True,
    shows_backend=True,
    service_health_errors_have_index=False,
    full_field_paths=True,
    lacks=MappingProxyType({}),
    lacks_endpoints=frozenset(
        {
            "/v1/acl/clone/",
            "/v1/acl/create",
            "/v1/acl/destroy/",
            "/v1/acl/info/",
            "/v1/acl/list",
            "/v1/acl/rules/translate",
            "/v1/acl/rules/translate/",
            "/v1/acl/update",
        }
    ),
    wordings=Wordings(
        unknown_service=Refusal(status=404, text=_UNKNOWN_SERVICE),
        no_service_id=Refusal(status=404, text=_UNKNOWN_SERVICE),
        unknown_check=Refusal(status=404, text=_UNKNOWN_CHECK),
        no_check_id=Refusal(status=404, text=_UNKNOWN_CHECK),
        unknown_check_reported=Refusal(status=404, text=_UNKNOWN_CHECK),
        unknown_service_of_check=Refusal(status=404, text="ServiceID {id} does not exist"),
        unknown_service_maintained=Refusal(status=404, text=_UNKNOWN_SERVICE),
        bad_request="",
        check_interval="Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks",
        invalid_service="Validation failed: ",
        invalid_sidecar="Failed Validation: ",
        sidecar_refused=400,
        service_without_name="Must provide service name (Service.Service)",
        service_id_without_name="Must provide service name (Service.Service) when service ID is provided",
        unknown_service_of_record="Unknown service ID '{service}' for check ID '{check}'",
        check_of_other_node="Node '{other}' for check '{check}' doesn't match register request node '{node}'",
    ),
    younger_mesh=True,
    gateways=_GATEWAYS | {"api-gateway"},
    services_filter=True,
    partitions_refused=True,
    sameness_groups=("sg", "sameness-group"),
    peers=True,
    nothing_is_list=True,
    nodes_count_services=True,
    vets_checks_first=True,
    rewrites_checks=False,
    shows_no_port=False,
    upstream_shows=frozenset(),
    reason_type="text/plain",
    join_names_port=True,
    config_kinds=_CONFIG_KINDS
    | {
        "api-gateway",
        "bound-api-gateway",
        "control-plane-request-limit",
        "exported-services",
        "file-system-certificate",
        "http-route",
        "inline-certificate",
        "jwt-provider",
        "mesh",
        "sameness-group",
        "service-intentions",
        "tcp-route",
    },
    config_counts=True,
    filters=CONSUL_1_21,
    own_meta=MappingProxyType({"consul-network-segment": "", "consul-version": "1.21.4"}),
    server_meta=MappingProxyType(
        {
            "grpc_port": "8502",
            "grpc_tls_port": "8503",
            "non_voter": "false",
            "raft_version": "3",
            "read_replica": "false",
            "serf_protocol_current": "2",
            "serf_protocol_max": "5",
            "serf_protocol_min": "1",
            "version": "1.21.4",
        }
    ),
    member_tags=MappingProxyType({"ft_si": "1", "grpc_port": "8502", "grpc_tls_port": "8503"}),
)

_YOUNGER_PROBES = frozenset(
    {
        "DisableRedirects",
        "H2PING",
        "H2PingUseTLS",
        "OSService",
        "TCPUseTLS",
        "TLSServerName",
        "UDP",
    }
)
_YOUNGER_CHECKS = _YOUNGER_PROBES | {
    "FailuresBeforeWarning",
    "grpc_use_tls",
    "h2ping_use_tls",
    "tcp_use_tls",
    "tls_server_name",
}

_CONSUL_1_8 = Dialect(
    name="1.8",
    version="1.8.7",
    headers=MappingProxyType({}),
    empty_answer_type="",
    unknown_path_type="",
    redirect_status=301,
    redirect_reason="Moved Permanently",
    compresses_from=1,
    semicolon_separates=True,
    streams=False,
    shows_backend=False,
    service_health_errors_have_index=True,
    full_field_paths=False,
    lacks=MappingProxyType(
        {
            "AgentService": frozenset({"Datacenter", "Locality", "SocketPath"}),
            "CheckDefinition": _YOUNGER_CHECKS | {"disable_redirects"},
            "CheckType": _YOUNGER_CHECKS,
            "ConnectProxyConfig": frozenset(
                {
                    "AccessLogs",
                    "EnvoyExtensions",
                    "LocalServiceSocketPath",
                    "Mode",
                    "TransparentProxy",
                    "access_logs",
                    "local_service_socket_path",
                    "mesh_gateway",
                    "transparent_proxy",
                }
            ),
            "DeregisterRequest": frozenset({"PeerName"}),
            "HealthCheck": frozenset({"ExposedPort", "Interval", "PeerName", "Timeout"}),
            "HealthCheckDefinition": _YOUNGER_PROBES,
            "NodeService": frozenset({"Locality", "PeerName", "SocketPath"}),
            "RegisterRequest": frozenset({"Locality", "PeerName"}),
            "ServiceDefinition": frozenset({"Locality", "SocketPath"}),
            "ServiceNode": frozenset({"ServiceLocality", "ServiceSocketPath"}),
            "ServiceSummary": frozenset(
                {"ConnectNative", "ConnectedWithGateway", "ConnectedWithProxy", "Datacenter", "TransparentProxy"}
            ),
            "Self.Config": frozenset({"BuildDate", "PrimaryDatacenter"}),
            "Stats.build": frozenset({"version_metadata"}),
            "Upstream": frozenset(
                {
                    "CentrallyConfigured",
                    "DestinationPartition",
                    "DestinationPeer",
                    "LocalBindSocketMode",
                    "LocalBindSocketPath",
                    "destination_partition",
                    "destination_peer",
                    "local_bind_socket_mode",
                    "local_bind_socket_path",
                    "mesh_gateway",
                }
            ),
            "api.HealthCheck": frozenset({"ExposedPort"}),
            "api.HealthCheckDefinition": frozenset(
                {"GRPC", "GRPCUseTLS", "OSService", "TCPUseTLS", "TLSServerName", "UDP"}
            ),
        }
    ),
    lacks_endpoints=frozenset(
        {
            "/v1/acl/templated-policies",
            "/v1/acl/templated-policy/name/",
            "/v1/acl/templated-policy/preview/",
            "/v1/agent/metrics/stream",
            "/v1/agent/version",
            "/v1/connect/intentions/exact",
            "/v1/exported-services",
            "/v1/internal/service-virtual-ip",
            "/v1/internal/ui/catalog-overview",
            "/v1/internal/ui/exported-services",
            "/v1/internal/ui/gateway-intentions/",
            "/v1/internal/ui/metrics-proxy/",
            "/v1/internal/ui/service-topology/",
            "/v1/operator/autopilot/state",
            "/v1/operator/raft/transfer-leader",
            "/v1/operator/usage",
            "/v1/operator/utilization",
            "/v1/peering/",
            "/v1/peering/establish",
            "/v1/peering/token",
            "/v1/peerings",
        }
    ),
    wordings=Wordings(
        unknown_service=None,
        no_service_id=Refusal(status=500, text="ServiceID missing"),
        unknown_check=None,
        no_check_id=Refusal(status=500, text="CheckID missing"),
        unknown_check_reported=Refusal(status=500, text=_NOT_TTL),
        unknown_service_of_check=Refusal(status=500, text="ServiceID {id} does not exist"),
        unknown_service_maintained=Refusal(status=404, text="No service registered with ID {id}"),
        bad_request="Bad request: ",
        check_interval="Interval must be > 0 for Script, HTTP, or TCP checks",
        invalid_service="",
        invalid_sidecar=None,
        sidecar_refused=500,
        service_without_name="failed inserting service: failed inserting service: object missing primary index",
        service_id_without_name="Must provide service name with ID",
        unknown_service_of_record='failed inserting check: Missing service registration on node "{node}"',
        check_of_other_node='check node "{other}" does not match node "{node}"',
    ),
    younger_mesh=False,
    gateways=_GATEWAYS,
    services_filter=False,
    partitions_refused=False,
    sameness_groups=(),
    peers=False,
    nothing_is_list=False,
    nodes_count_services=False,
    vets_checks_first=False,
    rewrites_checks=True,
    shows_no_port=True,
    upstream_shows=frozenset({"Config", "LocalBindPort"}),
    reason_type="application/json",
    join_names_port=False,
    config_kinds=_CONFIG_KINDS,
    config_counts=False,
    filters=CONSUL_1_8,
    own_meta=MappingProxyType({"consul-network-segment": ""}),
    server_meta=MappingProxyType(
        {
            "non_voter": "false",
            "raft_version": "3",
            "serf_protocol_current": "2",
            "serf_protocol_max": "5",
            "serf_protocol_min": "1",
            "version": "1.8.7",
        }
    ),
    member_tags=MappingProxyType({}),
)

DIALECTS: Final = (_CONSUL_1_21, _CONSUL_1_8)
DEFAULT: Final = _CONSUL_1_21
