"""Every endpoint of Consul's HTTP API, what it takes, and what of it is served here: a table, and no view.

Paths and methods are those of 1.21 (with a slash at its end a path begins all those below it), and of 1.8 where it has
more. CONSUL.md's table is generated from this one; ``asking`` finds for each endpoint that is served the view of the
same path.
"""

from __future__ import annotations

import enum
from typing import Final

from msgspec import Struct


class Served(enum.Enum):
    """How much of an endpoint is served."""

    WHOLLY = "yes"
    PARTLY = "partly"
    NOT = "no"  # 501


class Endpoint(Struct, frozen=True):
    """One endpoint.

    Args:
        path: exact, or with a slash at its end the beginning of its paths.
        methods: in the order in which ``Allow`` names them.
        served: how much of it is served.
        note: where it is served partly, in what not; where it is not, why.
    """

    path: str
    methods: tuple[str, ...]
    served: Served = Served.WHOLLY
    note: str = ""


_GET = ("GET",)
_PUT = ("PUT",)
_POST = ("POST",)
_CRUD = ("GET", "PUT", "DELETE")

_NO_ACL = "without ACLs all of them say so: 401"
_NO_CA = "there is no certificate authority"
_NO_MESH = "nothing is configured for the mesh, and nothing can be"
_NO_PEERS = "there are no other clusters"
_NO_RAFT = "there is no Raft"
_LATER = "not yet"


def _partly(path: str, methods: tuple[str, ...], note: str) -> Endpoint:
    return Endpoint(path, methods, Served.PARTLY, note)


def _not(path: str, methods: tuple[str, ...], note: str) -> Endpoint:
    return Endpoint(path, methods, Served.NOT, note)


def _acl(path: str, methods: tuple[str, ...]) -> Endpoint:
    return Endpoint(f"/v1/acl/{path}", methods, Served.PARTLY, _NO_ACL)


ENDPOINTS: Final = (
    _acl("auth-method", _PUT),
    _acl("auth-method/", _CRUD),
    _acl("auth-methods", _GET),
    _acl("binding-rule", _PUT),
    _acl("binding-rule/", _CRUD),
    _acl("binding-rules", _GET),
    _acl("bootstrap", _PUT),
    _acl("clone/", _PUT),
    _acl("create", _PUT),
    _acl("destroy/", _PUT),
    _acl("info/", _GET),
    _acl("list", _GET),
    _acl("login", _POST),
    _acl("logout", _POST),
    _acl("policies", _GET),
    _acl("policy", _PUT),
    _acl("policy/", _CRUD),
    _acl("policy/name/", _GET),
    _acl("replication", _GET),
    _acl("role", _PUT),
    _acl("role/", _CRUD),
    _acl("role/name/", _GET),
    _acl("roles", _GET),
    _acl("rules/translate", _POST),
    _acl("rules/translate/", _GET),
    _acl("templated-policies", _GET),
    _acl("templated-policy/name/", _GET),
    _acl("templated-policy/preview/", _POST),
    _acl("token", _PUT),
    _acl("token/", _CRUD),
    _acl("token/self", _GET),
    _acl("tokens", _GET),
    _acl("update", _PUT),
    Endpoint("/v1/agent/check/deregister/", _PUT),
    Endpoint("/v1/agent/check/fail/", _PUT),
    Endpoint("/v1/agent/check/pass/", _PUT),
    _partly(
        "/v1/agent/check/register",
        _PUT,
        "UDP, H2PING and OSService checks answer 501; gRPC checks need the extra that installs grpcio",
    ),
    Endpoint("/v1/agent/check/update/", _PUT),
    Endpoint("/v1/agent/check/warn/", _PUT),
    Endpoint("/v1/agent/checks", _GET),
    _not("/v1/agent/connect/authorize", _POST, _NO_MESH),
    _not("/v1/agent/connect/ca/leaf/", _GET, _NO_CA),
    _not("/v1/agent/connect/ca/roots", _GET, _NO_CA),
    Endpoint("/v1/agent/force-leave/", _PUT),
    Endpoint("/v1/agent/health/service/id/", _GET),
    Endpoint("/v1/agent/health/service/name/", _GET),
    _partly("/v1/agent/host", _GET, "memory, processors and disks are left out"),
    _partly(
        "/v1/agent/join/",
        _PUT,
        "there is no gossip to join: an address that nobody listens at is refused as by Consul, any other with 501",
    ),
    Endpoint("/v1/agent/leave", _PUT),
    Endpoint("/v1/agent/maintenance", _PUT),
    Endpoint("/v1/agent/members", _GET),
    _partly("/v1/agent/metrics", _GET, "only what is counted here; no Prometheus format"),
    _not("/v1/agent/metrics/stream", _GET, "there are no such metrics"),
    _not("/v1/agent/monitor", _GET, "the log goes to standard error"),
    _partly("/v1/agent/reload", _PUT, "nothing is read again; a Consul in dev mode forgets all that was registered"),
    _partly("/v1/agent/self", _GET, "DebugConfig, Stats and xDS hold only what is true here"),
    Endpoint("/v1/agent/service/", _GET),
    Endpoint("/v1/agent/service/deregister/", _PUT),
    Endpoint("/v1/agent/service/maintenance/", _PUT),
    _partly("/v1/agent/service/register", _PUT, "checks as for check/register"),
    Endpoint("/v1/agent/services", _GET),
    _partly("/v1/agent/token/", _PUT, _NO_ACL),
    Endpoint("/v1/agent/version", _GET),
    Endpoint("/v1/catalog/connect/", _GET),
    Endpoint("/v1/catalog/datacenters", _GET),
    Endpoint("/v1/catalog/deregister", _PUT),
    _partly("/v1/catalog/gateway-services/", _GET, "none are configured: always empty"),
    Endpoint("/v1/catalog/node-services/", _GET),
    Endpoint("/v1/catalog/node/", _GET),
    Endpoint("/v1/catalog/nodes", _GET),
    Endpoint("/v1/catalog/register", _PUT),
    Endpoint("/v1/catalog/service/", _GET),
    Endpoint("/v1/catalog/services", _GET),
    _not("/v1/config", _PUT, _NO_MESH),
    _partly("/v1/config/", ("GET", "DELETE"), "none are kept: a list is empty, an entry not found; no DELETE"),
    _not("/v1/connect/ca/configuration", ("GET", "PUT"), _NO_CA),
    _not("/v1/connect/ca/roots", _GET, _NO_CA),
    _not("/v1/connect/intentions", ("GET", "POST"), _NO_MESH),
    _not("/v1/connect/intentions/", _CRUD, _NO_MESH),
    _not("/v1/connect/intentions/check", _GET, _NO_MESH),
    _not("/v1/connect/intentions/exact", _CRUD, _NO_MESH),
    _not("/v1/connect/intentions/match", _GET, _NO_MESH),
    Endpoint("/v1/coordinate/datacenters", _GET),
    _partly("/v1/coordinate/node/", _GET, "nobody measures: not found"),
    _partly("/v1/coordinate/nodes", _GET, "nobody measures: always empty"),
    _not("/v1/coordinate/update", _PUT, "nobody measures"),
    _not("/v1/discovery-chain/", ("GET", "POST"), _NO_MESH),
    _not("/v1/event/fire/", _PUT, _LATER),
    _not("/v1/event/list", _GET, _LATER),
    _not("/v1/exported-services", _GET, _NO_PEERS),
    Endpoint("/v1/health/checks/", _GET),
    Endpoint("/v1/health/connect/", _GET),
    _partly("/v1/health/ingress/", _GET, "none are configured: always empty"),
    Endpoint("/v1/health/node/", _GET),
    Endpoint("/v1/health/service/", _GET),
    Endpoint("/v1/health/state/", _GET),
    _not("/v1/internal/acl/authorize", _POST, "of the UI's own"),
    _not("/v1/internal/federation-state/", _GET, _NO_PEERS),
    _not("/v1/internal/federation-states", _GET, _NO_PEERS),
    _not("/v1/internal/federation-states/mesh-gateways", _GET, _NO_PEERS),
    _not("/v1/internal/service-virtual-ip", _PUT, _NO_MESH),
    _not("/v1/internal/ui/catalog-overview", _GET, "of the UI's own"),
    _not("/v1/internal/ui/exported-services", _GET, _NO_PEERS),
    _not("/v1/internal/ui/gateway-intentions/", _GET, _NO_MESH),
    _not("/v1/internal/ui/gateway-services-nodes/", _GET, _NO_MESH),
    _not("/v1/internal/ui/metrics-proxy/", _GET, "of the UI's own"),
    _not("/v1/internal/ui/node/", _GET, "of the UI's own"),
    _not("/v1/internal/ui/nodes", _GET, "of the UI's own"),
    _not("/v1/internal/ui/service-topology/", _GET, _NO_MESH),
    Endpoint("/v1/internal/ui/services", _GET),
    _not("/v1/kv/", _CRUD, _LATER),
    _not("/v1/operator/autopilot/configuration", ("GET", "PUT"), _NO_RAFT),
    _partly("/v1/operator/autopilot/health", _GET, "the one server, without what Raft would say of it"),
    _not("/v1/operator/autopilot/state", _GET, _NO_RAFT),
    _not("/v1/operator/keyring", ("GET", "POST", "PUT", "DELETE"), "there is no gossip"),
    _partly("/v1/operator/raft/configuration", _GET, "the one server"),
    _not("/v1/operator/raft/peer", ("DELETE",), _NO_RAFT),
    _not("/v1/operator/raft/transfer-leader", _POST, _NO_RAFT),
    _not("/v1/operator/usage", _GET, "of Consul's licence"),
    _not("/v1/operator/utilization", _GET, "of Consul's licence"),
    _not("/v1/peering/", ("GET", "DELETE"), _NO_PEERS),
    _not("/v1/peering/establish", _POST, _NO_PEERS),
    _not("/v1/peering/token", _POST, _NO_PEERS),
    _not("/v1/peerings", _GET, _NO_PEERS),
    _not("/v1/query", ("GET", "POST"), _LATER),
    _not("/v1/query/", ("GET", "PUT", "DELETE"), _LATER),
    _not("/v1/session/create", _PUT, _LATER),
    _not("/v1/session/destroy/", _PUT, _LATER),
    _not("/v1/session/info/", _GET, _LATER),
    _not("/v1/session/list", _GET, _LATER),
    _not("/v1/session/node/", _GET, _LATER),
    _not("/v1/session/renew/", _PUT, _LATER),
    _not("/v1/snapshot", ("GET", "PUT"), "there is no Raft whose state could be saved"),
    Endpoint("/v1/status/leader", _GET),
    Endpoint("/v1/status/peers", _GET),
    _not("/v1/txn", _PUT, _LATER),
)
