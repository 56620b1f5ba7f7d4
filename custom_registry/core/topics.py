"""What can be waited for: one topic for each kind of read, named by the path that reads it.

``State.topic_index(topic)`` is the modify index that Consul gives to such a read; a change wakes those who wait for a
topic where Consul wakes them. The two are not the same: an index can be of a whole table while only some of its rows
wake (transcripts ``blocking``, ``catalog_reads``, ``health_reads``, 1.8.7 and 1.21.4). So who is woken compares the
index, as ever.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogNodes:
    """``/v1/catalog/nodes``: all nodes.

    Args:
        with_services: the index counts changes of services too, as 1.21.4 has it; 1.8.7 counts nodes only. Either way
            nodes alone wake.
    """

    with_services: bool = False


@dataclass(frozen=True, slots=True)
class CatalogNode:
    """``/v1/catalog/node/<node>``: a node and its services. The index of all nodes and services; 1 without the node."""

    node: str


@dataclass(frozen=True, slots=True)
class CatalogServices:
    """``/v1/catalog/services``: all services, without their checks."""


@dataclass(frozen=True, slots=True)
class CatalogService:
    """``/v1/catalog/service/<service>``: the index of the service, checks included, but these wake nobody."""

    service: str


@dataclass(frozen=True, slots=True)
class CatalogConnect:
    """``/v1/catalog/connect/<service>``: those through which the mesh reaches a service."""

    service: str


@dataclass(frozen=True, slots=True)
class HealthService:
    """``/v1/health/service/<service>``: a service with its nodes and checks."""

    service: str


@dataclass(frozen=True, slots=True)
class HealthConnect:
    """``/v1/health/connect/<service>``: those through which the mesh reaches a service, with nodes and checks."""

    service: str


@dataclass(frozen=True, slots=True)
class HealthNode:
    """``/v1/health/node/<node>``: the checks of a node, under the index of all checks."""

    node: str


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """``/v1/health/checks/<service>``: the checks of a service, under the index of all checks."""

    service: str


@dataclass(frozen=True, slots=True)
class HealthState:
    """``/v1/health/state/<status>``: the checks in one state, or with None in any, under the index of all checks."""

    status: str | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Any change of the catalog, for reads such as ``/v1/internal/ui/services``."""


@dataclass(frozen=True, slots=True)
class AgentServices:
    """``/v1/agent/services``. The index of agent topics is the agent's own revision, which no API shows."""


@dataclass(frozen=True, slots=True)
class AgentService:
    """``/v1/agent/service/<id>``: the definition of one service of the agent, there or not."""

    service_id: str


@dataclass(frozen=True, slots=True)
class AgentChecks:
    """``/v1/agent/checks``: status and output included."""


@dataclass(frozen=True, slots=True)
class Probes:
    """Which probes there are to be run: ``queries.probes``."""


@dataclass(frozen=True, slots=True)
class Instances:
    """The native ``/discover/<service>``: the name letter by letter; definitions and health, not what checks say."""

    service: str


Topic = (
    CatalogNodes
    | CatalogNode
    | CatalogServices
    | CatalogService
    | CatalogConnect
    | HealthService
    | HealthConnect
    | HealthNode
    | HealthChecks
    | HealthState
    | Everything
    | AgentServices
    | AgentService
    | AgentChecks
    | Probes
    | Instances
)
