"""What can be waited for: one topic for each kind of read, named by the path that reads it.

``State.topic_index(topic)`` is the modify index that Consul gives to such a read; a change wakes those who wait for a
topic where Consul wakes them. The two are not the same: an index can be of a whole table while only some of its rows
wake, and the other way round (transcripts ``blocking``, ``catalog_reads``, ``health_reads``, 1.8.7 and 1.21.4). So
whoever is woken compares the index, as ever. Names of nodes and services mean the same in any case.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import force_setattr


class _OfNode(Struct, frozen=True):
    node: str

    def __post_init__(self) -> None:
        force_setattr(self, "node", self.node.lower())


class _OfService(Struct, frozen=True):
    service: str

    def __post_init__(self) -> None:
        force_setattr(self, "service", self.service.lower())


class CatalogNodes(Struct, frozen=True):
    """``/v1/catalog/nodes``: all nodes. Nodes alone wake.

    Args:
        with_services: the index counts the services on them too, as 1.21.4 has it and 1.8.7 has not.
        meta: only nodes wake that have this key and value in their metadata, for reads narrowed by ``node-meta`` (seen
            on 1.8.7); the index stays that of all.
    """

    with_services: bool = False
    meta: tuple[str, str] | None = None


class CatalogNode(_OfNode, frozen=True):
    """``/v1/catalog/node/<node>``: a node and its services.

    Args:
        node: its name.
        alone: the index is of this node and its services, and without the node of the last removal of any, as 1.21.4
            has it; 1.8.7 gives that of all nodes and services, and 1 without the node.
    """

    alone: bool = False


class CatalogServices(Struct, frozen=True):
    """``/v1/catalog/services``: all services, without their checks.

    Args:
        meta: for reads narrowed by ``node-meta``: the index counts nodes too, and only those that have this key and
            value in their metadata wake, with their services.
    """

    meta: tuple[str, str] | None = None


class CatalogService(_OfService, frozen=True):
    """``/v1/catalog/service/<service>``: the index of the service, checks included, but these wake nobody."""


class CatalogConnect(_OfService, frozen=True):
    """``/v1/catalog/connect/<service>``: those through which the mesh reaches a service."""


class HealthService(_OfService, frozen=True):
    """``/v1/health/service/<service>``: a service with its nodes and checks."""


class HealthConnect(_OfService, frozen=True):
    """``/v1/health/connect/<service>``: those through which the mesh reaches a service, with nodes and checks."""


class HealthNode(_OfNode, frozen=True):
    """``/v1/health/node/<node>``: the checks of a node, under the index of all checks."""


class HealthChecks(_OfService, frozen=True):
    """``/v1/health/checks/<service>``: the checks of a service, under the index of all checks.

    Args:
        service: its name.
        by_node_meta: for reads narrowed by ``node-meta``: the index is the service's, and its nodes wake too (seen on
            1.8.7).
    """

    by_node_meta: bool = False


class HealthState(Struct, frozen=True):
    """``/v1/health/state/<status>``: the checks in one state, or with None in any, under the index of all checks."""

    status: str | None = None


class Everything(Struct, frozen=True):
    """Any change of the catalog, for reads such as ``/v1/internal/ui/services``."""


class Nothing(Struct, frozen=True):
    """What is never there, such as a gateway's services: its index is always 1, and nothing wakes."""


class AgentServices(Struct, frozen=True):
    """``/v1/agent/services``. The index of agent topics is the agent's own revision, which no API shows."""


class AgentService(Struct, frozen=True):
    """``/v1/agent/service/<id>``: the definition of one service of the agent, there or not."""

    service_id: str


class AgentChecks(Struct, frozen=True):
    """``/v1/agent/checks``: status and output included."""


class Probes(Struct, frozen=True):
    """Which probes there are to be run: ``queries.probes``. Its index is a revision too."""


class Instances(Struct, frozen=True):
    """The native ``/discover/<service>``: the name letter by letter; definitions and health, not what checks say."""

    service: str


CatalogTopic = (
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
    | Nothing
    | Instances
)
AgentTopic = AgentServices | AgentService | AgentChecks | Probes
Topic = CatalogTopic | AgentTopic
